//! Diagrams and tables, made by calling the code.

use std::fmt::Write as _;

use tenure::Denied;
use tenure::model::StatusKind;

/// An edge of a diagram: from, verb, to.
pub(crate) type Edge = (String, String, String);

pub(crate) fn word(kind: StatusKind) -> String {
    serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned()
}

pub(crate) fn diagram(
    states: &[(String, String)],
    edges: &[Edge],
    begins: &[(&str, &str)],
    ends: &[(&str, &str)],
) -> String {
    let mut text = "```mermaid\nstateDiagram-v2\n".to_owned();
    for (id, label) in states {
        if id != label {
            writeln!(text, "    state \"{label}\" as {id}").unwrap();
        }
    }
    for (state, verb) in begins {
        writeln!(text, "    [*] --> {state}: {verb}").unwrap();
    }
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (from, _, to) in edges {
        if !pairs.contains(&(from, to)) {
            pairs.push((from, to));
        }
    }
    for (from, to) in pairs {
        let verbs = edges.iter().filter(|edge| edge.0 == from && edge.2 == to);
        let verbs: Vec<&str> = verbs.map(|edge| edge.1.as_str()).collect();
        writeln!(text, "    {from} --> {to}: {}", verbs.join(" / ")).unwrap();
    }
    for (state, verb) in ends {
        writeln!(text, "    {state} --> [*]: {verb}").unwrap();
    }
    text.push_str("```\n");
    text
}

/// A table with a row for each verb and a column for each state.
pub(crate) fn table(states: &[String], rows: &[(String, Vec<String>)]) -> String {
    let mut text = format!(
        "| verb | {} |\n|---|{}\n",
        states.join(" | "),
        "---|".repeat(states.len())
    );
    for (verb, cells) in rows {
        writeln!(text, "| {verb} | {} |", cells.join(" | ")).unwrap();
    }
    text
}

pub(crate) fn push(edges: &mut Vec<Edge>, from: &str, verb: &str, to: &str) {
    let edge = (from.to_owned(), verb.to_owned(), to.to_owned());
    if !edges.contains(&edge) {
        edges.push(edge);
    }
}

/// What a verb makes of a state, in a word.
pub(crate) type Apply<'a, S> = Box<dyn Fn(S) -> String + 'a>;

/// Machines whose states are told by a name.
pub(crate) fn machine<S: Clone>(
    states: &[(&str, S)],
    verbs: &[(String, Apply<'_, S>)],
    begins: &[(&str, &str)],
    time: &[(&str, &str)],
) -> String {
    // What nobody has written down yet is no state of its own in a diagram.
    let drawn = |name: &str| !name.contains(',');
    let (mut edges, mut rows) = (Vec::new(), Vec::new());
    for (verb, apply) in verbs {
        let cells = states.iter().map(|(name, state)| {
            let outcome = apply(state.clone());
            if drawn(name) && states.iter().any(|(other, _)| *other == outcome) {
                push(&mut edges, name, verb, &outcome);
            }
            outcome
        });
        let cells = cells.collect();
        rows.push((verb.clone(), cells));
    }
    for (from, to) in time {
        push(&mut edges, from, "time", to);
    }
    let drawn: Vec<(String, String)> = states
        .iter()
        .filter(|(name, _)| drawn(name))
        .map(|(name, _)| ((*name).to_owned(), (*name).to_owned()))
        .collect();
    let names: Vec<String> = states.iter().map(|(name, _)| (*name).to_owned()).collect();
    format!("{}\n{}", diagram(&drawn, &edges, begins, &[]), table(&names, &rows))
}

pub(crate) fn refused(denied: &Denied) -> String {
    format!("`{}`", denied.code())
}
