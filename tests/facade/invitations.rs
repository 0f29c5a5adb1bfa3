//! Invitations: one ending each, re-checked when accepted, bound to their address, independent of who sent them.

use tenure::id::InvitationId;
use tenure::model::{Actor, InvitationState, RecordKind, TicketState, UserStatus, What};
use tenure::{
    Acceptance, Access, Denied, DeniedKind, Founding, Invitation, Listing, NewRole, NewUser, Policy, SeatContract,
    Start, StatusChange, Suspension, User, permissions,
};
use time::Duration;

use crate::support::{Firm, Member, OWNERS, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    i1_of_accept_cancel_and_resend_at_once_the_endings_exclude_each_other,
    i1_an_ending_is_for_good,
    i2_accepting_asks_whether_the_inviter_may_still_give_it,
    i2_whoever_resent_it_answers_for_it,
    i2_accepting_takes_a_free_seat_where_invitations_keep_none,
    i2_access_begins_with_its_grants_in_one_commit,
    i3_an_invitation_is_for_its_address_and_never_makes_an_owner,
    i4_no_other_call_makes_an_invited_user_active,
    i5_removing_the_inviter_neither_deletes_nor_revives_invitations,
    cp7_a_cancelled_invitation_gives_back_login_name_and_seat,
    cp8_sending_again_after_others_took_the_login_name_is_refused,
    i6_the_link_is_handed_out_to_whoever_may_have_it_and_is_one_of_the_invitations,
);

fn new_user(name: &str) -> NewUser {
    NewUser::new(name, "Example", format!("{name}@example.com"))
}

async fn invite(desk: &tenure::Desk, name: &str, access: Access) -> User {
    desk.users().create(new_user(name), access.invite()).await.unwrap()
}

fn invitation_of(user: &User) -> InvitationId {
    match user.status {
        UserStatus::Invited { invitation, .. } => invitation,
        ref other => panic!("{other:?}"),
    }
}

async fn accept(world: &World, token: &str) -> Result<User, tenure::Error> {
    world.tenure.accept_invitation(token, Acceptance::new(PASSWORD)).await
}

async fn kept(firm: &Firm, id: InvitationId) -> Invitation {
    let all = firm.desk.invitations().list(Listing::new()).await.unwrap().items;
    all.into_iter().find(|invitation| invitation.id == id).unwrap()
}

/// An administrator with a role that is not the built-in one, so that it can be edited and taken away.
async fn deputy(world: &World, firm: &Firm) -> (Member, tenure::Role) {
    let role = NewRole::new("Deputy").permissions(["users.manage", "orders.enter"]);
    let role = firm.desk.roles().add(role).await.unwrap();
    (world.join(&firm.desk, "Deputy", Access::role(role.id)).await, role)
}

async fn i1_of_accept_cancel_and_resend_at_once_the_endings_exclude_each_other(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    for round in 0..12 {
        let name = format!("zoe{round}");
        let user = invite(&firm.desk, &name, Access::none()).await;
        let id = invitation_of(&user);
        world.deliver().await;
        let token = world.token_to(&format!("{name}@example.com"));
        let (tenure, one, other) = (world.tenure.clone(), firm.desk.clone(), firm.desk.clone());
        let accepting = tokio::spawn(async move { tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await });
        let cancelling = tokio::spawn(async move { one.invitations().cancel(id).await });
        let resending = tokio::spawn(async move { other.invitations().resend(id).await });
        let (accepted, cancelled) = (accepting.await.unwrap(), cancelling.await.unwrap());
        let resent = resending.await.unwrap();
        let outcome = (accepted.is_ok(), cancelled.is_ok(), resent.is_ok());
        let invitation = kept(&firm, id).await;
        let now = firm.desk.users().get(user.id).await.unwrap();
        match outcome {
            (true, false, false) => {
                assert!(matches!(invitation.state, InvitationState::Accepted { .. }));
                assert!(now.is_active());
            }
            (false, true, _) => {
                assert!(matches!(invitation.state, InvitationState::Cancelled { .. }));
                assert!(!now.is_active());
            }
            (false, false, true) => panic!("nothing stands against cancelling: {cancelled:?}"),
            other => panic!("{other:?}"),
        }
        // Whoever lost is told why.
        for refused in [accepted, cancelled, resent] {
            assert!(refused.is_ok() || matches!(denied(refused).kind(), DeniedKind::Gone | DeniedKind::Conflict));
        }
        let picture = world.picture(&[firm.id()]).await;
        let open = picture
            .contents(firm.id())
            .records
            .values()
            .filter(|record| match &record.value {
                tenure::model::Record::Ticket(ticket) => ticket.user == user.id && ticket.state == TicketState::Open,
                _ => false,
            });
        assert!(open.count() <= 1, "one live ticket a purpose");
    }
}

