//! Just enough of a mail program to read the mails that this crate writes: the plain text of an `.eml` file.

use std::error::Error;

use base64ct::{Base64, Encoding};

/// The text part of a message with several parts, decoded.
pub(crate) fn text(eml: &str) -> Result<String, Box<dyn Error>> {
    let eml = eml.replace("\r\n", "\n");
    let (headers, body) = split(&eml)?;
    let content_type = header(&headers, "content-type").ok_or("no content type")?;
    let boundary = content_type.split("boundary=\"").nth(1);
    let boundary = boundary.and_then(|rest| rest.split('"').next()).ok_or("no boundary")?;
    for part in body.split(&format!("--{boundary}")).skip(1) {
        let (headers, body) = split(part.trim_start_matches('\n'))?;
        if header(&headers, "content-type").is_some_and(|kind| kind.starts_with("text/plain")) {
            return decode(header(&headers, "content-transfer-encoding").unwrap_or("7bit"), body);
        }
    }
    Err("no text part".into())
}

/// The link on a line of its own.
pub(crate) fn link(text: &str) -> Option<&str> {
    text.lines().find(|line| line.starts_with("https://"))
}

/// Headers, those over several lines unfolded, and the body behind the first empty line.
fn split(message: &str) -> Result<(String, &str), &'static str> {
    let (headers, body) = message.split_once("\n\n").ok_or("no body")?;
    Ok((headers.replace("\n ", " ").replace("\n\t", " "), body))
}

fn header<'a>(headers: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = headers.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(found, _)| found.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

fn decode(encoding: &str, body: &str) -> Result<String, Box<dyn Error>> {
    match encoding.to_ascii_lowercase().as_str() {
        "7bit" | "8bit" | "binary" => Ok(body.to_owned()),
        "quoted-printable" => Ok(String::from_utf8(quoted_printable(body)?)?),
        "base64" => {
            let body: String = body.split_whitespace().collect();
            let bytes = Base64::decode_vec(&body).map_err(|error| error.to_string())?;
            Ok(String::from_utf8(bytes)?.replace("\r\n", "\n"))
        }
        other => Err(format!("unknown encoding {other}").into()),
    }
}

/// `=C3=A9` is two bytes; `=` at the end of a line joins it with the next.
fn quoted_printable(body: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let body = body.replace("=\n", "");
    let mut pieces = body.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).ok_or("a cut-off code")?;
        bytes.push(u8::from_str_radix(code, 16)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    Ok(bytes)
}
