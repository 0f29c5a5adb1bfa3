use tenure::error::Problem;
use tenure::model::invitation::InvitationStateKind;
use tenure::model::{
    Actor, Credential, Grant, Inactivity, Invitation, InvitationState, Loaded, RecordKind, Scope, Secret, Start,
    StatusKind, Ticket, TicketPurpose, TicketState, User, UserStatus, What, permissions,
};
use tenure::password::{PasswordPolicy, PasswordRule};
use tenure::rules::invitations::{self, Acceptance, Offer, Sponsor};
use tenure::rules::rights::Surroundings;
use tenure::rules::users::ProfileEdit;
use tenure::rules::{Context, Decision};
use tenure::secret::TokenHash;
use tenure::store::Guard;
use tenure::text::TextError;
use tenure::{Denied, Timestamp};

use crate::fixture::*;

const NO_USER: Denied = Denied::NotFound { what: RecordKind::User };
const NO_INVITATION: Denied = Denied::NotFound {
    what: RecordKind::Invitation,
};
const GOOD: &str = "Zitrone-42-gelb";

fn closed(state: InvitationStateKind) -> Denied {
    Denied::InvitationClosed { state }
}

fn of_berlin() -> Context {
    holding(&[permissions::USERS_MANAGE, prices()], [berlin()])
}

fn needed() -> Surroundings {
    surroundings([clerk()], [berlin()])
}

fn lapsed() -> UserStatus {
    UserStatus::Inactive {
        since: at(-5),
        because: Inactivity::InvitationCancelled,
        starts_at: None,
    }
}

fn sent(again: bool) -> What {
    What::InvitationSent {
        seat: true,
        expires_at: term(),
        again,
    }
}

/// Kate once the actor has sent her an invitation, or the open one again.
fn invited_again(before: &Loaded<User>, invitation: tenure::id::InvitationId) -> User {
    let status = UserStatus::Invited {
        invitation,
        expires_at: term(),
        start: Start::Now,
    };
    User {
        status,
        ..before.value.clone()
    }
}

#[test]
fn lo5_a_user_who_is_set_up_is_sent_an_invitation() {
    let (cx, kate) = (of_berlin(), user(set_up()));
    let after = invited_again(&kate, fresh(10));
    let expected = Decision {
        mail: vec![invitation_mail(&after, Some("Welcome"), false)],
        ..decision(
            &cx,
            needed().guards().into_iter().chain([Guard::on(&cx.tenant)]),
            vec![
                seats(1, None),
                update(&kate, after.clone()),
                insert(new_invitation(&after, Some("Welcome"))),
                insert(new_ticket(&after)),
            ],
            vec![event(kate.id, sent(false))],
            after,
        )
    };
    assert_eq!(
        invitations::send(&cx, Some(&kate), None, Some("Welcome"), &needed()),
        Ok(expected.clone())
    );
    assert_eq!(
        invitations::preview_mail(&cx, Some(&kate), None, Some("Welcome"), &needed()),
        Ok(expected.mail[0].clone())
    );
}

#[test]
fn cp8_t4_an_open_invitation_is_sent_again_and_the_old_link_is_worthless() {
    let (cx, kate, before) = (of_berlin(), user(invited()), pending());
    let after = invited_again(&kate, invitation_id());
    let again = Invitation {
        ticket: fresh(11),
        expires_at: term(),
        sponsor: Actor::User(actor()),
        ..before.value.clone()
    };
    let expected = Decision {
        mail: vec![invitation_mail(&after, Some("Welcome"), true)],
        ..decision(
            &cx,
            needed().guards(),
            vec![
                update(&kate, after.clone()),
                end_tickets(Some(TicketPurpose::Invitation)),
                update(&before, again),
                insert(new_ticket(&after)),
            ],
            vec![event(kate.id, sent(true))],
            after,
        )
    };
    assert_eq!(
        invitations::send(&cx, Some(&kate), Some(&before), None, &needed()),
        Ok(expected.clone())
    );
    assert_eq!(
        invitations::resend(&cx, Some(&kate), Some(&before), &needed()),
        Ok(expected)
    );
}

