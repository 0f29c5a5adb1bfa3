//! Instants and the clock: the only file of the crate that reads the time.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// An instant in UTC, to the microsecond.
///
/// Finer parts are cut off, because that is what every shipped store keeps: what was committed is read back exactly.
/// Its serde form is an RFC 3339 string such as `2026-11-21T09:30:00.000001Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(OffsetDateTime);

/// An instant that cannot be represented: outside the years 0000 to 9999, or text that is not RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an instant between the years 0000 and 9999")]
pub struct TimestampError;

impl Timestamp {
    /// 1 January 1970, 00:00 UTC.
    pub const EPOCH: Self = Self(OffsetDateTime::UNIX_EPOCH);

    /// The instant that lies `micros` microseconds after 1970 (before it, where negative).
    ///
    /// # Errors
    /// [`TimestampError`] outside the years 0000 to 9999.
    pub fn from_unix_micros(micros: i64) -> Result<Self, TimestampError> {
        let instant =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| TimestampError)?;
        if (0..=9999).contains(&instant.year()) {
            Ok(Self(instant))
        } else {
            Err(TimestampError)
        }
    }

    /// Microseconds since 1970, negative before it.
    pub fn unix_micros(self) -> i64 {
        // Years 0000 to 9999 are some 3.2e17 µs: well inside an i64.
        self.0.unix_timestamp() * 1_000_000 + i64::from(self.0.microsecond())
    }

    /// This instant plus `duration`; at the ends of the calendar it stays there.
    pub fn saturating_add(self, duration: Duration) -> Self {
        let bound = if duration.is_negative() {
            Self::EPOCH.0.replace_year(0)
        } else {
            Self::EPOCH.0.replace_year(9999)
        };
        self.0
            .checked_add(duration)
            .map_or_else(|| bound.map_or(self, Self::from), Self::from)
    }

    /// How long after `earlier` this instant is; negative where it lies before.
    pub fn since(self, earlier: Self) -> Duration {
        self.0 - earlier.0
    }

    /// The same instant as the `time` crate's type.
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        self.0
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(instant: OffsetDateTime) -> Self {
        // Within a day of the end of the calendar another offset can lie beyond it; there the instant stays at the end.
        let utc = instant
            .checked_to_offset(time::UtcOffset::UTC)
            .unwrap_or(instant.replace_offset(time::UtcOffset::UTC));
        let micros = utc.microsecond() * 1_000;
        Self(utc.replace_nanosecond(micros).unwrap_or(utc))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(instant: Timestamp) -> Self {
        instant.0
    }
}

impl From<Timestamp> for String {
    fn from(instant: Timestamp) -> Self {
        instant.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        OffsetDateTime::parse(&text, &Rfc3339)
            .map(Self::from)
            .map_err(|_| TimestampError)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where the library learns what time it is. Stores and rules never ask; they are told.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the library reads the time"
    )]
    fn now(&self) -> Timestamp {
        OffsetDateTime::now_utc().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_its_text_and_its_number() {
        let instant = Timestamp::from_unix_micros(1_795_253_400_000_001).unwrap();
        assert_eq!(Timestamp::try_from(instant.to_string()), Ok(instant));
        assert_eq!(Timestamp::from_unix_micros(instant.unix_micros()), Ok(instant));
    }

    #[test]
    fn parts_finer_than_a_microsecond_are_cut_off() {
        let fine = OffsetDateTime::from_unix_timestamp_nanos(1_999).unwrap();
        assert_eq!(Timestamp::from(fine).unix_micros(), 1);
        let before = OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap();
        assert_eq!(Timestamp::from(before).unix_micros(), -1);
    }

    #[test]
    fn adding_past_the_end_of_the_calendar_stays_there() {
        let far = Timestamp::EPOCH.saturating_add(Duration::MAX);
        assert_eq!(far.to_offset_date_time().year(), 9999);
        assert_eq!(
            Timestamp::EPOCH
                .saturating_add(Duration::MIN)
                .to_offset_date_time()
                .year(),
            0
        );
    }
}
