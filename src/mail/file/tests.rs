use base64ct::{Base64, Encoding};
use uuid::Uuid;

use super::*;

const TEXT: &str = "Hello Jörg,\n\nhttps://a.example/app/invitation?token=tni_AAAA\n\n\
                    > a = b; a very long line that no mail may carry as it is, so that it has to be folded somewhere ………\n";
const HTML: &str = "<p>Hello J&amp;rg</p>\n<a href=\"https://a.example/app/invitation?token=tni_AAAA\">Accept</a>\n";

#[derive(Debug)]
struct At(i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0).unwrap()
    }
}

/// Some time in December 2026.
const NOW: i64 = 1_797_067_859_999_999;

fn mailer(folder: &Path) -> FileMailer {
    FileMailer::new(folder, EmailAddress::new("office@example.com").unwrap())
        .from_name(Name::new("Müller \"&\" Co, <back office>").unwrap())
        .clock(Arc::new(At(NOW)))
}

fn message(to: &str, subject: &str) -> Message {
    let to = EmailAddress::new(to).unwrap();
    Message::new(
        Uuid::from_u128(7).into(),
        to,
        subject.to_owned(),
        TEXT.to_owned(),
        HTML.to_owned(),
    )
}

async fn written(to: &str, subject: &str) -> Eml {
    let folder = tempfile::tempdir().unwrap();
    let (mailer, message) = (mailer(folder.path()), message(to, subject));
    mailer.send(&message).await.unwrap();
    Eml::parse(&fs::read_to_string(mailer.path(message.id)).unwrap())
}

/// As much of a mail program as these tests need.
struct Eml {
    headers: Vec<(String, String)>,
    body: String,
}

impl Eml {
    fn parse(text: &str) -> Self {
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "lines end in CRLF");
        assert!(text.split("\r\n").all(|line| line.len() <= 998));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let headers = head.replace("\r\n ", " ");
        let headers = headers.split("\r\n").map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        });
        Self {
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(given, _)| given == name);
        let (_, value) = found.next().unwrap();
        assert!(found.next().is_none(), "{name} stands there once");
        value
    }

    /// A header with its encoded words decoded; all of them are base64 and UTF-8.
    fn decoded(&self, name: &str) -> String {
        let words = self.header(name).replace("?= =?utf-8?b?", "");
        let mut pieces = words.split("=?utf-8?b?");
        let first = pieces.next().unwrap().to_owned();
        pieces.fold(first, |decoded, piece| {
            let (word, rest) = piece.split_once("?=").unwrap();
            decoded + &String::from_utf8(Base64::decode_vec(word).unwrap()).unwrap() + rest
        })
    }

    fn parts(&self) -> Vec<Self> {
        let (_, boundary) = self.header("Content-Type").split_once("boundary=\"").unwrap();
        let boundary = format!("--{}", boundary.trim_end_matches('"'));
        let mut pieces: Vec<&str> = self.body.split(&boundary).collect();
        assert_eq!(pieces.pop(), Some("--\r\n"), "the last boundary ends the mail");
        pieces[1..]
            .iter()
            .map(|piece| Self::parse(piece.trim_start()))
            .collect()
    }

    fn text(&self) -> String {
        let text = match self.header("Content-Transfer-Encoding") {
            "7bit" => self.body.clone(),
            "quoted-printable" => unquote(&self.body),
            "base64" => String::from_utf8(Base64::decode_vec(&self.body.replace("\r\n", "")).unwrap()).unwrap(),
            other => panic!("{other}"),
        };
        // The line break before a boundary belongs to the boundary.
        text.strip_suffix("\r\n").unwrap_or(&text).replace("\r\n", "\n")
    }
}