#[test]
fn cp8_a_lapsed_invitation_is_followed_by_a_new_one() {
    let (cx, kate) = (with_limit(of_berlin(), 5), user(lapsed()));
    let cancelled = invitation(InvitationState::Cancelled {
        at: at(-5),
        by: Actor::User(actor()),
    });
    let after = invited_again(&kate, fresh(10));
    let expected = Decision {
        mail: vec![invitation_mail(&after, None, true)],
        ..decision(
            &cx,
            needed().guards().into_iter().chain([Guard::on(&cx.tenant)]),
            vec![
                seats(1, Some(5)),
                update(&kate, after.clone()),
                insert(new_invitation(&after, None)),
                insert(new_ticket(&after)),
            ],
            vec![event(kate.id, sent(true))],
            after,
        )
    };
    assert_eq!(
        invitations::resend(&cx, Some(&kate), Some(&cancelled), &needed()),
        Ok(expected)
    );
}

#[test]
fn cp8_an_invitation_that_expired_unnoticed_is_followed_by_a_new_one() {
    let cx = of_berlin();
    let status = UserStatus::Invited {
        invitation: invitation_id(),
        expires_at: now(),
        start: Start::Now,
    };
    let (kate, mut before) = (user(status), pending());
    before.value.expires_at = now();
    let after = invited_again(&kate, fresh(10));
    let lapsed = What::StatusChanged {
        verb: "expire".to_owned(),
        from: StatusKind::Invited,
        to: StatusKind::Lapsed,
        until: None,
        noted: false,
    };
    let expected = Decision {
        mail: vec![invitation_mail(&after, None, true)],
        ..decision(
            &cx,
            needed().guards(),
            vec![
                update(&kate, after.clone()),
                end_tickets(Some(TicketPurpose::Invitation)),
                insert(new_invitation(&after, None)),
                insert(new_ticket(&after)),
            ],
            vec![
                event_by(Actor::Schedule, now(), kate.id, lapsed),
                event(kate.id, sent(true)),
            ],
            after,
        )
    };
    assert_eq!(
        invitations::send(&cx, Some(&kate), Some(&before), None, &needed()),
        Ok(expected)
    );
}

#[test]
fn i1_there_are_never_two_open_invitations() {
    let status = UserStatus::Invited {
        invitation: id(59),
        expires_at: at(60),
        start: Start::Now,
    };
    let (cx, kate) = (of_berlin(), user(status));
    let older = invitation(InvitationState::Expired { at: at(-5) });
    assert_eq!(
        invitations::resend(&cx, Some(&kate), Some(&older), &needed()),
        Err(closed(InvitationStateKind::Expired))
    );
    assert_eq!(
        invitations::send(&cx, Some(&kate), Some(&older), None, &needed()),
        Err(NO_INVITATION)
    );
    assert_eq!(
        invitations::send(&cx, Some(&kate), None, None, &needed()),
        Err(NO_INVITATION)
    );
}

#[test]
fn sending_is_refused_with_the_exact_reason() {
    let (kate, open) = (user(invited()), pending());
    let send = |cx: &Context, user: Option<&Loaded<User>>| {
        invitations::send(cx, user, Some(&open), None, &around()).map(|_| ())
    };
    assert_eq!(send(&nobody(), Some(&kate)), Err(Denied::Forbidden));
    assert_eq!(send(&of_berlin(), None), Err(NO_USER));
    assert_eq!(
        send(&holding(&[permissions::USERS_MANAGE, prices()], [paris()]), Some(&kate)),
        Err(NO_USER)
    );
    // R1: whoever sends it again answers for all that it offers.
    assert_eq!(
        send(&holding(&[permissions::USERS_MANAGE], [berlin()]), Some(&kate)),
        Err(Denied::BeyondOwnRights)
    );
    assert_eq!(
        send(&of_berlin(), Some(&user(active()))),
        Err(Denied::WrongStatus {
            verb: "invite",
            status: StatusKind::Active
        })
    );
    assert_eq!(
        invitations::send(&of_berlin(), Some(&kate), Some(&open), Some(" "), &around()),
        Err(Denied::invalid("message", TextError::Empty))
    );
    assert_eq!(
        invitations::preview_mail(&nobody(), Some(&kate), Some(&open), None, &around()),
        Err(Denied::Forbidden)
    );
}

