//! Law 9: patterns find what the one matcher finds ([`SearchPattern::matches`]).

use super::bench::{Bench, address, every, must, name, person_name};
use super::filters::lists;
use crate::model::{Employee, Profile, Record, RecordId, RecordKind, Role, User};
use crate::store::{Filter, Query};
use crate::text::{DisplayName, SearchField, SearchPattern, Signature};

fn pattern(text: &str) -> SearchPattern {
    must("pattern", SearchPattern::new(text))
}

fn by(kind: RecordKind, text: &str) -> Query {
    every(kind).filter(Filter::Text(pattern(text)))
}

fn in_field(kind: RecordKind, field: SearchField, text: &str) -> Query {
    every(kind).filter(Filter::Field(field, pattern(text)))
}

fn person(b: &Bench, first: &str, last: &str, signature: Option<&str>) -> Employee {
    Employee {
        first_name: person_name(first),
        signature: signature.map(|text| must("signature", Signature::new(text))),
        ..b.employee(last)
    }
}

fn user(b: &Bench, user_name: &str, first: &str, last: &str) -> User {
    let user = b.user(user_name);
    let profile = Profile {
        first_name: person_name(first),
        last_name: person_name(last),
        display_name: must("display name", DisplayName::new(format!("{first} ({last})"))),
        ..user.profile.clone()
    };
    User { profile, ..user }
}

/// Names with everything that patterns could trip over.
const NAMES: [(&str, &str); 14] = [
    ("Anna", "Andersson"),
    ("Anna Maria", "Sandberg"),
    ("ÅSA", "Lindström"),
    ("Asa", "Lindstrom"),
    ("Zoë", "Müller"),
    ("Zoe", "MULLER"),
    ("Σίσυφος", "Παπαδόπουλος"),
    ("Иван", "Жуков"),
    ("太郎", "山田"),
    ("민준", "김"),
    ("Strasse", "Groß"),
    ("per%cent", "under_score"),
    ("back\\slash", "O'Hara [x]"),
    ("a*b", "\"quoted\" 100%"),
];

const PATTERNS: [&str; 46] = [
    "a",
    "an",
    "and",
    "anna",
    "ANNA",
    "anna maria",
    "maria anna",
    "an*",
    "and*",
    "*son",
    "*berg",
    "a*son",
    "*nd*r*",
    "*",
    "%",
    "asa",
    "åsa",
    "ASA*",
    "lindström",
    "müller",
    "muller",
    "mull*",
    "z* mul*",
    "σισυ",
    "ΠΑΠ*",
    "иван",
    "жук*",
    "山田",
    "太*",
    "민",
    "김",
    "gross",
    "groß",
    "strasse",
    "_",
    "per_cent",
    "under_score",
    "under?score",
    "\\",
    "back\\slash",
    "[x]",
    "[a]",
    "o'hara",
    "\"quoted\"",
    "100",
    "x'; DROP TABLE tenure_user; --",
];

pub(super) async fn a4_patterns_find_what_the_one_matcher_finds(b: &Bench) {
    let employees = NAMES.map(|(first, last)| person(b, first, last, None));
    b.put_all(employees.clone()).await;
    for typed in PATTERNS {
        for field in [
            None,
            Some(SearchField::FirstName),
            Some(SearchField::LastName),
            Some(SearchField::Signature),
        ] {
            let found = |employee: &&Employee| {
                let text = Record::from((*employee).clone()).search_text().unwrap_or_default();
                pattern(typed).matches(text.as_str(), field)
            };
            let expected = employees.iter().filter(found).map(|employee| employee.id.into());
            let query = match field {
                None => by(RecordKind::Employee, typed),
                Some(field) => in_field(RecordKind::Employee, field, typed),
            };
            lists(b, &format!("{typed} in {field:?}"), query, expected).await;
        }
    }
}

pub(super) async fn a4_only_stars_and_percent_signs_are_wildcards(b: &Bench) {
    let literal = person(b, "x", "a_b", None);
    let other = person(b, "x", "axb", None);
    let (bracket, back) = (person(b, "x", "[ab]", None), person(b, "x", "a\\%b", None));
    b.put_all([&literal, &other, &bracket, &back].map(Clone::clone)).await;
    let found = async |typed: &str, expected: &[&Employee]| {
        let expected: Vec<RecordId> = expected.iter().map(|employee| employee.id.into()).collect();
        lists(b, typed, by(RecordKind::Employee, typed), expected).await;
    };
    found("a_b", &[&literal]).await;
    found("a*b", &[&literal, &other, &back]).await;
    found("a%b", &[&literal, &other, &back]).await;
    found("[ab]", &[&bracket]).await;
    found("a\\*b", &[&back]).await;
    found("b*", &[]).await;
    found("*b", &[&literal, &other, &back]).await;
    found("[*]", &[&bracket]).await;
}