async fn i1_an_ending_is_for_good(world: World) {
    let firm = world.found().await;
    for ending in ["accepted", "cancelled", "expired"] {
        let user = invite(&firm.desk, ending, Access::none()).await;
        let id = invitation_of(&user);
        world.deliver().await;
        let token = world.token_to(&format!("{ending}@example.com"));
        let desk = match ending {
            "accepted" => {
                accept(&world, &token).await.unwrap();
                firm.desk.clone()
            }
            "cancelled" => {
                firm.desk.invitations().cancel(id).await.unwrap();
                firm.desk.clone()
            }
            _ => {
                world.advance(Duration::days(21));
                world.tenure.settle_due(None).await.unwrap();
                world.tenure.system(firm.id(), "a test").unwrap()
            }
        };
        assert_eq!(denied(accept(&world, &token).await).kind(), DeniedKind::Gone);
        assert_eq!(
            denied(desk.invitations().cancel(id).await).kind().clone(),
            kind_of(ending)
        );
        // Sent again where it may be, it is another invitation; this one stays as it ended.
        let again = desk.invitations().resend(id).await;
        assert_eq!(again.is_ok(), ending != "accepted", "{again:?}");
        let page = desk
            .invitations()
            .list(Listing::new().status([ending]))
            .await
            .unwrap()
            .items;
        assert!(page.iter().any(|invitation| invitation.id == id), "{ending}");
    }
}

fn kind_of(ending: &str) -> DeniedKind {
    match ending {
        "accepted" | "cancelled" | "expired" => DeniedKind::Gone,
        other => unreachable!("{other}"),
    }
}

async fn i2_accepting_asks_whether_the_inviter_may_still_give_it(world: World) {
    let firm = world.found().await;
    let (deputy, role) = deputy(&world, &firm).await;
    let clerk = NewRole::new("Clerk").permissions(["orders.enter"]);
    let clerk = firm.desk.roles().add(clerk).await.unwrap();
    invite(&deputy.desk, "zoe", Access::role(clerk.id)).await;
    world.deliver().await;
    let token = world.token_to("zoe@example.com");
    let users = firm.desk.users();
    let (role, id) = (role.id, deputy.user.id);
    let refused = async || denied(accept(&world, &token).await);

    // The inviter is out of use, has lost the right to invite, or a permission that the role gives.
    users.suspend(id, Suspension::open_ended()).await.unwrap();
    assert_eq!(refused().await, Denied::SponsorGone);
    users.reinstate(id).await.unwrap();
    users.change_grants(id, Vec::new()).await.unwrap();
    assert_eq!(refused().await, Denied::SponsorGone);
    users.change_grants(id, Access::role(role).grants).await.unwrap();
    let without = NewRole::new("Deputy").permissions(["users.manage"]);
    firm.desk.roles().edit(role, without).await.unwrap();
    assert_eq!(refused().await, Denied::SponsorGone);
    let with = || NewRole::new("Deputy").permissions(["users.manage", "orders.enter"]);
    firm.desk.roles().edit(role, with()).await.unwrap();
    // Or the role that was offered gives more than it did.
    let more = NewRole::new("Clerk").permissions(["orders.enter", "prices.change"]);
    firm.desk.roles().edit(clerk.id, more).await.unwrap();
    assert_eq!(refused().await, Denied::SponsorGone);
    let less = NewRole::new("Clerk").permissions(["orders.enter"]);
    firm.desk.roles().edit(clerk.id, less).await.unwrap();
    assert!(accept(&world, &token).await.unwrap().is_active());
}

async fn i2_whoever_resent_it_answers_for_it(world: World) {
    let firm = world.found().await;
    let (deputy, _) = deputy(&world, &firm).await;
    let user = invite(&deputy.desk, "zoe", Access::none()).await;
    firm.desk.users().disable(deputy.user.id).await.unwrap();
    world.deliver().await;
    assert_eq!(
        denied(accept(&world, &world.token_to("zoe@example.com")).await),
        Denied::SponsorGone
    );
    firm.desk.invitations().resend(invitation_of(&user)).await.unwrap();
    assert_eq!(
        kept(&firm, invitation_of(&user)).await.sponsor,
        Actor::User(firm.owner.id)
    );
    assert!(world.accept("zoe@example.com").await.unwrap().is_active());
}