#[test]
fn i1_an_accepted_invitation_is_not_sent_again() {
    let accepted = invitation(InvitationState::Accepted { at: at(-5) });
    let resend = |cx: &Context, user, invitation| invitations::resend(cx, user, invitation, &around()).map(|_| ());
    let kate = user(active());
    assert_eq!(
        resend(&of_berlin(), Some(&kate), Some(&accepted)),
        Err(closed(InvitationStateKind::Accepted))
    );
    assert_eq!(resend(&of_berlin(), Some(&kate), None), Err(NO_INVITATION));
    assert_eq!(resend(&nobody(), Some(&kate), Some(&accepted)), Err(Denied::Forbidden));
    let mut others = pending();
    others.value.user = id(99);
    assert_eq!(resend(&of_berlin(), Some(&kate), Some(&others)), Err(NO_INVITATION));
}

#[test]
fn cp7_t4_cancelling_makes_the_link_worthless_and_frees_the_seat() {
    let (cx, kate, open) = (of_berlin(), user(invited()), pending());
    let cancelled = Invitation {
        state: InvitationState::Cancelled {
            at: now(),
            by: Actor::User(actor()),
        },
        ..open.value.clone()
    };
    let status = UserStatus::Inactive {
        since: now(),
        because: Inactivity::InvitationCancelled,
        starts_at: None,
    };
    let after = User {
        status,
        ..kate.value.clone()
    };
    assert_eq!(
        invitations::cancel(&cx, Some(&open), Some(&kate), &needed()),
        Ok(decision(
            &cx,
            needed().guards(),
            vec![
                update(&open, cancelled),
                seats(-1, None),
                end_tickets(None),
                update(&kate, after.clone())
            ],
            vec![event(
                open.id,
                What::InvitationCancelled {
                    user: kate.id,
                    seat: false
                }
            )],
            after
        ))
    );
}

#[test]
fn cp7_i1_only_an_open_invitation_is_cancelled() {
    let (kate, by) = (user(invited()), Actor::User(actor()));
    let cancel = |cx: &Context, invitation: Option<&Loaded<Invitation>>| {
        invitations::cancel(cx, invitation, Some(&kate), &around()).map(|_| ())
    };
    for (state, kind) in [
        (InvitationState::Accepted { at: at(-5) }, InvitationStateKind::Accepted),
        (
            InvitationState::Cancelled { at: at(-5), by },
            InvitationStateKind::Cancelled,
        ),
        (InvitationState::Expired { at: at(-5) }, InvitationStateKind::Expired),
    ] {
        assert_eq!(cancel(&of_berlin(), Some(&invitation(state))), Err(closed(kind)));
    }
    let mut over = pending();
    over.value.expires_at = now();
    assert_eq!(
        cancel(&of_berlin(), Some(&over)),
        Err(closed(InvitationStateKind::Expired))
    );
    assert_eq!(cancel(&of_berlin(), None), Err(NO_INVITATION));
    let mut others = pending();
    others.value.user = id(99);
    assert_eq!(cancel(&of_berlin(), Some(&others)), Err(NO_INVITATION));
    assert_eq!(cancel(&nobody(), Some(&pending())), Err(Denied::Forbidden));
    assert_eq!(
        cancel(&holding(&[permissions::USERS_MANAGE], [berlin()]), Some(&pending())),
        Err(Denied::BeyondOwnRights)
    );
    assert_eq!(
        invitations::cancel(&of_berlin(), Some(&pending()), None, &around()),
        Err(NO_USER)
    );
}

/// Whoever is handed links, and has what they offer.
fn courier_of_berlin() -> Context {
    holding(&[permissions::INVITATION_LINKS, prices()], [berlin()])
}

#[test]
fn i6_a_link_is_handed_out_under_a_permission_and_an_event_of_its_own() {
    let (cx, kate, open, before) = (
        courier_of_berlin(),
        user(invited()),
        pending(),
        ticket(TicketState::Open),
    );
    let token = TokenHash::from_bytes([5; 32]);
    let mut after = before.value.clone();
    after.tokens.push(token);
    let guards = [Guard::on(&kate), Guard::on(&open)];
    assert_eq!(
        invitations::hand_out_link(&cx, Some(&kate), Some(&open), Some(&before), token, &needed()),
        Ok(decision(
            &cx,
            guards.into_iter().chain(needed().guards()),
            vec![update(&before, after)],
            vec![event(open.id, What::InvitationLinkHandedOut { user: kate.id })],
            ()
        )),
        "beside those that were mailed"
    );
}

