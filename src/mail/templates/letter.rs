//! A mail before it is text or HTML.

use std::fmt::Write;

use secrecy::{ExposeSecret, SecretString};

/// What a mail says, in plain text throughout: markup is made of it here and nowhere else.
pub(super) struct Letter<'a> {
    subject: String,
    greeting: String,
    parts: Vec<Part<'a>>,
}

/// A piece of a letter.
pub(super) enum Part<'a> {
    /// One of our own sentences or a few.
    Paragraph(String),
    /// What somebody else wrote, marked as such.
    Quote {
        /// Who, as a sentence that ends in a colon.
        by: &'static str,
        /// What.
        text: &'a str,
    },
    /// What to click on.
    Link {
        /// What happens then.
        label: &'static str,
        /// Where it leads.
        link: &'a SecretString,
    },
}

impl<'a> Letter<'a> {
    pub(super) fn new(subject: String, greeting: String) -> Self {
        Self {
            subject,
            greeting,
            parts: Vec::new(),
        }
    }

    pub(super) fn part(mut self, part: Part<'a>) -> Self {
        self.parts.push(part);
        self
    }

    pub(super) fn with(mut self, part: Option<Part<'a>>) -> Self {
        self.parts.extend(part);
        self
    }

    pub(super) fn paragraph(self, text: impl Into<String>) -> Self {
        self.part(Part::Paragraph(text.into()))
    }

    /// The subject, on one line whatever was put into it: it becomes a header.
    pub(super) fn subject(&self) -> String {
        self.subject
            .split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
            .filter(|piece| !piece.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n", self.greeting);
        for part in &self.parts {
            text.push('\n');
            match part {
                Part::Paragraph(paragraph) => text.push_str(paragraph),
                Part::Quote { by, text: quoted } => text.push_str(&quote(by, quoted)),
                Part::Link { link, .. } => text.push_str(link.expose_secret()),
            }
            text.push('\n');
        }
        text
    }

    pub(super) fn html(&self) -> String {
        let mut body = paragraph(&self.greeting);
        for part in &self.parts {
            body.push_str(&match part {
                Part::Paragraph(text) => paragraph(text),
                Part::Quote { by, text } => html_quote(by, text),
                Part::Link { label, link } => html_link(label, link.expose_secret()),
            });
        }
        page(&self.subject(), &body)
    }
}

fn quote(by: &str, text: &str) -> String {
    text.lines().fold(format!("{by}\n"), |mut quoted, line| {
        let line = format!("> {line}");
        let _ = write!(quoted, "\n{}", line.trim_end());
        quoted
    })
}

fn page(title: &str, body: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
</head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font:16px/1.5 sans-serif">
<div style="max-width:560px;margin:0 auto">
{body}</div>
</body>
</html>
"#,
        escape(title)
    )
}

fn paragraph(text: &str) -> String {
    format!("<p style=\"margin:0 0 16px\">{}</p>\n", escape(text))
}

fn html_quote(by: &str, text: &str) -> String {
    format!(
        "{}<blockquote dir=\"auto\" style=\"margin:0 0 16px;padding:0 0 0 16px;border-left:4px solid #cccccc;\
         white-space:pre-wrap\">{}</blockquote>\n",
        paragraph(by),
        escape(text)
    )
}

fn html_link(label: &str, link: &str) -> String {
    let (label, link) = (escape(label), escape(link));
    format!(
        "<p style=\"margin:0 0 16px\"><a href=\"{link}\" style=\"display:inline-block;padding:12px 20px;\
         border-radius:4px;background:#1f4fa3;color:#ffffff;text-decoration:none\">{label}</a></p>\n\
         <p style=\"margin:0 0 16px;word-break:break-all;font-size:14px\">{link}</p>\n"
    )
}

/// Text as it stands in HTML, between tags and inside quoted attributes alike.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
