//! The body of a security report, line by line.

use std::net::IpAddr;

use super::facts::one_line;
use super::language::Report;
use crate::mail::DateFormat;
use crate::model::security_report::{AccountChange, ChangedBy, OpenSession, PasswordFactor, SecurityReport};
use crate::model::{Attempt, AttemptOutcome, Client, Right, Scope, StatusKind};
use crate::text::{Name, UserAgent};

/// Every text of others stands on one line.
pub(super) fn body(report: &SecurityReport, words: &Report, dates: &DateFormat) -> String {
    let mut lines = vec![
        entry(words.user_name, report.user_name.as_str()),
        entry(words.status, status(words, report.status)),
    ];
    if report.api_only {
        lines.push(words.api_only.to_owned());
    }
    lines.extend(factors(report, words, dates));
    section(&mut lines, words.rights, rights(report, words));
    section(&mut lines, words.may, permissions(report, words));
    let sessions = report.sessions.iter().map(|session| open(session, words, dates));
    section(&mut lines, words.sessions, sessions.collect());
    let attempts = report.attempts.iter().map(|attempt| tried(attempt, words, dates));
    section(&mut lines, words.attempts, attempts.collect());
    let changes = report.changes.iter().map(|change| changed(change, words, dates));
    section(&mut lines, words.changes, changes.collect());
    lines.join("\n")
}

fn entry(name: &str, value: &str) -> String {
    format!("{name}: {}", one_line(value))
}

fn section(lines: &mut Vec<String>, title: &str, entries: Vec<String>) {
    if entries.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("{title}:"));
    lines.extend(entries.into_iter().map(|entry| format!("- {}", one_line(&entry))));
}

fn status(words: &Report, status: StatusKind) -> &'static str {
    match status {
        StatusKind::Invited => words.invited,
        StatusKind::SetUp | StatusKind::Lapsed | StatusKind::Inactive => words.inactive,
        StatusKind::Active => words.active,
        StatusKind::Suspended => words.suspended,
        StatusKind::Disabled | StatusKind::Deleted => words.disabled,
    }
}

fn factors(report: &SecurityReport, words: &Report, dates: &DateFormat) -> Vec<String> {
    let factors = &report.factors;
    let password = match factors.password {
        PasswordFactor::None => words.no_password.to_owned(),
        PasswordFactor::OneTime { issued_at } => format!("{} {}", words.one_time, dates.date_time_zone(issued_at)),
        PasswordFactor::Set { set_at } => format!("{} {}", words.set, dates.date_time_zone(set_at)),
    };
    let mut lines = vec![entry(words.password, &password)];
    if let Some(provider) = &factors.provider {
        lines.push(entry(words.provider, provider.as_str()));
    }
    if factors.api_keys > 0 {
        lines.push(entry(words.api_keys, &factors.api_keys.to_string()));
    }
    lines
}

fn rights(report: &SecurityReport, words: &Report) -> Vec<String> {
    let right = |reason: &crate::rules::effective::GivenBy| {
        let what = match (&reason.grant.right, &reason.role) {
            (Right::Permission(permission), _) => permission.to_string(),
            (Right::Role(_), Some(name)) => name.to_string(),
            (Right::Role(role), None) => role.to_string(),
        };
        format!("{what} ({})", scope(&reason.grant.scope, report, words))
    };
    report.grants.iter().map(right).collect()
}

fn permissions(report: &SecurityReport, words: &Report) -> Vec<String> {
    let permission = |held: &crate::rules::effective::EffectivePermission| {
        let name = held
            .permission
            .as_ref()
            .map_or_else(|| words.everything.to_owned(), ToString::to_string);
        format!("{name} ({})", scope(&held.scope, report, words))
    };
    report.rights.permissions.iter().map(permission).collect()
}

fn scope(scope: &Scope, report: &SecurityReport, words: &Report) -> String {
    if *scope == Scope::All {
        return words.everywhere.to_owned();
    }
    let known = scope.units().filter_map(|unit| report.units.get(&unit));
    let mut places: Vec<&str> = known.map(Name::as_str).collect();
    if places.len() < scope.units().count() {
        places.push(words.elsewhere);
    }
    places.join(", ")
}

fn open(session: &OpenSession, words: &Report, dates: &DateFormat) -> String {
    let (since, seen) = (
        dates.date_time_zone(session.started_at),
        dates.date_time_zone(session.seen_at),
    );
    format!("{since}, {} {seen}{}", words.seen, from(&session.client))
}

fn tried(attempt: &Attempt, words: &Report, dates: &DateFormat) -> String {
    let ended = match attempt.outcome {
        AttemptOutcome::Success { .. } => words.succeeded,
        AttemptOutcome::Refused { .. } | AttemptOutcome::Pending => words.failed,
    };
    format!("{}, {ended}{}", dates.date_time_zone(attempt.at), from(&attempt.client))
}

/// Where it came from, as far as that is known.
fn from(client: &Client) -> String {
    let agent = client.user_agent.as_ref();
    let parts = [
        client.address.as_ref().map(IpAddr::to_string),
        agent.and_then(|agent| agent.browser()).map(str::to_owned),
        agent.and_then(UserAgent::system).map(str::to_owned),
    ];
    let known = parts.into_iter().flatten();
    std::iter::once(String::new())
        .chain(known)
        .collect::<Vec<_>>()
        .join(", ")
}

fn changed(change: &AccountChange, words: &Report, dates: &DateFormat) -> String {
    let by = match change.by {
        ChangedBy::Themselves => words.by_themselves,
        ChangedBy::Other(_) | ChangedBy::Another => words.by_other,
        ChangedBy::Host => words.by_host,
        ChangedBy::Time => words.by_time,
    };
    let fields = if change.fields.is_empty() {
        String::new()
    } else {
        format!(" ({})", change.fields.join(", "))
    };
    format!("{}, {}{fields}, {by}", dates.date_time_zone(change.at), change.what)
}