#[test]
fn i6_nobody_is_handed_a_link_otherwise() {
    let (kate, token) = (user(invited()), TokenHash::from_bytes([5; 32]));
    let open_ticket = ticket(TicketState::Open);
    let with = |cx: &Context, kate: &Loaded<User>, invitation: &Loaded<Invitation>, ticket: &Loaded<Ticket>| {
        invitations::hand_out_link(cx, Some(kate), Some(invitation), Some(ticket), token, &needed()).map(drop)
    };
    let of = |cx: &Context| with(cx, &kate, &pending(), &open_ticket);
    assert_eq!(of(&courier_of_berlin()), Ok(()));
    assert_eq!(
        of(&of_berlin()),
        Err(Denied::Forbidden),
        "managing users does not suffice"
    );
    assert_eq!(of(&nobody()), Err(Denied::Forbidden));
    let without_prices = holding(&[permissions::INVITATION_LINKS], [berlin()]);
    assert_eq!(of(&without_prices), Err(Denied::BeyondOwnRights));
    for (state, kind) in [
        (InvitationState::Accepted { at: at(-5) }, InvitationStateKind::Accepted),
        (InvitationState::Expired { at: at(-5) }, InvitationStateKind::Expired),
    ] {
        let refused = with(&courier_of_berlin(), &kate, &invitation(state), &open_ticket);
        assert_eq!(refused, Err(closed(kind)));
    }
    let mut over = pending();
    over.value.expires_at = now();
    let refused = with(&courier_of_berlin(), &kate, &over, &open_ticket);
    assert_eq!(refused, Err(closed(InvitationStateKind::Expired)));
    let mut others = pending();
    others.value.user = id(99);
    assert_eq!(
        with(&courier_of_berlin(), &kate, &others, &open_ticket),
        Err(NO_INVITATION)
    );
    // Bound to another address (T5), of another invitation, or used: worthless.
    let changed = |change: &dyn Fn(&mut Ticket)| {
        let mut ticket = ticket(TicketState::Open);
        change(&mut ticket.value);
        with(&courier_of_berlin(), &kate, &pending(), &ticket)
    };
    assert_eq!(
        changed(&|ticket| ticket.address = address("kate@old.example")),
        Err(Denied::LinkEnded)
    );
    assert_eq!(changed(&|ticket| ticket.id = id(99)), Err(Denied::LinkEnded));
    let used = TicketState::Consumed { at: at(-5) };
    assert_eq!(changed(&|ticket| ticket.state = used), Err(Denied::LinkUsed));
    let no_user = invitations::hand_out_link(
        &courier_of_berlin(),
        None,
        Some(&pending()),
        Some(&open_ticket),
        token,
        &needed(),
    );
    assert_eq!(no_user.map(drop), Err(NO_USER));
}

fn invited_until(expires_at: Timestamp) -> (Loaded<Invitation>, Loaded<User>) {
    let mut invitation = pending();
    invitation.value.expires_at = expires_at;
    let status = UserStatus::Invited {
        invitation: invitation_id(),
        expires_at,
        start: Start::Now,
    };
    (invitation, user(status))
}

#[test]
fn cp5_an_invitation_expires_and_gives_its_seat_and_keys_back() {
    let cx = schedule();
    let (open, kate) = invited_until(at(-5));
    let expired = Invitation {
        state: InvitationState::Expired { at: at(-5) },
        ..open.value.clone()
    };
    let status = UserStatus::Inactive {
        since: at(-5),
        because: Inactivity::InvitationExpired,
        starts_at: None,
    };
    let after = User {
        status,
        ..kate.value.clone()
    };
    assert_eq!(insert(after.clone()), {
        let mut entry = tenure::model::Entry::new(after.clone());
        entry
            .keys
            .retain(|key| key.space == tenure::model::KeySpace::EmployeeUser);
        tenure::store::Change::Insert(entry)
    });
    let lapsed = What::StatusChanged {
        verb: "expire".to_owned(),
        from: StatusKind::Invited,
        to: StatusKind::Lapsed,
        until: None,
        noted: false,
    };
    let happened = |subject: tenure::model::RecordId, what| event_by(Actor::Schedule, at(-5), subject, what);
    assert_eq!(
        invitations::expire(&cx, &open, &kate),
        Ok(decision(
            &cx,
            [],
            vec![
                update(&open, expired),
                seats(-1, None),
                end_tickets(None),
                update(&kate, after)
            ],
            vec![
                happened(
                    open.id.into(),
                    What::InvitationExpired {
                        user: kate.id,
                        seat: false
                    }
                ),
                happened(kate.id.into(), lapsed)
            ],
            ()
        ))
    );
}

