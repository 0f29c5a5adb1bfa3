//! A mail before it is text or HTML.

use std::fmt::Write;

use super::facts::{Facts, one_line};
use super::language::Language;

/// What a mail says, in plain text throughout: markup is made of it here and nowhere else.
pub(super) struct Letter<'a> {
    facts: &'a Facts,
    language: &'static Language,
    subject: String,
    parts: Vec<Part<'a>>,
}

/// A piece of a letter.
enum Part<'a> {
    /// One of our own sentences or a few.
    Paragraph(String),
    /// What somebody else wrote, marked as such.
    Quote { by: &'static str, text: &'a str },
    /// What to click on.
    Link { label: &'static str, link: &'a str },
    /// What to copy.
    Password(&'a str),
    /// A list of ours, line by line.
    Lines(&'a str),
}

impl<'a> Letter<'a> {
    pub(super) fn new(facts: &'a Facts, language: &'static Language, subject: &str) -> Self {
        Self {
            facts,
            language,
            subject: one_line(&facts.fill(subject)),
            parts: vec![Part::Paragraph(facts.fill(language.hello))],
        }
    }

    /// A paragraph: one of our own sentences, filled in.
    pub(super) fn say(self, sentence: &str) -> Self {
        let paragraph = Part::Paragraph(self.facts.fill(sentence));
        self.part(Some(paragraph))
    }

    pub(super) fn say_if(self, condition: bool, sentence: &str) -> Self {
        if condition { self.say(sentence) } else { self }
    }

    /// The personal message, if there is one.
    pub(super) fn quote(self, by: &'static str) -> Self {
        let message = self.facts.get("message").map(|text| Part::Quote { by, text });
        self.part(message)
    }

    /// The link of this name among the facts.
    pub(super) fn link(self, name: &str, label: &'static str) -> Self {
        let link = self.facts.get(name).map(|link| Part::Link { label, link });
        self.part(link)
    }

    /// The lines of this name among the facts.
    pub(super) fn lines(self, name: &str) -> Self {
        let lines = self.facts.get(name).map(Part::Lines);
        self.part(lines)
    }

    pub(super) fn password(self) -> Self {
        let password = self.facts.get("password").map(Part::Password);
        self.part(password)
    }

    fn part(mut self, part: Option<Part<'a>>) -> Self {
        self.parts.extend(part);
        self
    }

    pub(super) fn subject(&self) -> String {
        self.subject.clone()
    }

    pub(super) fn text(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Paragraph(text) => format!("{text}\n"),
            Part::Quote { by, text } => format!("{}\n", quote(by, text)),
            Part::Link { link: text, .. } | Part::Password(text) | Part::Lines(text) => format!("{text}\n"),
        });
        parts.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn html(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Paragraph(text) => paragraph(text),
            Part::Quote { by, text } => html_quote(by, text),
            Part::Link { label, link } => html_link(label, link),
            Part::Password(password) => html_password(password),
            Part::Lines(text) => html_lines(text),
        });
        page(self.language.tag, &self.subject, &parts.collect::<String>())
    }
}

fn quote(by: &str, text: &str) -> String {
    text.lines().fold(format!("{by}\n"), |mut quoted, line| {
        let line = format!("> {line}");
        let _ = write!(quoted, "\n{}", line.trim_end());
        quoted
    })
}

fn page(language: &str, title: &str, body: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="{language}">
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

fn html_lines(text: &str) -> String {
    format!(
        "<div style=\"margin:0 0 16px;white-space:pre-wrap\">{}</div>\n",
        escape(text)
    )
}

fn html_password(password: &str) -> String {
    format!(
        "<p style=\"margin:0 0 16px;padding:12px 16px;background:#f2f2f2;border-radius:4px;\
         font:17px/1.5 monospace;user-select:all\">{}</p>\n",
        escape(password)
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
