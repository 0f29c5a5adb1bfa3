//! Notices: mails that tell somebody what was done to their account, and offer nothing.
//!
//! Each goes to the address that is theirs at that moment, in the commit that does what it tells of. Programs are told too, at their
//! address: somebody looks after them.

use super::context::Context;
use super::decision::Decision;
use crate::id::UserId;
use crate::model::{Actor, ApiKey, DoneBy, Mail, QueuedMail, StatusKind, User};

// The numbers of the fresh ids; those of changes of address lie below.
const IDENTITY: u16 = 28;
const API_KEY: u16 = 29;

/// Whether nobody ever logged in, as far as the record tells: there is nobody to be told. Who was deleted and brought back is set up
/// anew; they are told if they had logged in before.
pub(super) fn is_nobodys_yet(user: &User) -> bool {
    match user.status.kind() {
        StatusKind::SetUp | StatusKind::Invited | StatusKind::Lapsed => user.last_login_at.is_none(),
        status => status == StatusKind::Deleted,
    }
}

/// Tells a user through which provider they log in from now on, or that they no longer do. Asked by
/// [`Decision::update_user`] for every change of a user, so that no path can forget it. Whoever is new is told nothing, also where
/// a directory were to bring them in with an identity: they have no account yet that others could have taken.
pub(super) fn identity<T>(decision: &mut Decision<T>, cx: &Context, stored: &User, after: &User) {
    if stored.identity == after.identity || is_nobodys_yet(&stored.clone().as_of(cx.now)) {
        return;
    }
    let notice = Mail::IdentityChanged {
        tenant: cx.tenant.name.clone(),
        recipient: after.profile.display_name.clone(),
        provider: after.identity.as_ref().map(|identity| identity.provider.clone()),
        by: done_by(cx, after.id),
        at: cx.now,
    };
    let notice = QueuedMail::new(cx.id(IDENTITY), after, &after.address, None, notice, cx.now);
    decision.mail.push(notice);
}

/// Tells a user of a key with which others than they can act in their name. Never the key itself, nor what it allows.
pub(super) fn api_key<T>(decision: &mut Decision<T>, cx: &Context, user: &User, key: &ApiKey) {
    let notice = Mail::ApiKeyCreated {
        tenant: cx.tenant.name.clone(),
        recipient: user.profile.display_name.clone(),
        key: Some(key.name.clone()),
        expires_at: key.expires_at,
        by: done_by(cx, user.id),
        at: key.created_at,
    };
    let notice = QueuedMail::new(cx.id(API_KEY), user, &user.address, None, notice, cx.now);
    decision.mail.push(notice);
}

/// Who acts, as the user whom it is done to is told. Reasons of the host's own code are not.
fn done_by(cx: &Context, user: UserId) -> DoneBy {
    match (&cx.actor, &cx.actor_name) {
        (Actor::User(by) | Actor::Subject(by), _) if *by == user => DoneBy::Recipient,
        (Actor::User(_), Some(name)) => DoneBy::Other { name: name.clone() },
        _ => DoneBy::Tenant,
    }
}
