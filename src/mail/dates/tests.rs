use super::*;

/// An instant, by its RFC 3339 text.
fn at(text: &str) -> Timestamp {
    Timestamp::try_from(text.to_owned()).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::new(name).unwrap()
}

fn plain(name: &str) -> DateFormat {
    DateFormat::plain(&zone(name))
}

const NEW_YEARS_EVE: &str = "2026-12-31T21:30:59.999999Z";

#[test]
fn bi11_the_plain_form_follows_the_time_zone_and_cuts_off_seconds() {
    let eve = at(NEW_YEARS_EVE);
    for (zone, expected) in [
        ("UTC", "2026-12-31 21:30 UTC"),
        ("Europe/Berlin", "2026-12-31 22:30 UTC+1"),
        ("America/New_York", "2026-12-31 16:30 UTC-5"),
        ("America/St_Johns", "2026-12-31 18:00 UTC-3:30"),
        ("Asia/Kathmandu", "2027-01-01 03:15 UTC+5:45"),
        ("Pacific/Kiritimati", "2027-01-01 11:30 UTC+14"),
    ] {
        assert_eq!(plain(zone).date_time_zone(eve), expected, "{zone}");
    }
    assert_eq!(plain("Europe/Berlin").date(eve), "2026-12-31");
    assert_eq!(plain("Europe/Berlin").date_time(eve), "2026-12-31 22:30");
}

#[test]
fn bi11_almaty_is_five_hours_ahead_since_march_2024_and_was_six_before() {
    let almaty = plain("Asia/Almaty");
    let of = |text| almaty.date_time_zone(at(text));
    assert_eq!(of("2024-02-29T17:59:00Z"), "2024-02-29 23:59 UTC+6");
    assert_eq!(of("2024-02-29T18:00:00Z"), "2024-02-29 23:00 UTC+5");
    assert_eq!(of("2026-11-22T09:30:00Z"), "2026-11-22 14:30 UTC+5");
}

#[test]
fn bi11_clocks_are_set_forward_and_back_at_the_right_instant() {
    let berlin = plain("Europe/Berlin");
    let of = |text| berlin.date_time_zone(at(text));
    assert_eq!(of("2026-03-29T00:59:00Z"), "2026-03-29 01:59 UTC+1");
    assert_eq!(of("2026-03-29T01:00:00Z"), "2026-03-29 03:00 UTC+2");
    // The hour that comes twice is told apart.
    assert_eq!(of("2026-10-25T00:30:00Z"), "2026-10-25 02:30 UTC+2");
    assert_eq!(of("2026-10-25T01:30:00Z"), "2026-10-25 02:30 UTC+1");
}

#[test]
fn a_day_of_the_calendar_is_the_same_in_every_zone() {
    let day = time::Date::from_calendar_date(2026, time::Month::December, 31).unwrap();
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        assert_eq!(plain(zone).day(day), "2026-12-31");
    }
}

#[test]
fn the_ends_of_the_calendar_are_written_too() {
    let (first, last) = (at("0000-01-01T00:00:00Z"), at("9999-12-31T23:59:59Z"));
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        assert!(!plain(zone).date_time_zone(first).is_empty());
        assert!(plain(zone).date(last).starts_with("9999-12-3"));
    }
}

#[cfg(feature = "localised-dates")]
mod localised {
    use super::*;

    fn format(locale: &str, name: &str) -> DateFormat {
        DateFormat::for_profile(&Locale::new(locale).unwrap(), &zone(name))
    }

    /// With ordinary blanks: the CLDR has narrow ones before AM and PM.
    fn blanks(text: &str) -> String {
        text.replace(['\u{202f}', '\u{a0}'], " ")
    }

