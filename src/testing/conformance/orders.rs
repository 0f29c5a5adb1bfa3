//! Law 9: every order, both ways.

use super::bench::{Bench, address, at, every, must, person_name};
use crate::model::{Employee, Profile, Record, RecordId, RecordKind, SortBy, User, UserStatus};
use crate::store::Change;
use crate::text::{DisplayName, Signature};

const NAMES: [&str; 8] = ["Ångström", "angstrom", "Zimmer", "Öz", "O'Hara", "Ábel", "Straße", "李"];

fn signature(n: usize) -> Option<Signature> {
    (!n.is_multiple_of(3)).then(|| must("signature", Signature::new(format!("{}{n}", ["Ä", "a", "z"][n % 3]))))
}

async fn people(b: &Bench) {
    for n in 0..24_usize {
        let name = NAMES[n % NAMES.len()];
        let employee = Employee {
            first_name: person_name(NAMES[(n * 5 + 1) % NAMES.len()]),
            signature: signature(n),
            email: (n % 4 > 0).then(|| address(&format!("{}{n}@example.com", ["x", "B", "a"][n % 3]))),
            created_at: at(i64::try_from(n % 5).unwrap_or(0)),
            ..b.employee(name)
        };
        let user = b.user(&format!("{}{n}", ["m", "B", "a", "Z"][n % 4]));
        let since = at(0);
        let status = match n % 4 {
            0 => UserStatus::Disabled { since },
            1 => UserStatus::Suspended {
                since,
                until: Some(at(-1)),
                reason: None,
            },
            _ => UserStatus::Active { since, until: None },
        };
        let user = User {
            profile: Profile {
                first_name: person_name(NAMES[(n * 3) % NAMES.len()]),
                last_name: person_name(name),
                display_name: must("display name", DisplayName::new(NAMES[(n * 7 + 2) % NAMES.len()])),
                ..user.profile.clone()
            },
            signature: signature(n),
            status,
            last_login_at: (n % 3 > 0).then(|| at(i64::try_from(n * 7 % 11).unwrap_or(0))),
            ..user
        };
        let invitation = b.invitation(user.id);
        let draft = b.draft().insert(employee).insert(user);
        draft.insert(invitation).done().await;
    }
}

const SORTED: [RecordKind; 4] = [
    RecordKind::User,
    RecordKind::Employee,
    RecordKind::Invitation,
    RecordKind::Role,
];

pub(super) async fn if3_every_order_is_that_of_its_keys_both_ways(b: &Bench) {
    people(b).await;
    b.put_all(NAMES.map(|name| b.role(name))).await;
    for kind in SORTED {
        for sort in SortBy::ALL {
            let mut expected = b.all(every(kind)).await;
            expected.sort_by_key(|record| (record.sort_key(*sort), record.id()));
            let mut expected: Vec<RecordId> = expected.iter().map(Record::id).collect();
            for descending in [false, true] {
                for limit in [5, 1_000] {
                    let mut query = every(kind).sort(*sort).limit(limit);
                    query.descending = descending;
                    let listed: Vec<RecordId> = b.all(query).await.iter().map(Record::id).collect();
                    assert_eq!(
                        listed, expected,
                        "{kind} by {sort:?}, {limit} a page, descending: {descending}"
                    );
                }
                expected.reverse();
            }
        }
    }
}

pub(super) async fn what_has_nothing_to_be_ordered_by_comes_first(b: &Bench) {
    let with = Employee {
        signature: Some(must("signature", Signature::new("AAA"))),
        ..b.employee("A")
    };
    let without = b.employee("B");
    b.put_all([with.clone(), without.clone()]).await;
    let by_signature = every(RecordKind::Employee).sort(SortBy::Signature);
    let ids: Vec<RecordId> = b.all(by_signature.clone()).await.iter().map(Record::id).collect();
    assert_eq!(ids, [without.id.into(), with.id.into()]);
    let last: Vec<RecordId> = b.all(by_signature.descending()).await.iter().map(Record::id).collect();
    assert_eq!(last, [with.id.into(), without.id.into()]);
}

pub(super) async fn a_login_moves_its_user_in_the_order_of_logins(b: &Bench) {
    let (one, other) = (
        b.put(b.user("one")).await.value.id,
        b.put(b.user("other")).await.value.id,
    );
    let order = async || -> Vec<RecordId> {
        let by_login = every(RecordKind::User).sort(SortBy::LastLogin).descending();
        b.all(by_login.limit(1)).await.iter().map(Record::id).collect()
    };
    for (user, seconds, first) in [(one, 10, one), (other, 20, other), (one, 15, other), (one, 30, one)] {
        let touch = Change::Touch {
            record: user.into(),
            seen_at: at(seconds),
        };
        b.draft().change(touch).done().await;
        let last = if first == one { other } else { one };
        assert_eq!(order().await, [first.into(), last.into()], "at {seconds}");
    }
}