pub(super) async fn bi6_every_field_of_a_user_is_searched(b: &Bench) {
    let someone = User {
        signature: Some(must("signature", Signature::new("JDO"))),
        ..user(b, "login.name", "Fürst", "Nachname")
    };
    let another = user(b, "another", "Kim", "Else");
    b.put_all([&someone, &another].map(Clone::clone)).await;
    let whole = [
        (SearchField::Signature, "jdo"),
        (SearchField::FirstName, "furst"),
        (SearchField::LastName, "nachname"),
        (SearchField::DisplayName, "*(nachname)"),
        (SearchField::UserName, "login.na*"),
        (SearchField::Address, "login.name@exam*"),
    ];
    for (field, typed) in whole {
        lists(b, typed, by(RecordKind::User, typed), [someone.id.into()]).await;
        lists(b, typed, in_field(RecordKind::User, field, typed), [someone.id.into()]).await;
        for other in SearchField::ALL {
            let text = Record::from(someone.clone()).search_text().unwrap_or_default();
            let found = pattern(typed).matches(text.as_str(), Some(other));
            let expected = found.then_some(someone.id.into());
            lists(
                b,
                &format!("{typed} in {other:?}"),
                in_field(RecordKind::User, other, typed),
                expected,
            )
            .await;
        }
    }
    lists(
        b,
        "words in two fields",
        by(RecordKind::User, "jdo nach*"),
        [someone.id.into()],
    )
    .await;
    lists(b, "one word is nobody's", by(RecordKind::User, "jdo else"), []).await;
    lists(b, "no word reaches over fields", by(RecordKind::User, "furst*nach"), []).await;
    let both = [someone.id.into(), another.id.into()];
    lists(b, "what both have", by(RecordKind::User, "example"), both).await;
}

pub(super) async fn if5_a_supervisor_is_found_by_their_names(b: &Bench) {
    let boss = person(b, "Berta", "Åkesson", Some("BÅK"));
    let other = person(b, "Bo", "Ek", None);
    let below = |name: &str, supervisor: &Employee| Employee {
        supervisor: Some(supervisor.id),
        ..b.employee(name)
    };
    let (one, two, third) = (below("One", &boss), below("Two", &boss), below("Third", &other));
    b.put_all([&boss, &other, &one, &two, &third].map(Clone::clone)).await;
    let users = [b.user_of("one", one.id), b.user_of("third", third.id), b.user("nobody")];
    b.put_all(users.clone()).await;
    let supervised = |kind, typed: &str| every(kind).filter(Filter::Supervisor(pattern(typed)));
    for typed in ["bak", "akesson", "berta a*", "ÅKE*"] {
        let employees = [one.id.into(), two.id.into()];
        lists(b, typed, supervised(RecordKind::Employee, typed), employees).await;
        lists(b, typed, supervised(RecordKind::User, typed), [users[0].id.into()]).await;
    }
    let any = [one.id.into(), two.id.into(), third.id.into()];
    lists(b, "any supervisor", supervised(RecordKind::Employee, "*"), any).await;
    lists(
        b,
        "b",
        supervised(RecordKind::User, "b"),
        [users[0].id.into(), users[1].id.into()],
    )
    .await;
    lists(b, "their own name", supervised(RecordKind::Employee, "third"), []).await;
}

pub(super) async fn what_belongs_to_a_user_is_found_by_them(b: &Bench) {
    let (kate, zoe) = (user(b, "kate", "Kate", "O'Hara"), user(b, "zoe", "Zoë", "Lind"));
    b.put_all([&kate, &zoe].map(Clone::clone)).await;
    for user in [&kate, &zoe] {
        let draft = b.draft().insert(b.invitation(user.id)).insert(b.session(user.id));
        draft.insert(b.attempt(Some(user.id))).done().await;
    }
    b.put(b.attempt(None)).await;
    for kind in [RecordKind::Invitation, RecordKind::Session, RecordKind::Attempt] {
        for typed in ["zoe", "lind", "z*"] {
            let listed = b.all(by(kind, typed)).await;
            let owners: Vec<_> = listed.iter().map(Record::owner).collect();
            assert_eq!(owners, [Some(zoe.id)], "{kind} by {typed}");
        }
        assert_eq!(b.all(by(kind, "*")).await.len(), 2, "{kind} of anybody");
    }
}