async fn i2_accepting_takes_a_free_seat_where_invitations_keep_none(world: World) {
    let world = world.with_policy(|policy| policy.invitations_take_seats = false);
    let owner = NewUser::new("Ada", "Lovelace", "ada@nordwind.example");
    let contract = SeatContract {
        contracted: 0,
        limit: Some(2),
    };
    let firm = world
        .found_with(Founding::new("Nordwind", owner, OWNERS).seats(contract))
        .await;
    invite(&firm.desk, "one", Access::none()).await;
    invite(&firm.desk, "two", Access::none()).await;
    let one = world.accept("one@example.com").await.unwrap();
    assert_eq!(
        denied(world.accept("two@example.com").await),
        Denied::NoSeat { limit: 2 }
    );
    firm.desk.users().disable(one.id).await.unwrap();
    assert!(world.accept("two@example.com").await.unwrap().is_active());
}

async fn i2_access_begins_with_its_grants_in_one_commit(world: World) {
    let firm = world.found().await;
    let clerk = firm.desk.roles().add(NewRole::new("Clerk")).await.unwrap();
    let user = invite(&firm.desk, "zoe", Access::role(clerk.id)).await;
    // The role that an open invitation offers stays.
    let in_use = Denied::InUse {
        what: RecordKind::Role,
        by: RecordKind::User,
        count: 1,
    };
    assert_eq!(denied(firm.desk.roles().remove(clerk.id).await), in_use);
    let accepted = world.accept("zoe@example.com").await.unwrap();
    assert_eq!(accepted.grants, user.grants);
    let events = world.events(firm.id()).await;
    let last = events.last().unwrap().commit;
    let accepting = events.iter().filter(|entry| entry.commit == last).count();
    assert_eq!(accepting, 2, "accepted and password set, together");
}

async fn i3_an_invitation_is_for_its_address_and_never_makes_an_owner(world: World) {
    let firm = world.found().await;
    let user = invite(&firm.desk, "zoe", Access::role(firm.tenant.administrator)).await;
    // Not even an administrator's place can be promised to somebody who has not accepted.
    assert_eq!(denied(firm.desk.tenant().hand_over(user.id).await).fields(), ["to"]);
    let accepted = world.accept("zoe@example.com").await.unwrap();
    assert_eq!(accepted.address, user.address);
    assert_eq!(firm.desk.tenant().get().await.unwrap().owner, firm.owner.id);
}

async fn i4_no_other_call_makes_an_invited_user_active(world: World) {
    let firm = world.found().await;
    let user = invite(
        &firm.desk,
        "zoe",
        Access::none().starting(Start::At(world.ahead(Duration::DAY))),
    )
    .await;
    let before = world.picture(&[firm.id()]).await;
    let later = || Some(world.ahead(Duration::HOUR));
    for change in [
        StatusChange::Activate,
        StatusChange::ScheduleStart(later()),
        StatusChange::ScheduleStart(None),
        StatusChange::Deactivate,
        StatusChange::ScheduleEnd(later()),
        StatusChange::Suspend(Suspension::until(world.ahead(Duration::HOUR))),
        StatusChange::Reinstate,
        StatusChange::Disable,
        StatusChange::Reactivate,
    ] {
        let refused = denied(firm.desk.users().change_status(user.id, change.clone()).await);
        assert_eq!(refused.code(), "wrong_status", "{change:?}");
    }
    assert_eq!(denied(firm.desk.users().restore(user.id).await).code(), "not_found");
    assert_eq!(world.picture(&[firm.id()]).await, before);
    // Nor does time: the first day comes, and the invitation is still open.
    world.advance(Duration::days(2));
    world.tenure.settle_due(None).await.unwrap();
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    assert!(matches!(
        desk.users().get(user.id).await.unwrap().status,
        UserStatus::Invited { .. }
    ));
    // Nor deletion and restoring.
    desk.users().delete(user.id).await.unwrap();
    assert!(!desk.users().restore(user.id).await.unwrap().is_active());
}

async fn i5_removing_the_inviter_neither_deletes_nor_revives_invitations(world: World) {
    let firm = world.found().await;
    let (deputy, _) = deputy(&world, &firm).await;
    let open = invite(&deputy.desk, "open", Access::none()).await;
    let cancelled = invite(&deputy.desk, "cancelled", Access::none()).await;
    let (open, cancelled) = (invitation_of(&open), invitation_of(&cancelled));
    deputy.desk.invitations().cancel(cancelled).await.unwrap();
    world.deliver().await;
    let token = world.token_to("open@example.com");
    firm.desk.users().delete(deputy.user.id).await.unwrap();

    assert!(matches!(kept(&firm, open).await.state, InvitationState::Pending));
    assert!(matches!(
        kept(&firm, cancelled).await.state,
        InvitationState::Cancelled { .. }
    ));
    assert_eq!(denied(accept(&world, &token).await), Denied::SponsorGone);
    // The log says who sent it, also after that user is gone for good.
    world.advance(Duration::days(20));
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    desk.invitations().resend(open).await.unwrap();
    world.advance(Duration::days(11));
    world.tenure.settle_due(None).await.unwrap();
    assert!(world.accept("open@example.com").await.unwrap().is_active());
    let sent = world.events(firm.id()).await.into_iter().filter(|entry| {
        entry.event.actor == Actor::User(deputy.user.id)
            && matches!(entry.event.what, tenure::model::What::InvitationSent { .. })
    });
    assert_eq!(sent.count(), 2);
}