#[test]
fn cp5_an_invitation_expires_at_exactly_its_end_and_never_before() {
    let expire = |minutes| {
        let (open, kate) = invited_until(at(minutes));
        invitations::expire(&schedule(), &open, &kate).map(|decision| decision.changes.len())
    };
    assert_eq!(expire(1), Err(Denied::NotDue));
    assert_eq!(expire(0), Ok(4));
    let (_, kate) = invited_until(at(60));
    let accepted = invitation(InvitationState::Accepted { at: at(-5) });
    assert_eq!(
        invitations::expire(&schedule(), &accepted, &kate),
        Err(closed(InvitationStateKind::Accepted))
    );
}

#[test]
fn i1_an_older_invitation_expires_without_touching_the_user() {
    let cx = schedule();
    let (open, _) = invited_until(at(-5));
    let kate = user(UserStatus::Invited {
        invitation: id(59),
        expires_at: at(60),
        start: Start::Now,
    });
    let decided = invitations::expire(&cx, &open, &kate).unwrap();
    assert_eq!((decided.changes.len(), decided.events.len()), (1, 1));
}

fn offer() -> Offer {
    Offer {
        tenant: tenant(),
        ticket: ticket(TicketState::Open),
        invitation: Some(pending()),
        user: user(invited()),
    }
}

/// The offer of a user for whom none is open any more.
fn past(state: TicketState, status: UserStatus) -> Offer {
    Offer {
        ticket: ticket(state),
        invitation: None,
        user: user(status),
        ..offer()
    }
}

#[test]
fn cp9_whoever_holds_the_link_sees_the_data_entered_for_them() {
    let preview = invitations::preview(&offer(), now()).unwrap();
    assert_eq!(preview.tenant, name("Nordwind"));
    assert_eq!(preview.user_name, "kate");
    assert_eq!(preview.address, address("kate@example.com"));
    assert_eq!(preview.profile, profile("Kate", "Adler"));
    assert_eq!(preview.message, Some("Welcome".try_into().unwrap()));
    assert_eq!(preview.expires_at, at(60));
}

/// Offers that do not stand, each with the reason.
fn fallen() -> Vec<(Offer, Denied)> {
    let lapsed = |because| UserStatus::Inactive {
        since: at(-5),
        because,
        starts_at: None,
    };
    let ended = TicketState::Ended { at: at(-5) };
    let with = |change: &dyn Fn(&mut Offer)| {
        let mut offer = offer();
        change(&mut offer);
        offer
    };
    let invitation =
        |change: &dyn Fn(&mut Invitation)| with(&|offer| change(&mut offer.invitation.as_mut().unwrap().value));
    let ticket = |change: &dyn Fn(&mut Ticket)| with(&|offer| change(&mut offer.ticket.value));
    vec![
        (
            past(TicketState::Consumed { at: at(-5) }, active()),
            closed(InvitationStateKind::Accepted),
        ),
        (
            past(ended, lapsed(Inactivity::InvitationCancelled)),
            closed(InvitationStateKind::Cancelled),
        ),
        (
            past(ended, lapsed(Inactivity::InvitationExpired)),
            closed(InvitationStateKind::Expired),
        ),
        (past(ended, lapsed(Inactivity::Deactivated)), Denied::LinkEnded),
        (
            past(
                ended,
                UserStatus::Deleted {
                    at: at(-5),
                    erase_at: at(60),
                },
            ),
            Denied::LinkEnded,
        ),
        (invitation(&|it| it.ticket = id(99)), Denied::LinkEnded),
        (
            invitation(&|it| it.expires_at = now()),
            closed(InvitationStateKind::Expired),
        ),
        (
            invitation(&|it| it.state = InvitationState::Accepted { at: at(-5) }),
            closed(InvitationStateKind::Accepted),
        ),
        (
            invitation(&|it| it.address = address("eve@example.com")),
            Denied::LinkEnded,
        ),
        (ticket(&|it| it.address = address("eve@example.com")), Denied::LinkEnded),
        (ticket(&|it| it.purpose = TicketPurpose::Reset), Denied::LinkUnknown),
        (
            ticket(&|it| it.state = TicketState::Ended { at: at(-5) }),
            Denied::LinkEnded,
        ),
        (
            ticket(&|it| it.state = TicketState::Consumed { at: at(-5) }),
            Denied::LinkUsed,
        ),
        (ticket(&|it| it.expires_at = now()), Denied::LinkExpired),
        (
            with(&|offer| offer.user.value.address = address("eve@example.com")),
            Denied::LinkEnded,
        ),
    ]
}

