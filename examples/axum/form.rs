//! Forms: what is typed comes back beside what is wrong with it, all of it at once.

use axum::extract::{Form, FromRequest, Request};
use serde::de::DeserializeOwned;
use tenure::password::{CharacterClass, PasswordPolicy};
use tenure::text::TimeZone;
use tenure::{Denied, Problem};
use time::Duration;

use crate::Host;
use crate::failure::Failure;
use crate::html::{alert, escape, instant, sentence};

/// What was sent with a form: the query of a GET, the body of a POST.
pub(crate) struct Typed<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Host> for Typed<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, host: &Host) -> Result<Self, Failure> {
        match Form::from_request(request, host).await {
            Ok(Form(typed)) => Ok(Self(typed)),
            Err(rejection) => Err(Failure::BadForm(rejection.into())),
        }
    }
}

/// What is wrong with what was typed: field by field, or with the whole.
#[derive(Default)]
pub(crate) struct Wrong {
    fields: Vec<(&'static str, Vec<String>)>,
    whole: Option<String>,
}

impl Wrong {
    /// Nothing yet.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// Something that belongs to no field.
    pub(crate) fn whole(why: impl Into<String>) -> Self {
        Self {
            whole: Some(why.into()),
            ..Self::default()
        }
    }

    /// A refusal, in words for the person at the form. All fields are named at once.
    pub(crate) fn of(denied: &Denied) -> Self {
        let fields = match denied {
            Denied::Invalid { fields } => fields
                .iter()
                .map(|wrong| (wrong.field, words(&wrong.problem)))
                .collect(),
            Denied::LoginTaken { field } => vec![(*field, vec!["This is in use by another user.".to_owned()])],
            Denied::TooManyAttempts { until } => {
                // Minutes are the smallest part of a date: the next one is late enough.
                let at = instant(until.saturating_add(Duration::MINUTE), &TimeZone::default());
                return Self::whole(format!("Too many attempts. Please try again at {at}."));
            }
            other => return Self::whole(sentence(&other.to_string())),
        };
        Self {
            fields,
            whole: Some("Nothing is saved yet. What is marked below needs another look.".to_owned()),
        }
    }

    fn beside(&self, name: &str) -> &[String] {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map(|(_, problems)| problems.as_slice()).unwrap_or_default()
    }
}

fn words(problem: &Problem) -> Vec<String> {
    match problem {
        Problem::Password(rules) => rules.iter().map(|rule| sentence(&rule.to_string())).collect(),
        Problem::NotRepeated => vec!["This is not the same as above.".to_owned()],
        Problem::WrongPassword => vec!["This is not your current password.".to_owned()],
        Problem::Unchanged => vec!["This is what it was before.".to_owned()],
        other => vec![sentence(&format!("this {other}"))],
    }
}

/// One field of a form.
pub(crate) struct Field<'a> {
    name: &'static str,
    label: &'a str,
    /// `type` and `autocomplete`, by which password managers know what to fill in.
    kind: (&'static str, &'static str),
    value: &'a str,
    hint: Option<String>,
}

impl<'a> Field<'a> {
    /// User name or address. Not an `email` field: a user name need not be an address.
    pub(crate) fn login(value: &'a str) -> Self {
        Self::new("login", "User name or e-mail", ("text", "username")).value(value)
    }

    pub(crate) fn email(name: &'static str, label: &'a str, value: &'a str) -> Self {
        Self::new(name, label, ("email", "email")).value(value)
    }

    pub(crate) fn current_password(name: &'static str, label: &'a str) -> Self {
        Self::new(name, label, ("password", "current-password"))
    }

    /// A password that is chosen here, with what the policy asks of it.
    pub(crate) fn new_password(name: &'static str, label: &'a str, policy: &PasswordPolicy) -> Self {
        Self {
            hint: Some(what_it_needs(policy)),
            ..Self::new(name, label, ("password", "new-password"))
        }
    }

    /// The same again.
    pub(crate) fn repeated_password() -> Self {
        Self::new("repeated", "The same again", ("password", "new-password"))
    }

    fn new(name: &'static str, label: &'a str, kind: (&'static str, &'static str)) -> Self {
        Self {
            name,
            label,
            kind,
            value: "",
            hint: None,
        }
    }

    fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    fn html(&self, problems: &[String], is_first: bool) -> String {
        let Self { name, label, kind, .. } = self;
        // What is broken of the rules says more than all of them.
        let hint = self.hint.as_ref().filter(|_| problems.is_empty()).map(|hint| {
            let hint = escape(hint);
            format!("<p class=\"hint\" id=\"{name}-hint\">{hint}</p>\n")
        });
        let (marked, wrong) = if problems.is_empty() {
            ("", String::new())
        } else {
            let items = problems.iter().map(|problem| format!("<li>{}</li>", escape(problem)));
            let items: Vec<String> = items.collect();
            let items = items.concat();
            (
                " aria-invalid=\"true\"",
                format!("<ul class=\"wrong\" id=\"{name}-wrong\">{items}</ul>\n"),
            )
        };
        let focus = if is_first { " autofocus" } else { "" };
        format!(
            "<label for=\"{name}\">{label}</label>\n\
             <input id=\"{name}\" name=\"{name}\" type=\"{}\" autocomplete=\"{}\" value=\"{}\" autocapitalize=\"none\" \
             spellcheck=\"false\" aria-describedby=\"{name}-hint {name}-wrong\"{marked} required{focus}>\n{wrong}{}",
            kind.0,
            kind.1,
            escape(self.value),
            hint.unwrap_or_default(),
        )
    }
}

/// A form. The cursor stands in the first field that is wrong, or else empty.
pub(crate) fn form(action: &str, button: &str, hidden: &[(&str, &str)], fields: &[Field<'_>], wrong: &Wrong) -> String {
    let is_wrong = |field: &Field<'_>| !wrong.beside(field.name).is_empty();
    let first = fields.iter().position(is_wrong);
    let first = first.or_else(|| fields.iter().position(|field| field.value.is_empty()));
    let top = wrong.whole.as_deref().map(alert).unwrap_or_default();
    let hidden: Vec<String> = hidden
        .iter()
        .map(|(name, value)| {
            let value = escape(value);
            match *name {
                // Text that is not shown: browsers look there for whose password it is.
                "username" => format!("<input name=\"username\" value=\"{value}\" autocomplete=\"username\" hidden>\n"),
                name => format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n"),
            }
        })
        .collect();
    let fields: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| field.html(wrong.beside(field.name), first == Some(index)))
        .collect();
    let (hidden, fields) = (hidden.concat(), fields.concat());
    format!("{top}<form method=\"post\" action=\"{action}\">\n{hidden}{fields}<button>{button}</button>\n</form>\n")
}

/// The policy in a sentence.
fn what_it_needs(policy: &PasswordPolicy) -> String {
    let classes: Vec<&str> = policy
        .required()
        .iter()
        .map(|class| match class {
            CharacterClass::UpperCase => "an upper-case letter",
            CharacterClass::LowerCase => "a lower-case letter",
            CharacterClass::Digit => "a digit",
            CharacterClass::Special => "a special character",
        })
        .collect();
    let least = policy.min_length();
    match classes.split_last() {
        None => format!("At least {least} characters."),
        Some((one, [])) => format!("At least {least} characters, with {one}."),
        Some((one, others)) => format!("At least {least} characters, with {} and {one}.", others.join(", ")),
    }
}
