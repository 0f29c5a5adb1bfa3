use tenure::Denied;
use tenure::error::{DeniedKind, Problem};
use tenure::model::{KeySpace, RecordId, RecordKind, UniqueKey, User};
use tenure::rules::refusal;
use tenure::store::{Change, Commit, CommitError, Counter};
use tenure::text::{Key, UserName};

use crate::fixture::*;

fn commit(changes: Vec<Change>) -> Commit {
    Commit {
        id: id(1),
        tenant: tenant_id(),
        at: now(),
        guards: Vec::new(),
        changes,
        events: Vec::new(),
        mail: Vec::new(),
    }
}

fn refused(error: &CommitError) -> Option<Denied> {
    refusal(error, &commit(vec![seats(1, Some(5))]))
}

fn taken(space: KeySpace) -> CommitError {
    CommitError::Duplicate {
        key: UniqueKey {
            space,
            bytes: b"taken".to_vec(),
        },
    }
}

#[test]
fn lo4_a_taken_login_names_the_field_that_was_entered() {
    let field = |user: User| {
        let key = UniqueKey::login(&Key::of("kate@example.com"));
        refusal(&CommitError::Duplicate { key }, &commit(vec![insert(user)]))
    };
    let taken = |field| Some(Denied::LoginTaken { field });
    let kate = user(active()).value;
    assert_eq!(field(kate.clone()), taken("email"));
    let by_name = User {
        user_name: UserName::new("kate@example.com").unwrap(),
        address: address("other@example.com"),
        ..kate.clone()
    };
    assert_eq!(field(by_name.clone()), taken("user_name"));
    let both = User {
        address: kate.address,
        ..by_name
    };
    assert_eq!(field(both), taken("email"));
}

#[test]
fn what_a_store_refuses_is_said_in_the_words_of_the_domain() {
    assert_eq!(refused(&taken(KeySpace::EmployeeUser)), Some(Denied::EmployeeHasUser));
    assert_eq!(refused(&taken(KeySpace::Signature)), Some(Denied::SignatureTaken));
    assert_eq!(refused(&taken(KeySpace::RoleName)), Some(Denied::RoleNameTaken));
    let out = |counter| CommitError::OutOfBounds { counter, value: 6 };
    assert_eq!(refused(&out(Counter::Administrators)), Some(Denied::LastAdministrator));
    assert_eq!(refused(&out(Counter::Seats)), Some(Denied::NoSeat { limit: 5 }));
    let in_use = CommitError::InUse {
        record: RecordId::Role(clerk()),
        by: RecordKind::User,
        count: 3,
    };
    let denied = Denied::InUse {
        what: RecordKind::Role,
        by: RecordKind::User,
        count: 3,
    };
    assert_eq!(refused(&in_use), Some(denied), "R7: with the count");
}

#[test]
fn i2_a_role_or_unit_that_went_meanwhile_is_named() {
    for (to, field) in [
        (RecordId::Unit(berlin()), "unit"),
        (RecordId::Role(clerk()), "role"),
        (RecordId::Employee(ada()), "employee"),
        (RecordId::User(kate()), "user"),
    ] {
        let error = CommitError::MissingReference {
            from: RecordId::User(kate()),
            to,
        };
        assert_eq!(
            refused(&error),
            Some(Denied::invalid(field, Problem::Unknown(to.kind())))
        );
    }
}

#[test]
fn what_others_were_faster_with_is_no_refusal() {
    for error in [
        taken(KeySpace::OpenTicket),
        taken(KeySpace::TicketToken),
        taken(KeySpace::SessionToken),
        CommitError::Conflict {
            record: RecordId::User(kate()),
        },
        CommitError::IdReused,
    ] {
        assert_eq!(refused(&error), None);
    }
}

