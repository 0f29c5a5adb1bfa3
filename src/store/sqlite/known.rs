//! What was read lately. Taking a user or a role out of its text costs more than finding it, and a session is looked up at
//! every request, most of them of the same people.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::failure::Failure;
use crate::model::{Loaded, Role, Tenant, User};

/// Values by the text that they were taken from. The text is read from the tables every time, so that this can never be out
/// of date: the same text is the same value.
#[derive(Default)]
pub(super) struct Known {
    pub(super) users: Lately<User, 1_024>,
    pub(super) tenants: Lately<Tenant, 128>,
    pub(super) roles: Lately<Vec<Loaded<Role>>, 128>,
}

/// The last texts and their values, up to a number; then it begins anew.
pub(super) struct Lately<T, const LIMIT: usize>(HashMap<Box<str>, T>);

impl<T, const LIMIT: usize> Default for Lately<T, LIMIT> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone + DeserializeOwned, const LIMIT: usize> Lately<T, LIMIT> {
    /// What a text says.
    pub(super) fn value(&mut self, text: &str) -> Result<T, Failure> {
        if let Some(value) = self.0.get(text) {
            return Ok(value.clone());
        }
        let value: T = serde_json::from_str(text)?;
        if self.0.len() >= LIMIT {
            self.0.clear();
        }
        self.0.insert(text.into(), value.clone());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_the_text_says_and_keeps_no_more_than_it_may() {
        let mut lately = Lately::<u32, 2>::default();
        for text in ["1", "2", "1", "3", "2", "1"] {
            assert_eq!(lately.value(text).unwrap().to_string(), text);
            assert!(lately.0.len() <= 2);
        }
        assert!(lately.value("no number").is_err());
    }
}
