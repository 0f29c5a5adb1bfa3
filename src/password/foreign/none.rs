use argon2::password_hash::phc;

use super::super::PasswordHashError;

/// There is none without the feature.
pub(in super::super) enum Foreign {}

impl Foreign {
    pub(in super::super) fn read(_: &str) -> Result<Self, PasswordHashError> {
        Err(PasswordHashError::NeedsFeature)
    }

    pub(in super::super) fn kind(&self) -> &'static str {
        match *self {}
    }

    pub(in super::super) fn output(&self) -> &phc::Output {
        match *self {}
    }

    pub(in super::super) fn can_tell(&self, _: &str) -> bool {
        match *self {}
    }

    pub(in super::super) fn run(&self, _: &str) -> Option<phc::Output> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_without_the_feature_other_kinds_are_refused_by_its_name() {
        let read = Foreign::read("$2b$05$abcdefghijklmnopqrstuuY8YJcx7OeCJ9JYO3w834ps8x/8H3Gfy");
        let error = read.err();
        assert_eq!(error, Some(PasswordHashError::NeedsFeature));
        assert!(error.is_some_and(|error| error.to_string().contains("`import-hashes`")));
    }
}
