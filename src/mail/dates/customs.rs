//! The customs of a locale, from the CLDR data that is compiled in.

use std::sync::Arc;

use icu_datetime::fieldsets::{Combo, YMD, YMDT, zone::LocalizedOffsetShort};
use icu_datetime::input::{Date, DateTime, Time, UtcOffset, ZonedDateTime};
use icu_datetime::options::YearStyle;
use icu_datetime::{DateTimeFormatter, DateTimeFormatterLoadError};
use icu_locale_core::Locale as CldrLocale;
use jiff::Zoned;

use super::Parts;
use crate::text::Locale;

#[derive(Clone)]
pub(super) struct Customs(Arc<Formatters>);

struct Formatters {
    date: DateTimeFormatter<YMD>,
    date_time: DateTimeFormatter<YMDT>,
    date_time_zone: DateTimeFormatter<Combo<YMDT, LocalizedOffsetShort>>,
}

impl Customs {
    /// None only where the compiled-in data does not even have what all locales fall back to.
    pub(super) fn of(locale: &Locale) -> Option<Self> {
        let formatters = Formatters::new(&known(locale)).or_else(|_| Formatters::new(&CldrLocale::UNKNOWN));
        formatters.ok().map(|formatters| Self(Arc::new(formatters)))
    }

    /// None for a day that cannot be represented.
    pub(super) fn write(&self, local: &Zoned, parts: Parts) -> Option<String> {
        let month = u8::try_from(local.month()).ok()?;
        let day = u8::try_from(local.day()).ok()?;
        let date = Date::try_new_iso(local.year().into(), month, day).ok()?;
        let (hour, minute) = (u8::try_from(local.hour()).ok()?, u8::try_from(local.minute()).ok()?);
        let time = Time::try_new(hour, minute, 0, 0).ok()?;
        Some(match parts {
            Parts::Date => self.0.date.format(&date).to_string(),
            Parts::DateTime => self.0.date_time.format(&DateTime { date, time }).to_string(),
            Parts::DateTimeZone => {
                let zone = UtcOffset::try_from_seconds(local.offset().seconds()).ok()?;
                let zoned = ZonedDateTime { date, time, zone };
                self.0.date_time_zone.format(&zoned).to_string()
            }
        })
    }
}

impl Formatters {
    fn new(locale: &CldrLocale) -> Result<Self, DateTimeFormatterLoadError> {
        // All four digits of the year: two of them are easily taken for a day.
        let date = YMD::short().with_year_style(YearStyle::Full);
        let date_time = date.with_time_hm();
        Ok(Self {
            date: DateTimeFormatter::try_new(locale.into(), date)?,
            date_time: DateTimeFormatter::try_new(locale.into(), date_time)?,
            date_time_zone: DateTimeFormatter::try_new(locale.into(), date_time.with_zone(LocalizedOffsetShort))?,
        })
    }
}

/// The locale, or its language: the CLDR's syntax leaves out some old tags that BCP 47 allows.
fn known(locale: &Locale) -> CldrLocale {
    CldrLocale::try_from_str(locale.as_str())
        .or_else(|_| CldrLocale::try_from_str(locale.language()))
        .unwrap_or(CldrLocale::UNKNOWN)
}
