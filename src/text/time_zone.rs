use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;

use super::{TextError, newtype::text_type};

text_type! {
    /// A time zone by its IANA name, such as `Europe/Zurich`.
    ///
    /// At most 64 bytes. The name is one that the time zone database bundled with this crate knows, in the database's
    /// case (`europe/zurich` becomes `Europe/Zurich`); an older name such as `Europe/Kiev` stays as it is. The host's
    /// own database is not asked, so the answer is the same everywhere. The default is `UTC`.
    ///
    /// ```
    /// # use tenure::text::{TextError, TimeZone};
    /// assert_eq!(TimeZone::new("europe/zurich")?.as_str(), "Europe/Zurich");
    /// assert_eq!(TimeZone::new("Mars/Olympus"), Err(TextError::NotATimeZone));
    /// # Ok::<(), TextError>(())
    /// ```
    TimeZone, MAX_BYTES = 64, parse
}

/// One for the program: it keeps the zones that were asked for, and every user that is read asks for one.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

impl TimeZone {
    /// The rules by which its clocks are set.
    pub(crate) fn rules(&self) -> jiff::tz::TimeZone {
        // Every name in a value of this type is one that the database knows.
        ZONES.get(self.as_str()).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

fn parse(name: &str, max: usize) -> Result<String, TextError> {
    if name.is_empty() {
        return Err(TextError::Empty);
    }
    if name.len() > max {
        return Err(TextError::TooManyBytes { max });
    }
    let zone = ZONES.get(name).map_err(|_| TextError::NotATimeZone)?;
    let known = zone.iana_name().filter(|_| !zone.is_unknown());
    known.map(str::to_owned).ok_or(TextError::NotATimeZone)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_database_parses_to_itself() {
        let database = TimeZoneDatabase::bundled();
        assert!(database.available().count() > 400);
        for name in database.available() {
            assert_eq!(TimeZone::new(name.as_str()).unwrap().as_str(), name.as_str());
        }
    }

    #[test]
    fn names_take_the_case_of_the_database() {
        assert_eq!(TimeZone::new("ASIA/almaty").unwrap().as_str(), "Asia/Almaty");
        assert_eq!(TimeZone::new("utc").unwrap(), TimeZone::default());
    }

    #[test]
    fn unknown_names_are_refused() {
        for name in [
            "Mars/Olympus",
            "Etc/Unknown",
            "+01:00",
            "CEST",
            "Europe/Zurich ",
            "Europe/Zurich\0",
            "../etc/passwd",
            "Europe",
        ] {
            assert_eq!(TimeZone::new(name), Err(TextError::NotATimeZone), "{name:?}");
        }
        assert_eq!(TimeZone::new(""), Err(TextError::Empty));
        assert_eq!(TimeZone::new("x".repeat(65)), Err(TextError::TooManyBytes { max: 64 }));
    }
}
