use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};

use super::error::{TemplateError, TemplatePart};
use super::variables::{MARKUP, is_for_subjects, samples, variables};
use crate::mail::texts::{Fact, Facts, one_line};
use crate::model::MailKind;

/// A text of the host's own for a mail: subject, plain text and HTML, in the language of Jinja templates.
///
/// | variable | in | |
/// |---|---|---|
/// | `tenant` | all mails, and their subjects | whose back office it is |
/// | `recipient` | all | whom it goes to |
/// | `user_name` | invitation, reset, one-time password | the name to log in with |
/// | `message` | invitation | the personal message, or none |
/// | `again` | invitation, one-time password; subjects too | whether an earlier link or password is now worthless |
/// | `requested_by_administrator` | reset; subjects too | whether it was not asked for at the login page |
/// | `link` | invitation, reset, confirmation of an address, stop of a change | the link that the mail is there for |
/// | `password`, `sign_in` | one-time password | the password, and the page where it is typed |
/// | `until` | wherever there is a `link` or `password` | when that is over |
/// | `address` | mails about a change of address | the new address; to the old one, only in part |
/// | `effective_at` | mails about a change to come | from when it is to be, or none: as soon as it is confirmed |
/// | `at` | notices of a change | when it was made |
/// | `place` | login by an external provider | where the password is changed, or none |
///
/// Dates are written out as in the built-in texts. Whatever is put into HTML is escaped; there is no way to turn that off.
/// What can be none is asked for first: `{% if message %}…{{ message }}…{% endif %}`; anything else is an error.
///
/// Templates are part of the host's program: one that is written with ill intent can still waste memory and time, so let only
/// those write them who may change the host's texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The subject. What comes of it is put on one line.
    pub subject: String,
    /// The plain text body.
    pub text: String,
    /// The HTML body: a whole page.
    pub html: String,
}

impl Template {
    /// The limit of each part, in bytes.
    pub const MAX_BYTES: usize = 100_000;

    /// A template, not looked at yet.
    pub fn new(subject: impl Into<String>, text: impl Into<String>, html: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            text: text.into(),
            html: html.into(),
        }
    }

    /// Parses it, and tries it with every sample of such a mail.
    pub(super) fn compile(&self, kind: MailKind) -> Result<Compiled, TemplateError> {
        let mut compiled = Compiled(ENVIRONMENT.clone());
        for (part, source) in [
            (TemplatePart::Subject, &self.subject),
            (TemplatePart::Text, &self.text),
            (TemplatePart::Html, &self.html),
        ] {
            compiled.add(kind, part, source)?;
        }
        for sample in samples(kind) {
            let written = compiled.write(&sample)?;
            if written.html.contains(MARKUP) {
                return Err(TemplateError::NotEscaped);
            }
        }
        Ok(compiled)
    }
}

/// A template that was parsed, and could be written out with samples.
pub(super) struct Compiled(Environment<'static>);

/// A mail by a template.
pub(super) struct Written {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Compiled {
    fn add(&mut self, kind: MailKind, part: TemplatePart, source: &str) -> Result<(), TemplateError> {
        if source.len() > Template::MAX_BYTES {
            return Err(TemplateError::TooLong { part });
        }
        let fails = |error| TemplateError::fails(part, error);
        self.0
            .add_template_owned(file_name(part), source.to_owned())
            .map_err(fails)?;
        let parsed = self.0.get_template(file_name(part)).map_err(fails)?;
        let is_known = |name: &String| {
            let allowed = |(known, variable): &(&str, _)| {
                known == name && (part != TemplatePart::Subject || is_for_subjects(known, *variable))
            };
            variables(kind).iter().any(allowed) || self.0.globals().any(|(global, _)| global == name)
        };
        let unknown = parsed
            .undeclared_variables(false)
            .into_iter()
            .find(|name| !is_known(name));
        unknown.map_or(Ok(()), |name| Err(TemplateError::UnknownVariable { part, name }))
    }

    pub(super) fn write(&self, facts: &Facts) -> Result<Written, TemplateError> {
        let subject = one_line(&self.part(TemplatePart::Subject, facts)?);
        if subject.trim().is_empty() {
            return Err(TemplateError::BlankSubject);
        }
        let text = self.part(TemplatePart::Text, facts)?;
        let html = self.part(TemplatePart::Html, facts)?;
        Ok(Written { subject, text, html })
    }

    fn part(&self, part: TemplatePart, facts: &Facts) -> Result<String, TemplateError> {
        let fails = |error| TemplateError::fails(part, error);
        let context: BTreeMap<_, _> = facts.iter().map(|(name, fact)| (name, value(fact))).collect();
        let template = self.0.get_template(file_name(part)).map_err(fails)?;
        let written = template.render(Value::from(context)).map_err(fails)?;
        let offers = |secret: &str| written.contains(secret) || written.replace("&#x2f;", "/").contains(secret);
        if part == TemplatePart::Subject || facts.secret().is_none_or(offers) {
            Ok(written)
        } else {
            Err(TemplateError::NothingOffered { part })
        }
    }
}

fn value(fact: &Fact) -> Value {
    match fact {
        Fact::Text(text) | Fact::Message(text) => Value::from(text.as_str()),
        Fact::Flag(flag) => Value::from(*flag),
        Fact::Absent => Value::from(()),
    }
}

/// Whether a part is escaped is decided by the ending.
fn file_name(part: TemplatePart) -> &'static str {
    match part {
        TemplatePart::Subject => "subject.txt",
        TemplatePart::Text => "text.txt",
        TemplatePart::Html => "page.html",
    }
}

/// How many steps a part may take: far more than a mail needs, and not for ever.
const FUEL: u64 = 100_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.remove_filter("safe");
    environment.remove_global("debug");
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            return Err(Error::new(ErrorKind::UndefinedError, "there is nothing to write"));
        }
        escape_formatter(out, state, value)
    });
    environment
});
