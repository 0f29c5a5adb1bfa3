//! Mailed links: what is no token of ours matches nothing, one use each, newer acts end older links, looking changes nothing.

use base64ct::{Base64UrlUnpadded, Encoding};
use tenure::model::UserStatus;
use tenure::model::invitation::InvitationStateKind;
use tenure::{Acceptance, Access, Denied, DeniedKind, NewUser, Policy, User};

use crate::support::{Firm, PASSWORD, World, denied, for_every_store};

for_every_store!(Policy::default();
    t2_what_is_no_token_of_this_tenant_and_purpose_matches_nothing,
    t3_of_parallel_uses_of_one_link_exactly_one_succeeds,
    t3_of_parallel_uses_of_two_tokens_of_one_ticket_exactly_one_succeeds,
    t4_a_newer_act_ends_the_older_link,
    t4_mail_that_is_sent_again_for_one_act_shares_its_ticket,
    t6_looking_at_a_link_changes_nothing,
);

async fn invite(firm: &Firm, name: &str) -> User {
    let user = NewUser::new(name, "Example", format!("{name}@example.com"));
    firm.desk.users().create(user, Access::none().invite()).await.unwrap()
}

async fn accept(world: &World, token: &str) -> Result<User, tenure::Error> {
    world.tenure.accept_invitation(token, Acceptance::new(PASSWORD)).await
}

/// The same token as it would be for another tenant.
fn of_tenant(token: &str, tenant: tenure::TenantId) -> String {
    let (prefix, body) = token.split_at(4);
    let mut bytes = Base64UrlUnpadded::decode_vec(body).unwrap();
    bytes[..16].copy_from_slice(tenant.as_uuid().as_bytes());
    format!("{prefix}{}", Base64UrlUnpadded::encode_string(&bytes))
}

async fn t2_what_is_no_token_of_this_tenant_and_purpose_matches_nothing(world: World) {
    let (firm, other) = (world.found().await, world.found().await);
    invite(&firm, "zoe").await;
    world.deliver().await;
    let token = world.token_to("zoe@example.com");
    let session = firm.login.token.expose().to_owned();
    let body = &token[4..];
    let mut wrong: Vec<String> = ["", " ", "\0", "tni_", "null", "undefined", "%", "tni_%"]
        .map(str::to_owned)
        .into();
    wrong.extend((0..token.len()).step_by(7).map(|length| token[..length].to_owned()));
    wrong.extend([
        format!("{token} "),
        format!(" {token}"),
        format!("{token}="),
        format!("{token}A"),
        token.to_uppercase(),
        session.clone(),
        format!("tns_{body}"),
        format!("tnr_{body}"),
        format!("tni_{}", &session[4..]),
        of_tenant(&token, other.id()),
        of_tenant(&token, uuid::Uuid::nil().into()),
        format!("tni_{}", "A".repeat(64)),
    ]);
    let before = world.picture(&[firm.id(), other.id()]).await;
    let hashes = world.tenure.hashes_run();
    for text in &wrong {
        assert_eq!(
            denied(world.tenure.preview_invitation(text).await),
            Denied::LinkUnknown,
            "{text:?}"
        );
        assert_eq!(denied(accept(&world, text).await), Denied::LinkUnknown, "{text:?}");
    }
    assert_eq!(world.tenure.hashes_run(), hashes, "and costs no hash");
    let as_session = wrong.iter().filter(|text| **text != session);
    for text in as_session.chain([&token, &of_tenant(&session, other.id())]) {
        let principal = world.tenure.authenticate(text, &crate::support::client()).await;
        assert_eq!(denied(principal), Denied::NotSignedIn, "{text:?}");
    }
    assert_eq!(world.picture(&[firm.id(), other.id()]).await, before);
    accept(&world, &token).await.unwrap();
}