async fn cp7_a_cancelled_invitation_gives_back_login_name_and_seat(world: World) {
    let firm = world.found().await;
    let user = invite(&firm.desk, "zoe", Access::none()).await;
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 2);
    firm.desk.invitations().cancel(invitation_of(&user)).await.unwrap();
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 1);
    invite(&firm.desk, "zoe", Access::none()).await;
    assert!(world.accept("zoe@example.com").await.unwrap().is_active());
    // Whoever may not cancel is told nothing of it.
    let nobody = world
        .join(
            &firm.desk,
            "Nobody",
            Access::none().and_permission(permissions::USERS_READ),
        )
        .await;
    assert_eq!(
        denied(nobody.desk.invitations().cancel(invitation_of(&user)).await),
        Denied::Forbidden
    );
}

async fn cp8_sending_again_after_others_took_the_login_name_is_refused(world: World) {
    let firm = world.found().await;
    let user = invite(&firm.desk, "zoe", Access::none()).await;
    firm.desk.invitations().cancel(invitation_of(&user)).await.unwrap();
    let other = invite(&firm.desk, "zoe", Access::none()).await;
    let before = world.picture(&[firm.id()]).await;
    let refused = denied(firm.desk.invitations().send(user.id, None).await);
    assert_eq!(refused, Denied::LoginTaken { field: "email" });
    assert_eq!(world.picture(&[firm.id()]).await, before);
    // Unless the other's invitation has expired meanwhile, whether or not that was written down.
    world.advance(Duration::days(21));
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    desk.invitations().send(user.id, None).await.unwrap();
    assert_eq!(
        desk.users().get(other.id).await.unwrap().status.kind(),
        tenure::model::StatusKind::Lapsed
    );
}

/// No answer of the inviter's has the link, unless they ask for it, under a permission of its own.
async fn i6_the_link_is_handed_out_to_whoever_may_have_it_and_is_one_of_the_invitations(world: World) {
    use secrecy::ExposeSecret as _;
    let firm = world.found().await;
    let (deputy, _) = deputy(&world, &firm).await;
    let user = invite(&deputy.desk, "zoe", Access::none()).await;
    let invitation = invitation_of(&user);
    world.deliver().await;
    let mailed = world.token_to("zoe@example.com");
    let desk = deputy.desk.invitations();
    assert_eq!(denied(desk.hand_out_link(invitation).await), Denied::Forbidden);
    let seen = format!(
        "{user:?} {:?} {:?} {:?}",
        desk.list(Listing::new()).await.unwrap(),
        desk.mails(user.id).await.unwrap(),
        desk.preview_mail(user.id, None).await.unwrap()
    );
    assert!(!seen.contains(&mailed));

    let link = firm.desk.invitations().hand_out_link(invitation).await.unwrap();
    let handed = link.expose_secret().rsplit_once('=').unwrap().1.to_owned();
    assert!(
        link.expose_secret()
            .starts_with("https://backoffice.example.com/invitation?token=")
    );
    assert!(!format!("{link:?}").contains(&handed));
    let named = world.events(firm.id()).await.pop().unwrap().event;
    assert_eq!(named.what, What::InvitationLinkHandedOut { user: user.id });
    assert_eq!(named.actor, Actor::User(firm.owner.id));
    // Whoever asks what happened to the user is told.
    let about = tenure::EventSearch::new().about(user.id);
    let about = firm.desk.history().search_events(about).await.unwrap().entries;
    assert!(about.iter().any(|entry| entry.event.what == named.what));
    // Both are good, and one use ends both.
    assert_ne!(handed, mailed);
    world.tenure.preview_invitation(&mailed).await.unwrap();
    accept(&world, &handed).await.unwrap();
    for token in [&handed, &mailed] {
        assert!(accept(&world, token).await.is_err());
    }
    let again = denied(firm.desk.invitations().hand_out_link(invitation).await);
    assert_eq!(again.code(), "invitation_closed");
}
