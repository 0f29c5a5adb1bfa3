//! Law 8: what was committed is read back exactly.

use std::net::IpAddr;

use time::{Date, Duration, Month};

use super::bench::{Bench, at, every, must, person_name};
use super::variants;
use crate::clock::Timestamp;
use crate::model::{
    Client, Employee, Employment, Invitation, Loaded, Record, RecordKind, Role, Session, User, Version,
};
use crate::store::Lookup;
use crate::text::{Message, Name, UserAgent};

async fn reads_back(b: &Bench, why: &str, record: impl Into<Record>) {
    let record = record.into();
    let loaded = b.load(&[Lookup::Id(record.id())]).await;
    let expected = Some(Loaded::new(Version::FIRST, record.clone()));
    assert_eq!(loaded, std::slice::from_ref(&expected), "{why}, by its id");
    let listed = b
        .records()
        .await
        .into_iter()
        .find(|loaded| loaded.value.id() == record.id());
    assert_eq!(listed, expected, "{why}, in its listing");
}

pub(super) async fn instants_are_kept_to_the_microsecond(b: &Bench) {
    let micros = [
        0,
        1,
        -1,
        999_999,
        -999_999,
        -2_208_988_800_000_001,
        -62_167_219_200_000_000,
        1_767_340_800_123_456,
    ];
    let last = Timestamp::EPOCH.saturating_add(Duration::MAX).unix_micros();
    for micros in micros.into_iter().chain([last]) {
        let created_at = must("instant", Timestamp::from_unix_micros(micros));
        let role = Role {
            created_at,
            ..b.role(&format!("role {micros}"))
        };
        b.put(role.clone()).await;
        reads_back(b, &created_at.to_string(), role).await;
    }
    let user = b.put(b.user("kate")).await.value.id;
    let odd = at(0).saturating_add(Duration::microseconds(1));
    let session = Session {
        started_at: odd,
        seen_at: odd.saturating_add(Duration::MICROSECOND),
        expires_at: odd.saturating_add(Duration::microseconds(2)),
        ..b.session(user)
    };
    b.put(session.clone()).await;
    reads_back(b, "a session", session).await;
}

pub(super) async fn instants_before_1970_keep_their_order(b: &Bench) {
    let micros = [-62_167_219_200_000_000, -1_000_001, -1, 0, 1, 1_000_001];
    let roles = micros.map(|micros| Role {
        created_at: must("instant", Timestamp::from_unix_micros(micros)),
        ..b.role(&format!("role {micros}"))
    });
    b.put_all(roles.iter().rev().cloned()).await;
    let listed = b.all(every(RecordKind::Role)).await;
    assert_eq!(listed, roles.map(Record::from));
}

pub(super) async fn every_text_is_kept(b: &Bench) {
    let texts = [
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 😀 🏳️‍🌈",
        "Zoë Ångström",
        "ﬁ ﬀ ㎏ Ⅷ",
        "UPPER lower Title",
        "'; DROP TABLE tenure_records; --",
        "100% _under_ \\ \"quoted\" [x] {y}",
        "علی‌رضا محمد",
        "葛󠄀城 漢字 ひらがな",
        "a\u{fffd}b",
    ];
    for text in texts {
        let role = b.role(text);
        assert_eq!(
            role.name.as_str(),
            text,
            "a sample that is not changed when it is parsed"
        );
        b.put(role.clone()).await;
        reads_back(b, text, role).await;
    }
}

pub(super) async fn long_texts_are_kept_whole(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    let long = |n: usize, c: &str| c.repeat(n);
    let role = Role {
        name: must("name", Name::new(long(Name::MAX_CHARS, "𝔘"))),
        ..b.role("x")
    };
    b.put(role.clone()).await;
    reads_back(b, "a long name", role).await;
    let invitation = Invitation {
        message: Some(must("message", Message::new(long(Message::MAX_CHARS, "😀")))),
        ..b.invitation(user)
    };
    b.put(invitation.clone()).await;
    reads_back(b, "a long message", invitation).await;
    let session = Session {
        client: Client {
            address: None,
            user_agent: Some(UserAgent::new(long(UserAgent::MAX_CHARS, "é"))),
        },
        ..b.session(user)
    };
    b.put(session.clone()).await;
    reads_back(b, "a long user agent", session).await;
}

pub(super) async fn addresses_and_dates_are_kept(b: &Bench) {
    let user = b.put(b.user("kate")).await.value.id;
    for text in ["192.0.2.1", "2001:db8::1", "::1", "fe80::1:2:3:4", "255.255.255.255"] {
        let address: IpAddr = must("address", text.parse());
        let session = Session {
            client: Client::at(address).user_agent("Mozilla/5.0"),
            ..b.session(user)
        };
        b.put(session.clone()).await;
        reads_back(b, text, session).await;
    }
    let day = |year, month, day| must("date", Date::from_calendar_date(year, month, day));
    let employee = Employee {
        first_name: person_name("Ⅷ"),
        employment: Employment {
            from: Some(day(1899, Month::December, 31)),
            until: Some(day(2028, Month::February, 29)),
        },
        ..b.employee("Smith")
    };
    b.put(employee.clone()).await;
    reads_back(b, "an employment", employee).await;
}

pub(super) async fn every_state_of_every_record_is_kept(b: &Bench) {
    for (why, record) in variants::all(b).await {
        b.put_all([record.clone()]).await;
        reads_back(b, &why, record).await;
    }
}

pub(super) async fn an_update_replaces_the_whole_record(b: &Bench) {
    let full = variants::full_user(b).await;
    let full = b.put(full).await;
    let plain = User {
        id: full.id,
        ..b.user("plain")
    };
    let plain = b.change(&full, plain).await;
    assert_eq!(
        b.get(full.id).await,
        Some(plain.clone()),
        "nothing of the former record is left"
    );
    let full = b.change(&plain, full.value).await;
    assert_eq!(b.get(full.id).await, Some(full));
}