fn unquote(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut pieces = joined.split('=');
    let mut bytes = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_message_is_written_as_a_mail_with_text_and_html() {
    let eml = written("kate@example.org", "Your invitation to Müller & Söhne").await;
    assert_eq!(eml.header("To"), "kate@example.org");
    assert_eq!(
        eml.decoded("From"),
        "Müller \"&\" Co, <back office> <office@example.com>"
    );
    assert_eq!(eml.decoded("Subject"), "Your invitation to Müller & Söhne");
    assert_eq!(
        eml.header("Message-ID"),
        "<00000000-0000-0000-0000-000000000007@example.com>"
    );
    assert_eq!(eml.header("Date"), "Sat, 12 Dec 2026 09:30:59 +0000");
    assert_eq!(eml.header("MIME-Version"), "1.0");
    assert!(eml.header("Content-Type").starts_with("multipart/alternative;"));
    let parts = eml.parts();
    let types: Vec<&str> = parts.iter().map(|part| part.header("Content-Type")).collect();
    assert_eq!(types, ["text/plain; charset=utf-8", "text/html; charset=utf-8"]);
    let texts: Vec<String> = parts.iter().map(Eml::text).collect();
    assert_eq!(texts, [TEXT, HTML]);
}

#[tokio::test]
async fn d7_a_subject_adds_no_header() {
    for line_break in ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\0"] {
        let subject = format!("Hello{line_break}Bcc: eve@example.org{line_break}{line_break}<p>");
        let eml = written("kate@example.org", &subject).await;
        let names: Vec<&str> = eml.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert!(!names.contains(&"Bcc") && names.len() == 7, "{names:?}");
        assert_eq!(eml.parts().len(), 2);
    }
}

#[tokio::test]
async fn addresses_of_all_scripts_are_written_as_they_are() {
    for to in ["jörg@müller.example", "संपर्क@डाटामेल.भारत", "o'hara+x@example.org"]
    {
        assert_eq!(written(to, "Hello").await.header("To"), to);
    }
}

#[tokio::test]
async fn message_ids_stay_ascii() {
    let folder = tempfile::tempdir().unwrap();
    let office = EmailAddress::new("büro@müller.example").unwrap();
    let mailer = FileMailer::new(folder.path(), office).from_name(Name::new("Büro").unwrap());
    let message = message("kate@example.org", "Hello");
    mailer.send(&message).await.unwrap();
    let eml = Eml::parse(&fs::read_to_string(mailer.path(message.id)).unwrap());
    assert_eq!(
        eml.header("Message-ID"),
        "<00000000-0000-0000-0000-000000000007@tenure.invalid>"
    );
    assert_eq!(eml.decoded("From"), "Büro <büro@müller.example>");
}

#[tokio::test]
async fn a_message_that_comes_again_replaces_its_file_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = mailer(folder.path());
    mailer.send(&message("kate@example.org", "One")).await.unwrap();
    mailer.send(&message("kate@example.org", "Two")).await.unwrap();
    mailer.ready().await.unwrap();
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files, [mailer.path(Uuid::from_u128(7).into())]);
    assert!(fs::read_to_string(&files[0]).unwrap().contains("Subject: Two\r\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn t1_files_are_readable_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (mailer, message) = (mailer(folder.path()), message("kate@example.org", "Hello"));
    mailer.send(&message).await.unwrap();
    let mode = fs::metadata(mailer.path(message.id)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_folder_that_is_missing_is_told_before_and_tried_again_after() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = mailer(&folder.path().join("missing"));
    let error = mailer.ready().await.unwrap_err();
    assert!(
        matches!(&error, MailError::NotReady { missing } if missing.contains("missing")),
        "{error}"
    );
    let error = mailer.send(&message("kate@example.org", "Hello")).await.unwrap_err();
    assert!(matches!(error, MailError::Temporary(_)));
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let no_folder = FileMailer::new(file, EmailAddress::new("office@example.com").unwrap());
    assert!(no_folder.ready().await.is_err());
}

#[test]
fn instants_before_1970_are_dated_1970() {
    assert_eq!(system_time(At(-1).now()), SystemTime::UNIX_EPOCH);
    assert_eq!(
        system_time(At(NOW).now())
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_micros(),
        u128::try_from(NOW).unwrap()
    );
}
