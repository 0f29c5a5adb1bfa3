//! A person to become a user: the input, and what it must look like.

use crate::error::{Denied, Problem};
use crate::model::Profile;
use crate::policy::{Policy, UserField};
use crate::rules::fields::Fields;
use crate::text::{DisplayName, EmailAddress, Locale, PersonName, TimeZone, UserName};

/// A person to become a user, where no employee is there to take it from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewUser {
    /// Given name: 1 to 100 characters.
    pub first_name: String,
    /// Family name: 1 to 100 characters.
    pub last_name: String,
    /// Where mail goes, and, unless there is a user name, what they log in with.
    pub email: String,
    /// What they log in with, if not the address.
    pub user_name: Option<String>,
    /// The name that others see; first and last name if left out.
    pub display_name: Option<String>,
    /// Language and date format (BCP 47); `en` if left out.
    pub locale: Option<String>,
    /// Time zone (IANA); `UTC` if left out.
    pub time_zone: Option<String>,
}

impl NewUser {
    /// A person with a name and an address.
    pub fn new(first_name: impl Into<String>, last_name: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            first_name: first_name.into(),
            last_name: last_name.into(),
            email: email.into(),
            user_name: None,
            display_name: None,
            locale: None,
            time_zone: None,
        }
    }

    /// The same with a user name apart from the address.
    pub fn user_name(self, user_name: impl Into<String>) -> Self {
        Self {
            user_name: Some(user_name.into()),
            ..self
        }
    }

    /// The same with another name to be seen.
    pub fn display_name(self, display_name: impl Into<String>) -> Self {
        Self {
            display_name: Some(display_name.into()),
            ..self
        }
    }

    /// The same with a language (BCP 47).
    pub fn locale(self, locale: impl Into<String>) -> Self {
        Self {
            locale: Some(locale.into()),
            ..self
        }
    }

    /// The same with a time zone (IANA).
    pub fn time_zone(self, time_zone: impl Into<String>) -> Self {
        Self {
            time_zone: Some(time_zone.into()),
            ..self
        }
    }

    /// The person, where everything that the policy requires is there (BI4).
    pub(in crate::rules) fn parse_by(&self, policy: &Policy) -> Result<Person, Denied> {
        let mut fields = Fields::default();
        let person = fields.absorb(self.parse())?;
        let given = [
            (UserField::UserName, self.user_name.is_some()),
            (UserField::DisplayName, self.display_name.is_some()),
            (UserField::Locale, self.locale.is_some()),
            (UserField::TimeZone, self.time_zone.is_some()),
        ];
        for (field, is_given) in given {
            if !is_given && policy.required_fields.contains(&field) {
                fields.wrong(field.as_str(), Problem::Missing);
            }
        }
        if let Some(person) = &person {
            check_user_name(policy, &mut fields, &person.user_name, &person.address);
        }
        let Some(person) = person else {
            return Err(fields.denied());
        };
        fields.check()?;
        Ok(person)
    }

    /// The person, where they are an employee, whose register has what a user is required to have.
    pub(in crate::rules) fn parse_employees(&self, policy: &Policy) -> Result<Person, Denied> {
        let person = self.parse()?;
        let mut fields = Fields::default();
        check_user_name(policy, &mut fields, &person.user_name, &person.address);
        fields.check()?;
        Ok(person)
    }

    pub(in crate::rules) fn parse(&self) -> Result<Person, Denied> {
        let mut fields = Fields::default();
        let first_name = fields.take("first_name", PersonName::new(&self.first_name));
        let last_name = fields.take("last_name", PersonName::new(&self.last_name));
        let address = fields.take("email", EmailAddress::new(&self.email));
        // Without a user name of its own, the address is the user name; if it is wrong, that is said once.
        let user_name = match &self.user_name {
            Some(name) => fields.take("user_name", UserName::new(name)),
            None => address
                .as_ref()
                .and_then(|address| fields.take("user_name", UserName::new(address))),
        };
        let display_name = match (&self.display_name, &first_name, &last_name) {
            (Some(name), ..) => fields.take("display_name", DisplayName::new(name)),
            (None, Some(first), Some(last)) => {
                // Two names of full length and the space between them are one character too many.
                let full_name = format!("{first} {last}");
                let shown: String = full_name.chars().take(DisplayName::MAX_CHARS).collect();
                fields.take("display_name", DisplayName::new(shown))
            }
            (None, ..) => None,
        };
        let locale = fields
            .optional("locale", self.locale.as_ref(), Locale::new)
            .unwrap_or_default();
        let time_zone = fields
            .optional("time_zone", self.time_zone.as_ref(), TimeZone::new)
            .unwrap_or_default();
        let (Some(first_name), Some(last_name), Some(display_name), Some(address), Some(user_name)) =
            (first_name, last_name, display_name, address, user_name)
        else {
            return Err(fields.denied());
        };
        fields.check()?;
        let profile = Profile {
            first_name,
            last_name,
            display_name,
            locale,
            time_zone,
        };
        Ok(Person {
            profile,
            address,
            user_name,
        })
    }
}

/// A person whose data has the form that it must have.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Person {
    pub(in crate::rules) profile: Profile,
    pub(in crate::rules) address: EmailAddress,
    pub(in crate::rules) user_name: UserName,
}

/// By policy, the user name is the address (BI4).
pub(super) fn check_user_name(policy: &Policy, fields: &mut Fields, user_name: &UserName, address: &EmailAddress) {
    if policy.user_name_is_address && user_name.key() != address.key() {
        fields.wrong("user_name", Problem::NotAddress);
    }
}
