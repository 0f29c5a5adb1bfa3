//! What a refused commit must say.

use crate::model::{RecordId, RecordKind, UniqueKey};
use crate::store::{CommitError, Committed, Counter};

type Answer = Result<Committed, CommitError>;

#[track_caller]
pub(in super::super) fn conflict(why: &str, answer: &Answer, expected: impl Into<RecordId>) {
    let expected = expected.into();
    match answer {
        Err(CommitError::Conflict { record }) if *record == expected => {}
        other => panic!("{why}: a conflict on {expected} was due, and the answer is {other:?}"),
    }
}

#[track_caller]
pub(in super::super) fn duplicate(why: &str, answer: &Answer, expected: &UniqueKey) {
    match answer {
        Err(CommitError::Duplicate { key }) if key == expected => {}
        other => panic!("{why}: {expected:?} is taken, and the answer is {other:?}"),
    }
}

#[track_caller]
pub(in super::super) fn missing(why: &str, answer: &Answer, names: impl Into<RecordId>, named: impl Into<RecordId>) {
    let expected = (names.into(), named.into());
    match answer {
        Err(CommitError::MissingReference { from, to }) if (*from, *to) == expected => {}
        other => panic!(
            "{why}: {} names {}, which does not exist, and the answer is {other:?}",
            expected.0, expected.1
        ),
    }
}

#[track_caller]
pub(in super::super) fn in_use(why: &str, answer: &Answer, id: impl Into<RecordId>, kind: RecordKind, number: u64) {
    let id = id.into();
    match answer {
        Err(CommitError::InUse { record, by, count }) if (*record, *by, *count) == (id, kind, number) => {}
        other => panic!("{why}: {id} is named by {number} of kind {kind}, and the answer is {other:?}"),
    }
}

#[track_caller]
pub(in super::super) fn out_of_bounds(why: &str, answer: &Answer, expected: i64) {
    match answer {
        Err(CommitError::OutOfBounds {
            counter: Counter::Seats,
            value,
        }) if *value == expected => {}
        other => panic!("{why}: {expected} seats are out of bounds, and the answer is {other:?}"),
    }
}

#[track_caller]
pub(in super::super) fn unsupported(why: &str, answer: &Answer) {
    assert!(
        matches!(answer, Err(CommitError::Unsupported { .. })),
        "{why}: the store cannot know this, and the answer is {answer:?}"
    );
}
