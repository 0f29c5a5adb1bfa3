//! Dates as people read them (BI11).

#[cfg(feature = "localised-dates")]
mod customs;

use std::fmt;

use jiff::Zoned;
use jiff::tz::TimeZone as Rules;

use crate::clock::Timestamp;
#[cfg(feature = "localised-dates")]
use crate::text::Locale;
use crate::text::TimeZone;

/// Writes instants for one reader, by the clocks of their time zone; for mails, and for the host's own screens and reports.
///
/// There are two forms. [`plain`](Self::plain) reads the same everywhere: `2026-12-31 22:30`. `for_profile` (feature
/// `localised-dates`) follows the customs of the reader's locale: `12/31/2026, 10:30 PM` and `31.12.2026, 22:30`.
///
/// Minutes are the smallest part. What is smaller is cut off, so that a deadline is never told too late.
///
/// ```
/// # use tenure::{Timestamp, mail::DateFormat, text::TimeZone};
/// let format = DateFormat::plain(&TimeZone::new("Asia/Almaty")?);
/// assert_eq!(format.date_time(Timestamp::EPOCH), "1970-01-01 06:00");
/// assert_eq!(format.date_time_zone(Timestamp::EPOCH), "1970-01-01 06:00 UTC+6");
/// # Ok::<(), tenure::text::TextError>(())
/// ```
#[derive(Clone)]
pub struct DateFormat {
    rules: Rules,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Plain,
    #[cfg(feature = "localised-dates")]
    Localised(customs::Customs),
}

impl DateFormat {
    /// The form that reads the same everywhere: year, month and day in digits (ISO 8601), 24 hours.
    pub fn plain(zone: &TimeZone) -> Self {
        Self {
            rules: zone.rules(),
            form: Form::Plain,
        }
    }

    /// The form that the reader's locale is used to: order, separators, digits, calendar and clock, from the Unicode CLDR.
    ///
    /// A locale that the CLDR does not know gives the form of its language, or else one that is understood everywhere.
    ///
    /// ```
    /// # use tenure::{Timestamp, mail::DateFormat, text::{Locale, TimeZone}};
    /// let date = |locale| Ok::<_, tenure::text::TextError>(
    ///     DateFormat::for_profile(&Locale::new(locale)?, &TimeZone::default()).date(Timestamp::EPOCH)
    /// );
    /// assert_eq!(date("en-US")?, "1/1/1970");
    /// assert_eq!(date("de-DE")?, "01.01.1970");
    /// # Ok::<(), tenure::text::TextError>(())
    /// ```
    #[cfg(feature = "localised-dates")]
    pub fn for_profile(locale: &Locale, zone: &TimeZone) -> Self {
        Self {
            rules: zone.rules(),
            form: customs::Customs::of(locale).map_or(Form::Plain, Form::Localised),
        }
    }

    /// The day.
    pub fn date(&self, instant: Timestamp) -> String {
        self.write(&self.local(instant), Parts::Date)
    }

    /// Day, hour and minute, for a screen that says elsewhere whose time this is.
    pub fn date_time(&self, instant: Timestamp) -> String {
        self.write(&self.local(instant), Parts::DateTime)
    }

    /// Day, hour and minute, and how far the clock is from UTC, so that it is clear even in the hour that an autumn night has
    /// twice.
    pub fn date_time_zone(&self, instant: Timestamp) -> String {
        self.write(&self.local(instant), Parts::DateTimeZone)
    }

    /// A day of the calendar, such as the first day of an employment: it has no time zone.
    pub fn day(&self, day: time::Date) -> String {
        let utc = Self {
            rules: Rules::UTC,
            ..self.clone()
        };
        utc.date(day.midnight().assume_utc().into())
    }

    /// What the reader's clock shows. The last day of the year 9999 is where jiff's calendar ends before ours.
    fn local(&self, instant: Timestamp) -> Zoned {
        jiff::Timestamp::from_microsecond(instant.unix_micros())
            .unwrap_or(jiff::Timestamp::MAX)
            .to_zoned(self.rules.clone())
    }

    fn write(&self, local: &Zoned, parts: Parts) -> String {
        match &self.form {
            Form::Plain => plain(local, parts),
            #[cfg(feature = "localised-dates")]
            Form::Localised(customs) => customs.write(local, parts).unwrap_or_else(|| plain(local, parts)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Parts {
    Date,
    DateTime,
    DateTimeZone,
}

fn plain(local: &Zoned, parts: Parts) -> String {
    let date = local.date();
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    match parts {
        Parts::Date => date.to_string(),
        Parts::DateTime => format!("{date} {time}"),
        Parts::DateTimeZone => format!("{date} {time} {}", offset(local.offset().seconds())),
    }
}

/// `UTC`, `UTC+5:30`.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    match (seconds.abs() / 3_600, seconds.abs() / 60 % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

impl fmt::Debug for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zone = self.rules.iana_name().unwrap_or("UTC");
        f.debug_struct("DateFormat")
            .field("zone", &zone)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