#[test]
fn i1_i3_t5_an_offer_that_does_not_stand_is_refused_with_the_exact_reason_on_every_path() {
    let acceptance = Acceptance::new(GOOD);
    for (offer, denied) in fallen() {
        assert_eq!(invitations::preview(&offer, now()), Err(denied.clone()));
        assert_eq!(
            invitations::check_acceptance(&offer, &acceptance, &PasswordPolicy::client_portal(), now()),
            Err(denied.clone())
        );
        assert_eq!(accept(&offer, &acceptance, &Sponsor::System).map(|_| ()), Err(denied));
    }
}

/// The invited person.
fn guest() -> Context {
    Context {
        actor: Actor::Subject(kate()),
        guards: Vec::new(),
        ..nobody()
    }
}

fn accept(offer: &Offer, acceptance: &Acceptance, sponsor: &Sponsor) -> Result<Decision<User>, Denied> {
    invitations::accept(&guest(), offer, acceptance, hash(), &no_password(), sponsor, &needed())
}

fn sponsor(status: UserStatus, grants: Vec<Grant>) -> Sponsor {
    let mut user = user(status);
    user.value.id = actor();
    user.value.grants = grants;
    Sponsor::User(Some(Box::new((user, needed()))))
}

fn able_sponsor() -> Sponsor {
    sponsor(active(), able())
}

fn able() -> Vec<Grant> {
    [permissions::USERS_MANAGE, prices()]
        .map(|permission| Grant::permission(permission, Scope::from([berlin()])))
        .to_vec()
}

#[test]
fn i2_cp9_accepting_turns_the_invited_user_active_in_one_commit() {
    let (offer, cx) = (offer(), guest());
    let acceptance = Acceptance::new(GOOD).profile(ProfileEdit::new().first_name("Cate"));
    let mut after = offer.user.value.clone();
    after.profile.first_name = "Cate".try_into().unwrap();
    after.status = UserStatus::Active {
        since: now(),
        until: None,
    };
    let Sponsor::User(Some(loaded)) = able_sponsor() else {
        panic!("a sponsor")
    };
    let consumed = Ticket {
        state: TicketState::Consumed { at: now() },
        ..offer.ticket.value.clone()
    };
    let accepted = Invitation {
        state: InvitationState::Accepted { at: now() },
        ..pending().value
    };
    let secret = Secret::password(hash(), now());
    let guards = [Guard::on(&loaded.0)]
        .into_iter()
        .chain(needed().guards())
        .chain(needed().guards());
    let happened = |subject: tenure::model::RecordId, what| event_by(cx.actor.clone(), now(), subject, what);
    assert_eq!(
        accept(&offer, &acceptance, &able_sponsor()),
        Ok(decision(
            &cx,
            guards,
            vec![
                update(&offer.ticket, consumed),
                update(&pending(), accepted),
                update(&no_password(), Credential { user: kate(), secret }),
                update(&offer.user, after.clone()),
            ],
            vec![
                happened(
                    invitation_id().into(),
                    What::InvitationAccepted {
                        user: kate(),
                        seat: true,
                        to: StatusKind::Active,
                        until: None,
                    }
                ),
                happened(kate().into(), What::PasswordSet)
            ],
            after
        ))
    );
}

#[test]
fn d1_accepting_takes_the_seat_where_invitations_do_not() {
    let cx = with_limit(with_policy(guest(), |policy| policy.invitations_take_seats = false), 5);
    let acceptance = Acceptance::new(GOOD);
    let decided = invitations::accept(
        &cx,
        &offer(),
        &acceptance,
        hash(),
        &no_password(),
        &Sponsor::System,
        &needed(),
    )
    .unwrap();
    assert!(decided.changes.contains(&seats(1, Some(5))));
    assert!(decided.guards.contains(&Guard::on(&cx.tenant)));
}

#[test]
fn r5_an_accepting_administrator_is_counted() {
    let mut offer = offer();
    offer.user = administrator_kate(invited());
    let decided = invitations::accept(
        &guest(),
        &offer,
        &Acceptance::new(GOOD),
        hash(),
        &no_password(),
        &Sponsor::System,
        &around(),
    );
    assert!(decided.unwrap().changes.contains(&administrators(1)));
}