    #[test]
    fn bi11_month_and_day_stand_in_the_order_of_the_locale() {
        let date = |locale| format(locale, "Europe/Berlin").date(at(NEW_YEARS_EVE));
        for (locale, expected) in [
            ("en-US", "12/31/2026"),
            ("en-GB", "31/12/2026"),
            ("en", "12/31/2026"),
            ("de-DE", "31.12.2026"),
            ("de", "31.12.2026"),
            ("de-CH", "31.12.2026"),
            ("sv-SE", "2026-12-31"),
            ("fr-FR", "31/12/2026"),
            ("nl-NL", "31-12-2026"),
            ("ja-JP", "2026/12/31"),
        ] {
            assert_eq!(date(locale), expected, "{locale}");
        }
    }

    #[test]
    fn bi11_the_clock_is_that_of_the_locale_and_zone() {
        let of = |locale, zone| blanks(&format(locale, zone).date_time_zone(at(NEW_YEARS_EVE)));
        assert_eq!(of("en-US", "America/New_York"), "12/31/2026, 4:30 PM GMT-5");
        assert_eq!(of("de-DE", "Europe/Berlin"), "31.12.2026, 22:30 GMT+1");
        assert_eq!(of("de-DE", "Asia/Almaty"), "01.01.2027, 02:30 GMT+5");
        assert!(of("en-IN", "Asia/Kolkata").ends_with("GMT+5:30"));
        let screen = |locale| blanks(&format(locale, "Europe/Berlin").date_time(at(NEW_YEARS_EVE)));
        assert_eq!(screen("en-US"), "12/31/2026, 10:30 PM");
        assert_eq!(screen("de-DE"), "31.12.2026, 22:30");
    }

    #[test]
    fn bi11_clocks_are_set_forward_and_back_in_localised_dates_too() {
        let of = |text| format("de-DE", "Europe/Berlin").date_time_zone(at(text));
        assert_eq!(of("2026-03-29T01:00:00Z"), "29.03.2026, 03:00 GMT+2");
        assert_eq!(of("2026-10-25T00:30:00Z"), "25.10.2026, 02:30 GMT+2");
        assert_eq!(of("2026-10-25T01:30:00Z"), "25.10.2026, 02:30 GMT+1");
    }

    #[test]
    fn bi11_a_locale_that_is_not_known_falls_back() {
        let date = |locale| format(locale, "UTC").date(at(NEW_YEARS_EVE));
        assert_eq!(date("de-ZZ"), "31.12.2026", "to its language");
        assert_eq!(date("de-x-private"), "31.12.2026", "to its language");
        assert_eq!(date("qaa"), "2026-12-31", "to what is understood everywhere");
        // Well-formed by BCP 47, and nothing that the CLDR could parse.
        assert_eq!(date("i-klingon"), "2026-12-31");
        assert_eq!(date("x-private"), "2026-12-31");
    }

    #[test]
    fn bi11_calendars_and_digits_are_those_of_the_locale() {
        let date = |locale| format(locale, "UTC").date(at(NEW_YEARS_EVE));
        assert!(date("th-TH").contains("2569"), "{}", date("th-TH"));
        assert!(date("ar-EG").contains("٢٠٢٦"), "{}", date("ar-EG"));
    }

    #[test]
    fn a_day_of_the_calendar_follows_the_locale_and_no_zone() {
        let day = time::Date::from_calendar_date(2026, time::Month::December, 31).unwrap();
        assert_eq!(format("en-US", "Pacific/Kiritimati").day(day), "12/31/2026");
        assert_eq!(format("de-DE", "Pacific/Pago_Pago").day(day), "31.12.2026");
    }

    #[test]
    fn the_ends_of_the_calendar_are_written_in_every_locale() {
        for locale in [
            "en-US",
            "th-TH",
            "fa-IR",
            "ar-SA",
            "ja-JP",
            "he-IL-u-ca-hebrew",
            "zh-u-ca-chinese",
        ] {
            for instant in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
                assert!(
                    !format(locale, "Pacific/Kiritimati")
                        .date_time_zone(at(instant))
                        .is_empty()
                );
            }
        }
    }
}

#[test]
fn a_format_goes_from_thread_to_thread() {
    fn is_shareable<T: Send + Sync + Clone + 'static>(_: &T) {}
    is_shareable(&plain("UTC"));
}
