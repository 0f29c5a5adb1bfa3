//! What is about logins, addresses, networks and API keys, at a desk.

use crate::desk::Desk;
use crate::error::Error;
use crate::id::UserId;
use crate::model::ApiKey;
use crate::rules::addresses::ChangeAddress;
use crate::rules::passwords::ChangePassword;
use crate::secret::Token;
use crate::testing::choose::Chooser;
use crate::testing::commands::Command;
use crate::testing::strategies::PROVIDER;
use crate::testing::world::{Answer, WRONG, World, client};

use super::{access, new_user};

impl World {
    /// What the world remembers something of: passwords, keys. None for everything else.
    pub(super) async fn at_desk_of_access(
        &mut self,
        desk: &Desk,
        command: &Command,
        the: &Chooser<'_>,
    ) -> Option<Answer> {
        use Command as C;
        let users = desk.users();
        Some(match command {
            C::ChangeMyPassword(right, good) => {
                let (current, new) = (self.current(the.me, *right), self.password(*good));
                let change = ChangePassword::new(current, new.as_str(), new.as_str());
                let changed = desk.me().change_password(change).await;
                if let (Ok(()), Some(me)) = (&changed, the.me) {
                    self.passwords.insert(me, new);
                }
                Answer::of(changed)
            }
            C::ChangeMyAddress(email, proof) => {
                let mut change = ChangeAddress::new(email, email);
                if let Some(right) = proof {
                    change = change.current_password(self.current(the.me, *right));
                }
                Answer::of(desk.me().change_address(change).await)
            }
            C::CreateMyKey(form) => {
                let key = the.new_key(form, the.me.unwrap_or(UserId::from_uuid(uuid::Uuid::nil())));
                self.made(desk.me().api_keys().create(key).await)
            }
            C::CreateKey(user, form) => {
                let user = the.key_holder(*user);
                self.made(desk.api_keys().create(user, the.new_key(form, user)).await)
            }
            C::SendOneTimePassword(user) => {
                let user = the.user_with_password(*user);
                let sent = users.send_one_time_password(user).await;
                self.voided(user, Answer::of(sent))
            }
            C::LinkIdentity(user, number) => {
                let user = the.user_with_password(*user);
                let linked = users.link_identity(user, PROVIDER, &Chooser::subject(*number)).await;
                self.voided(user, Answer::of(linked))
            }
            _ => return at_desk(desk, command, the).await,
        })
    }

    /// The actor's password, or a wrong one.
    fn current(&self, me: Option<UserId>, right: bool) -> String {
        let known = me.and_then(|me| self.passwords.get(&me)).filter(|_| right);
        known.cloned().unwrap_or_else(|| WRONG.to_owned())
    }

    /// Remembers the token of a key that was made. The answer does not tell it.
    fn made(&mut self, made: Result<(ApiKey, Token), Error>) -> Answer {
        if let Ok((key, token)) = &made {
            self.keep_key(key.id, token);
        }
        Answer::of(made)
    }

    /// Forgets the password of a user who has none any more.
    pub(super) fn voided(&mut self, user: UserId, answer: Answer) -> Answer {
        if answer.is_done() {
            self.passwords.remove(&user);
        }
        answer
    }
}

async fn at_desk(desk: &Desk, command: &Command, the: &Chooser<'_>) -> Option<Answer> {
    use Command as C;
    let (users, keys) = (desk.users(), desk.api_keys());
    Some(match command {
        C::CreateProgram(program, giving) => {
            Answer::of(users.create_program(new_user(program), access(giving, the)).await)
        }
        C::ChangeAddress(user, email) => {
            let user = the.user(*user, |user| user.hold.is_none() && user.is_active());
            Answer::of(users.change_address(user, email).await)
        }
        C::CancelAddressChange(user) => Answer::of(users.cancel_address_change(the.to_be_readdressed(*user)).await),
        C::UnlinkIdentity(user) => {
            let user = the.user(*user, |user| user.identity.is_some());
            Answer::of(users.unlink_identity(user).await)
        }
        C::ChangeAllowlist(user, networks) => {
            let change = Chooser::networks(*networks)?;
            Answer::of(users.change_allowlist(the.any_user(*user), change).await)
        }
        C::ShowLockout(user) => Answer::of(users.lockout(the.locked(*user)).await),
        C::EndLockout(user) => Answer::of(users.end_lockout(the.locked(*user)).await),
        C::ExplainSignIn(user, from) => {
            Answer::of(users.explain_sign_in(the.any_user(*user), Some(client(*from))).await)
        }
        C::ExplainPermission(user, permission, unit) => {
            let (user, permission) = (the.any_user(*user), Chooser::any_permission(*permission)?);
            let unit = unit.map(|unit| the.unit(unit));
            Answer::of(users.explain_permission(user, &permission, unit).await)
        }
        C::SendReset(user) => Answer::of(users.send_reset(the.user_with_password(*user)).await),
        C::RevokeKey(key) => Answer::of(keys.revoke(the.open_key(*key, false)).await),
        C::RevokeKeysOf(user) => Answer::of(keys.revoke_all(the.any_user(*user)).await),
        C::CancelMyAddressChange => Answer::of(desk.me().cancel_address_change().await),
        C::RevokeMyKey(key) => Answer::of(desk.me().api_keys().revoke(the.open_key(*key, true)).await),
        C::RevokeMyKeys => Answer::of(desk.me().api_keys().revoke_all().await),
        _ => return None,
    })
}