#[test]
fn if4_access_may_begin_after_the_acceptance() {
    let accepted = |start| {
        let mut offer = offer();
        offer.user = user(UserStatus::Invited {
            invitation: invitation_id(),
            expires_at: at(60),
            start,
        });
        accept(&offer, &Acceptance::new(GOOD), &Sponsor::System).unwrap()
    };
    let waiting = |starts_at| UserStatus::Inactive {
        since: now(),
        because: Inactivity::NotStarted,
        starts_at,
    };
    let later = accepted(Start::At(at(600)));
    assert_eq!(later.outcome.status, waiting(Some(at(600))));
    assert!(
        later.changes.contains(&end_tickets(None)),
        "T4: the link was the last that was open"
    );
    assert_eq!(accepted(Start::WhenActivated).outcome.status, waiting(None));
    assert!(accepted(Start::At(now())).outcome.is_active(), "the day has come");
}

#[test]
fn i2_i5_an_invitation_falls_with_whoever_answers_for_it_and_nobody_else() {
    let gone = Err(Denied::SponsorGone);
    let accept = |sponsor: &Sponsor| accept(&offer(), &Acceptance::new(GOOD), sponsor).map(|_| ());
    assert_eq!(accept(&able_sponsor()), Ok(()));
    assert_eq!(
        accept(&Sponsor::System),
        Ok(()),
        "the host's own code answers for itself"
    );
    assert_eq!(accept(&Sponsor::User(None)), gone, "erased");
    let suspended = UserStatus::Suspended {
        since: at(-5),
        until: Some(at(1)),
        reason: None,
    };
    assert_eq!(accept(&sponsor(suspended, able())), gone);
    let left = UserStatus::Active {
        since: long_ago(),
        until: Some(now()),
    };
    assert_eq!(accept(&sponsor(left, able())), gone, "at exactly the end it is over");
    for index in 0..2 {
        let mut less = able();
        less.remove(index);
        assert_eq!(accept(&sponsor(active(), less)), gone, "may no longer give it");
    }
}

#[test]
fn i2_what_the_offer_names_must_be_there() {
    let acceptance = Acceptance::new(GOOD);
    let accept = |around: &Surroundings| {
        invitations::accept(
            &guest(),
            &offer(),
            &acceptance,
            hash(),
            &no_password(),
            &able_sponsor(),
            around,
        )
        .map(|_| ())
    };
    assert_eq!(accept(&surroundings([], [berlin()])), Err(Denied::SponsorGone));
    assert_eq!(accept(&surroundings([clerk()], [])), Err(Denied::SponsorGone));
}

#[test]
fn cp9_cp10_everything_wrong_with_an_acceptance_is_named_at_once() {
    let edit = ProfileEdit::new().first_name("").locale("?");
    let weak = Acceptance::new("kate").profile(edit);
    let check = invitations::check_acceptance(&offer(), &weak, &PasswordPolicy::client_portal(), now());
    let Err(Denied::Invalid { fields }) = check else {
        panic!("accepted")
    };
    let names: Vec<&str> = fields.iter().map(|error| error.field).collect();
    assert_eq!(names, ["first_name", "locale", "password"]);
    assert_eq!(
        fields[2].problem,
        Problem::Password(vec![
            PasswordRule::TooShort { min: 8 },
            PasswordRule::UpperCase,
            PasswordRule::Digit,
            PasswordRule::Special,
            PasswordRule::Common,
            PasswordRule::ContextWord,
        ])
    );
    let denied = Denied::Invalid { fields };
    assert_eq!(accept(&offer(), &weak, &Sponsor::System).map(|_| ()), Err(denied));
}

#[test]
fn p3_nobody_takes_their_own_names_for_a_password() {
    let kate = user(active());
    let policy = PasswordPolicy::client_portal();
    let check = |password: &str| invitations::check_password(&policy, &password.into(), &kate.value, &tenant().value);
    assert_eq!(check(GOOD), Ok(()));
    let context = |password: &str| {
        let Err(Denied::Invalid { fields }) = check(password) else {
            return false;
        };
        matches!(&fields[0].problem, Problem::Password(rules) if rules.contains(&PasswordRule::ContextWord))
    };
    for own in ["kate", "Kate@Example.com", "KATE", "adler", "Kate Adler", "nordwind"] {
        assert!(context(own), "{own}");
    }
}