/// One of each.
fn denials() -> Vec<(Denied, DeniedKind)> {
    use DeniedKind as K;
    let (user, role) = (RecordKind::User, RecordKind::Role);
    let state = tenure::model::invitation::InvitationStateKind::Accepted;
    let blockers = vec![tenure::Blocker::check_failed("queue")];
    let wrong_status = Denied::WrongStatus {
        verb: "suspend",
        status: tenure::model::StatusKind::Invited,
    };
    let in_use = Denied::InUse {
        what: role,
        by: user,
        count: 3,
    };
    let too_deep = Denied::TooDeep {
        what: RecordKind::Unit,
        max: 16,
    };
    let (missing, place) = ("no sender".to_owned(), Some("the intranet".to_owned()));
    vec![
        (Denied::invalid("name", Problem::Missing), K::Invalid),
        (Denied::NotSignedIn, K::Unauthenticated),
        (Denied::SignInRefused, K::Unauthenticated),
        (
            Denied::AccountNotActive {
                status: tenure::model::StatusKind::Disabled,
            },
            K::Forbidden,
        ),
        (Denied::PasswordChangeRequired, K::Forbidden),
        (Denied::TooManySessions { most: 3 }, K::Limited),
        (Denied::ShutsYouOut, K::Conflict),
        (Denied::Forbidden, K::Forbidden),
        (Denied::BeyondOwnRights, K::Forbidden),
        (Denied::NotFound { what: user }, K::NotFound),
        (Denied::LoginTaken { field: "email" }, K::Conflict),
        (Denied::SignatureTaken, K::Conflict),
        (Denied::RoleNameTaken, K::Conflict),
        (Denied::EmployeeWithoutAddress, K::Conflict),
        (Denied::EmployeeHasUser, K::Conflict),
        (in_use, K::Conflict),
        (Denied::BuiltInRole, K::Conflict),
        (Denied::OwnerProtected, K::Conflict),
        (Denied::LastAdministrator, K::Conflict),
        (Denied::NoSeat { limit: 5 }, K::Limited),
        (wrong_status, K::Conflict),
        (Denied::InvitationClosed { state }, K::Gone),
        (Denied::SponsorGone, K::Conflict),
        (Denied::NotDue, K::Conflict),
        (Denied::LinkUnknown, K::NotFound),
        (Denied::LinkExpired, K::Gone),
        (Denied::LinkUsed, K::Gone),
        (Denied::LinkEnded, K::Gone),
        (Denied::LoginTooOld, K::Forbidden),
        (Denied::OnlyThemselves, K::Forbidden),
        (Denied::NoOneTimePasswords, K::Forbidden),
        (Denied::PasswordElsewhere { place }, K::Conflict),
        (Denied::ApiOnly, K::Conflict),
        (Denied::TooManyAttempts { until: now() }, K::Limited),
        (Denied::SessionEnded, K::Gone),
        (Denied::SupervisorCycle { through: vec![ada()] }, K::Conflict),
        (Denied::UnitCycle, K::Conflict),
        (too_deep, K::Conflict),
        (Denied::OnHold, K::Conflict),
        (Denied::NotOnHold, K::Conflict),
        (Denied::Blocked { blockers }, K::Conflict),
        (Denied::MailNotReady { missing }, K::Conflict),
        (Denied::RowsRefused { rows: Vec::new() }, K::Invalid),
    ]
}

#[test]
fn every_refusal_has_a_kind_and_a_code_of_its_own_which_is_also_its_serde_tag() {
    let mut codes = std::collections::BTreeSet::new();
    for (denied, kind) in denials() {
        assert_eq!(denied.kind(), kind, "{denied:?}");
        assert!(codes.insert(denied.code()), "{denied:?}");
        assert_eq!(serde_json::to_value(&denied).unwrap()["code"], denied.code());
        let message = denied.to_string();
        assert!(!message.ends_with('.') && message.chars().next().is_some_and(|first| !first.is_uppercase()));
    }
    assert_eq!(codes.len(), 43);
}

#[test]
fn refusals_name_the_form_fields_that_they_are_about() {
    let fields: Vec<_> = denials()
        .iter()
        .map(|(denied, _)| denied.fields())
        .filter(|it| !it.is_empty())
        .collect();
    assert_eq!(fields, [["name"], ["email"], ["signature"], ["name"], ["email"]]);
}
