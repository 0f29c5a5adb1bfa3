//! Invitations.

use std::collections::BTreeSet;

use tenure::Denied;
use tenure::model::invitation::InvitationStateKind;
use tenure::model::{Actor, Invitation, InvitationState, InvitationVerb};
use tenure::text::EmailAddress;

use crate::render::{Apply, machine, refused};
use crate::{at, id, now};

fn invitation(state: InvitationState) -> Invitation {
    Invitation {
        id: id(1),
        user: id(9),
        address: EmailAddress::new("kate@example.com").unwrap(),
        message: None,
        sponsor: Actor::User(id(3)),
        ticket: id(4),
        expires_at: at(20),
        state,
        created_at: at(-9),
    }
}

/// Every state, and the one that nobody has written down yet.
fn invitations() -> Vec<(&'static str, Invitation)> {
    let by = Actor::User(id(3));
    let unnoticed = Invitation {
        expires_at: now(),
        ..invitation(InvitationState::Pending)
    };
    vec![
        ("pending", invitation(InvitationState::Pending)),
        ("pending, time over", unnoticed),
        ("accepted", invitation(InvitationState::Accepted { at: at(-9) })),
        ("cancelled", invitation(InvitationState::Cancelled { at: at(-9), by })),
        ("expired", invitation(InvitationState::Expired { at: at(-9) })),
    ]
}

fn invitation_verbs() -> [InvitationVerb; 4] {
    let by = Actor::User(id(5));
    let verbs = [
        InvitationVerb::Accept,
        InvitationVerb::Cancel { by: by.clone() },
        InvitationVerb::Expire,
        InvitationVerb::Resend {
            ticket: id(6),
            expires_at: at(60),
            by,
        },
    ];
    for verb in &verbs {
        match verb {
            InvitationVerb::Accept
            | InvitationVerb::Cancel { .. }
            | InvitationVerb::Expire
            | InvitationVerb::Resend { .. } => {}
        }
    }
    verbs
}

#[test]
fn i1_the_whole_table_of_invitations() {
    use InvitationStateKind as K;
    let pending = || invitation(InvitationState::Pending);
    let closed = |state| Err(Denied::InvitationClosed { state });
    let accepted = Invitation {
        state: InvitationState::Accepted { at: now() },
        ..pending()
    };
    let cancelled = InvitationState::Cancelled {
        at: now(),
        by: Actor::User(id(5)),
    };
    let cancelled = Invitation {
        state: cancelled,
        ..pending()
    };
    let resent = Invitation {
        ticket: id(6),
        expires_at: at(60),
        sponsor: Actor::User(id(5)),
        ..pending()
    };
    let expired_now = Invitation {
        expires_at: now(),
        state: InvitationState::Expired { at: now() },
        ..pending()
    };
    let expired = invitation(InvitationState::Expired { at: at(-9) });
    // Verbs: accept, cancel, expire, resend.
    let table = [
        [Ok(accepted), Ok(cancelled), Err(Denied::NotDue), Ok(resent)],
        [
            closed(K::Expired),
            closed(K::Expired),
            Ok(expired_now),
            closed(K::Expired),
        ],
        [
            closed(K::Accepted),
            closed(K::Accepted),
            closed(K::Accepted),
            closed(K::Accepted),
        ],
        [
            closed(K::Cancelled),
            closed(K::Cancelled),
            closed(K::Cancelled),
            closed(K::Cancelled),
        ],
        [closed(K::Expired), closed(K::Expired), Ok(expired), closed(K::Expired)],
    ];
    for ((name, invitation), row) in invitations().into_iter().zip(table) {
        for (verb, expected) in invitation_verbs().into_iter().zip(row) {
            assert_eq!(
                invitation.clone().apply(&verb, now()),
                expected,
                "{} {name}",
                verb.name()
            );
        }
    }
    let kinds: BTreeSet<_> = invitations()
        .iter()
        .map(|(_, invitation)| invitation.state.kind())
        .collect();
    assert_eq!(kinds, InvitationStateKind::ALL.into());
}

#[test]
fn cp5_at_exactly_its_end_an_invitation_has_expired() {
    let pending = invitation(InvitationState::Pending);
    let state = |minute| pending.clone().as_of(at(minute)).state;
    let over = InvitationState::Expired { at: at(20) };
    assert_eq!([19, 20, 21].map(state), [InvitationState::Pending, over.clone(), over]);
    for (_, closed) in invitations().into_iter().skip(2) {
        assert_eq!(closed.clone().as_of(at(600)), closed);
    }
}

pub(crate) fn rendered() -> String {
    let verbs = invitation_verbs().map(|verb| {
        let name = verb.name().to_owned();
        let apply: Apply<'_, Invitation> = Box::new(move |invitation| match invitation.apply(&verb, now()) {
            Ok(after) => after.state.kind().to_string(),
            Err(denied) => refused(&denied),
        });
        (name, apply)
    });
    machine(
        &invitations(),
        &verbs,
        &[("pending", "invite")],
        &[("pending", "expired")],
    )
}

pub(crate) const TEXT: &str = "
## Invitations

*Accepted*, *cancelled* and *expired* are final: whoever is invited again gets a new invitation. Sending an open one again keeps
it open, with a new link, a new term, and whoever sent it now answering for what it offers.
";