pub(super) async fn what_has_one_name_is_found_by_it(b: &Bench) {
    let robot = b.put(b.user("robot")).await.value.id;
    let (clerk, sales) = (b.role("Clerk"), b.unit("Försäljning", None));
    let key = crate::model::ApiKey {
        name: name("nightly export"),
        ..b.api_key(robot)
    };
    b.draft()
        .insert(clerk.clone())
        .insert(sales.clone())
        .insert(key.clone())
        .done()
        .await;
    b.put(b.role("manager")).await;
    lists(b, "a role", by(RecordKind::Role, "CLE*"), [clerk.id.into()]).await;
    lists(b, "a unit", by(RecordKind::Unit, "forsalj"), [sales.id.into()]).await;
    lists(b, "a key", by(RecordKind::ApiKey, "export"), [key.id.into()]).await;
    let named = in_field(RecordKind::Role, SearchField::DisplayName, "clerk");
    lists(b, "as the name that others see", named, [clerk.id.into()]).await;
    let misfit = in_field(RecordKind::Role, SearchField::LastName, "clerk");
    lists(b, "a field that it does not have", misfit, []).await;
}

pub(super) async fn what_changes_is_found_as_it_is_now(b: &Bench) {
    let before = b.put(b.employee("Andersson")).await;
    let after = Employee {
        last_name: person_name("Bergman"),
        ..before.value.clone()
    };
    let now = b.change(&before, after).await;
    lists(b, "before", by(RecordKind::Employee, "anders"), []).await;
    lists(b, "now", by(RecordKind::Employee, "bergm"), [now.value.id.into()]).await;
    b.draft().remove(&now).done().await;
    lists(b, "gone", by(RecordKind::Employee, "bergm"), []).await;
    lists(b, "gone, by two letters", by(RecordKind::Employee, "be"), []).await;
}

pub(super) async fn a_search_stays_in_its_tenant_and_kind(b: &Bench) {
    let neighbour = b.neighbour();
    let ours = b.put(b.employee("Andersson")).await.value.id;
    neighbour.put(neighbour.employee("Andersson")).await;
    let user = b.put(user(b, "andersson", "A", "Andersson")).await.value.id;
    for typed in ["andersson", "an", "*"] {
        lists(b, typed, by(RecordKind::Employee, typed), [ours.into()]).await;
        lists(b, typed, by(RecordKind::User, typed), [user.into()]).await;
    }
    neighbour.put(neighbour.employee("Bergman")).await;
    lists(b, "theirs alone", by(RecordKind::Employee, "bergman"), []).await;
}

pub(super) async fn a_search_has_pages_and_a_count_like_any_list(b: &Bench) {
    let roles: Vec<Role> = (0..60)
        .map(|n| b.role(&format!("{} {n}", ["clerk", "manager"][n % 2])))
        .collect();
    b.put_all(roles.iter().cloned()).await;
    for typed in ["clerk", "er", "cl*"] {
        for descending in [false, true] {
            let mut query = by(RecordKind::Role, typed).sort(crate::model::SortBy::Name);
            query.descending = descending;
            let whole: Vec<RecordId> = b.all(query.clone().limit(1_000)).await.iter().map(Record::id).collect();
            let parts: Vec<RecordId> = b.all(query.clone().limit(7)).await.iter().map(Record::id).collect();
            assert_eq!(parts, whole, "{typed}: page by page");
            let counted = b.list(&query.limit(1).count_up_to(20)).await;
            assert_eq!(
                (counted.total, counted.items.len()),
                (Some(20), 1),
                "{typed}: counted up to 20"
            );
        }
    }
    let named = b.user("x");
    let mailed = User {
        address: address("clerk@example.com"),
        ..named
    };
    b.put(mailed).await;
    assert_eq!(b.all(by(RecordKind::Role, "clerk").limit(7)).await.len(), 30);
}