/// Uses tokens at once and checks that one use, and no more, was the acceptance.
async fn use_at_once(world: &World, firm: &Firm, tokens: Vec<String>) {
    let mut tasks = tokio::task::JoinSet::new();
    for token in tokens {
        let tenure = world.tenure.clone();
        tasks.spawn(async move { tenure.accept_invitation(&token, Acceptance::new(PASSWORD)).await });
    }
    let answers = tasks.join_all().await;
    let (accepted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(accepted.len(), 1, "{refused:?}");
    for refusal in refused {
        let refusal = denied(refusal);
        let closed = Denied::InvitationClosed {
            state: InvitationStateKind::Accepted,
        };
        assert!(refusal == closed || refusal == Denied::LinkUsed, "{refusal:?}");
    }
    let events = world.events(firm.id()).await;
    let accepted = events
        .iter()
        .filter(|entry| matches!(entry.event.what, tenure::model::What::InvitationAccepted { .. }));
    assert_eq!(accepted.count(), 1);
}

async fn t3_of_parallel_uses_of_one_link_exactly_one_succeeds(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    let user = invite(&firm, "zoe").await;
    world.deliver().await;
    use_at_once(&world, &firm, vec![world.token_to("zoe@example.com"); 8]).await;
    assert!(firm.desk.users().get(user.id).await.unwrap().is_active());
    assert_eq!(firm.desk.seats().count().await.unwrap().used, 2);
}

async fn t3_of_parallel_uses_of_two_tokens_of_one_ticket_exactly_one_succeeds(world: World) {
    let world = world.contended();
    let firm = world.found().await;
    invite(&firm, "zoe").await;
    let tokens = two_tokens(&world).await;
    use_at_once(&world, &firm, [tokens.clone(), tokens].concat()).await;
}

/// Delivers one mail twice: the mailer took it and said that it failed.
async fn two_tokens(world: &World) -> Vec<String> {
    world.mailer.fail_next(1, tenure::mail::Failure::Temporary);
    assert_eq!(world.deliver().await, 0);
    world.advance(time::Duration::minutes(2));
    assert_eq!(world.deliver().await, 1);
    let tried = world.mailer.tried();
    let links = tried.iter().map(|message| tenure::mail::links(message).remove(0));
    links.map(|link| link.rsplit_once('=').unwrap().1.to_owned()).collect()
}

async fn t4_mail_that_is_sent_again_for_one_act_shares_its_ticket(world: World) {
    let firm = world.found().await;
    invite(&firm, "zoe").await;
    let tokens = two_tokens(&world).await;
    assert_ne!(tokens[0], tokens[1]);
    for token in &tokens {
        world.tenure.preview_invitation(token).await.unwrap();
    }
    accept(&world, &tokens[0]).await.unwrap();
    assert_eq!(denied(accept(&world, &tokens[1]).await).kind(), DeniedKind::Gone);
}

async fn t4_a_newer_act_ends_the_older_link(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    for act in ["resend", "send", "cancel", "delete", "expire"] {
        let user = invite(&firm, act).await;
        let UserStatus::Invited { invitation, .. } = user.status else {
            panic!("{user:?}");
        };
        world.deliver().await;
        let token = world.token_to(&format!("{act}@example.com"));
        world.tenure.preview_invitation(&token).await.unwrap();
        match act {
            "resend" => drop(desk.invitations().resend(invitation).await.unwrap()),
            "send" => drop(desk.invitations().send(user.id, None).await.unwrap()),
            "cancel" => drop(desk.invitations().cancel(invitation).await.unwrap()),
            "delete" => desk.users().delete(user.id).await.unwrap(),
            _ => drop(world.advance(time::Duration::days(21))),
        }
        assert_eq!(
            denied(world.tenure.preview_invitation(&token).await).kind(),
            DeniedKind::Gone,
            "{act}"
        );
        assert_eq!(denied(accept(&world, &token).await).kind(), DeniedKind::Gone, "{act}");
    }
    // A mail that was still waiting when its act was overtaken is not sent.
    let desk = world.tenure.system(firm.id(), "a test").unwrap();
    let late = NewUser::new("Late", "Example", "late@example.com");
    let user = desk.users().create(late, Access::none().invite()).await.unwrap();
    desk.invitations().send(user.id, None).await.unwrap();
    let delivered = world.tenure.courier().deliver_due().await.unwrap();
    assert!(delivered.superseded >= 1, "{delivered:?}");
    assert!(world.mail_to("late@example.com").text().contains("no longer works"));
}

async fn t6_looking_at_a_link_changes_nothing(world: World) {
    let firm = world.found().await;
    invite(&firm, "zoe").await;
    world.deliver().await;
    let token = world.token_to("zoe@example.com");
    let before = world.picture(&[firm.id()]).await;
    let first = world.tenure.preview_invitation(&token).await.unwrap();
    for _ in 0..20 {
        assert_eq!(world.tenure.preview_invitation(&token).await.unwrap(), first);
    }
    assert_eq!(world.picture(&[firm.id()]).await, before);
    accept(&world, &token).await.unwrap();
}
