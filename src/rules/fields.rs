//! Input to values: every wrong field is named, all at once.

use crate::error::{Denied, FieldError, Problem};

/// Collects what is wrong with an input while it is parsed.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<FieldError>);

impl Fields {
    /// The parsed value of a field, or nothing and a note of what is wrong.
    pub(super) fn take<T, P: Into<Problem>>(&mut self, field: &'static str, parsed: Result<T, P>) -> Option<T> {
        parsed.map_err(|problem| self.wrong(field, problem)).ok()
    }

    /// The same for a field that may be left out.
    pub(super) fn optional<I, T, P: Into<Problem>>(
        &mut self,
        field: &'static str,
        given: Option<I>,
        parse: impl FnOnce(I) -> Result<T, P>,
    ) -> Option<T> {
        given.and_then(|text| self.take(field, parse(text)))
    }

    /// The value of a part that was parsed on its own; its wrong fields join these.
    ///
    /// # Errors
    /// Any refusal that is not about fields.
    pub(super) fn absorb<T>(&mut self, part: Result<T, Denied>) -> Result<Option<T>, Denied> {
        match part {
            Ok(value) => Ok(Some(value)),
            Err(Denied::Invalid { fields }) => {
                self.0.extend(fields);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Forgets what was noted of fields that do not matter.
    pub(super) fn forget(&mut self, is_forgotten: impl Fn(&str) -> bool) {
        self.0.retain(|error| !is_forgotten(error.field));
    }

    /// Notes what is wrong with a field.
    pub(super) fn wrong(&mut self, field: &'static str, problem: impl Into<Problem>) {
        self.0.push(FieldError::new(field, problem));
    }

    /// Every wrong field, if any is.
    pub(super) fn check(self) -> Result<(), Denied> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Denied::Invalid { fields: self.0 })
        }
    }

    /// Every wrong field, where a value is missing because of one.
    pub(super) fn denied(self) -> Denied {
        Denied::Invalid { fields: self.0 }
    }
}
