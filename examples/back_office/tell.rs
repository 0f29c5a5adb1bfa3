//! How it is told.

use tenure::{Denied, Error, Timestamp};

use crate::Result;

pub(crate) fn heading(title: &str) {
    println!("\n{title}\n{}", "─".repeat(title.chars().count()));
}

pub(crate) fn say(sentence: &str) {
    println!("{sentence}");
}

pub(crate) fn item(line: &str) {
    println!("  - {line}");
}

pub(crate) fn minute(at: Timestamp) -> String {
    let at = at.to_offset_date_time();
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

/// The time of day, to the second.
pub(crate) fn second(at: Timestamp) -> String {
    let (hour, minute, second) = at.to_offset_date_time().to_hms();
    format!("{hour:02}:{minute:02}:{second:02} UTC")
}

/// What must be refused. Anything else, success or a failing store, ends the example.
pub(crate) fn refused<T>(result: Result<T, Error>) -> Result<Denied> {
    match result {
        Ok(_) => Err("this should have been refused".into()),
        Err(Error::Denied(denied)) => {
            println!("  ✗ {denied}  [{}]", denied.code());
            Ok(denied)
        }
        Err(other) => Err(other.into()),
    }
}
