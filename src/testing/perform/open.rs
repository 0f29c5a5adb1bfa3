//! What takes no desk: logins, links, and what only the host does.

use crate::id::{TenantId, UserId};
use crate::mail::Failure;
use crate::model::TicketPurpose;
use crate::rules::invitations::Acceptance;
use crate::rules::passwords::NewPassword;
use crate::rules::tenant::Founding;
use crate::rules::users::ProfileEdit;
use crate::testing::choose::Chooser;
use crate::testing::commands::{Command, LinkPick, MailerMood, Origin, Somebody};
use crate::testing::world::{Answer, Doer, MAX_TENANTS, WRONG, World, client};

use super::new_user;

impl World {
    /// The password of a user, or a wrong one.
    fn typed(&self, user: UserId, right: bool) -> String {
        let password = self.passwords.get(&user).filter(|_| right).cloned();
        password.unwrap_or_else(|| WRONG.to_owned())
    }

    /// What takes no desk.
    pub(super) async fn perform_open(
        &mut self,
        command: &Command,
        tenant: TenantId,
        chooser: &Chooser<'_>,
    ) -> Option<(Answer, Doer)> {
        Some(match command {
            Command::FoundTenant(company, owner) => (self.found_another(company, owner).await, Doer::Stranger),
            Command::SignIn(user, right, from) => {
                let user = chooser.login(*user, &self.passwords);
                let (login, password) = (chooser.login_of(user), self.typed(user, *right));
                (
                    Answer::of(self.sign_in(tenant, &login, password, *from).await),
                    Doer::Stranger,
                )
            }
            Command::Guess(user, times, from) => {
                let login = chooser.login_of(chooser.login(*user, &self.passwords));
                (self.guess(tenant, &login, *times, *from).await, Doer::Stranger)
            }
            Command::SignInOnce(user, from) => {
                let (user, password) = chooser.one_time(*user, &self.one_time);
                let login = chooser.login_of(user);
                (
                    Answer::of(self.sign_in(tenant, &login, password, *from).await),
                    Doer::Stranger,
                )
            }
            Command::SignInAtApi(user, right, from) => {
                let user = chooser.program_with_password(*user, &self.passwords);
                let (login, password) = (chooser.login_of(user), self.typed(user, *right));
                let signed_in = self.sign_in_at_api(tenant, &login, password, *from).await;
                (Answer::of(signed_in), Doer::Stranger)
            }
            Command::ReplaceOneTimePassword(user, good) => {
                let sessions = self
                    .limited
                    .iter()
                    .map(|(user, (session, _))| (*user, *session))
                    .collect();
                let user = chooser.signed_in(*user, &sessions, self.policy().session_idle);
                let password = self.password(*good);
                (Answer::of(self.replace_one_time(user, password).await), Doer::Stranger)
            }
            Command::SignInAsserted(user, known, from) => {
                let identity = chooser.identity(chooser.asserted(*user), *known)?;
                (
                    Answer::of(self.sign_in_asserted(tenant, identity, *from).await),
                    Doer::Stranger,
                )
            }
            Command::AuthenticateKey(key, from) => {
                let key = chooser.usable_key(*key);
                (Answer::of(self.authenticate_key(key, *from).await), Doer::Stranger)
            }
            Command::RequestReset(user, from) => {
                let login = chooser.login_of(chooser.stranger(*user));
                let asked = self.tenure.request_reset(tenant, &login, &client(*from)).await;
                (Answer::of(asked), Doer::Stranger)
            }
            Command::Authenticate(user) => {
                let sessions = self
                    .logins
                    .iter()
                    .filter_map(|(user, login)| Some((*user, login.principal.session()?)))
                    .collect();
                let user = chooser.signed_in(*user, &sessions, self.policy().session_idle);
                (Answer::of(self.authenticate(user).await), Doer::Stranger)
            }
            Command::PreviewInvitation(link) => {
                let token = chooser.link(*link, TicketPurpose::Invitation, &self.mailed);
                (Answer::of(self.tenure.preview_invitation(&token).await), Doer::Stranger)
            }
            Command::AcceptInvitation(link, name, good) => {
                let token = chooser.link(*link, TicketPurpose::Invitation, &self.mailed);
                let password = self.password(*good);
                let mut acceptance = Acceptance::new(password.as_str());
                if let Some(name) = name {
                    acceptance = acceptance.profile(ProfileEdit::new().first_name(name));
                }
                (
                    Answer::of(self.accept(&token, acceptance, password).await),
                    Doer::Invited,
                )
            }
            Command::Health => (Answer::of(self.tenure.health().await), Doer::Host),
            Command::AdvanceClock(advance) => {
                let instant = chooser.instant(*advance, self.policy());
                self.clock.set(instant);
                (Answer::Done(instant.to_string()), Doer::Host)
            }
            Command::DeliverMail(mood) => (self.deliver(*mood).await, Doer::Host),
            Command::BreakMailer => {
                self.mailer.not_ready(Some("the relay"));
                (Answer::Done(String::new()), Doer::Host)
            }
            Command::SettleDue(all) => {
                let tenant = Some(tenant).filter(|_| !all);
                (Answer::of(self.tenure.settle_due(tenant).await), Doer::Host)
            }
            _ => return self.perform_by_link(command, chooser).await,
        })
    }

    /// What takes a link that was mailed, and no more.
    async fn perform_by_link(&mut self, command: &Command, chooser: &Chooser<'_>) -> Option<(Answer, Doer)> {
        use TicketPurpose as P;
        let token = |link: LinkPick, purpose| chooser.link(link, purpose, &self.mailed);
        let tenure = &self.tenure;
        let answer = match command {
            Command::PreviewReset(link) => Answer::of(tenure.preview_reset(&token(*link, P::Reset)).await),
            Command::ResetPassword(link, good) => {
                let token = token(*link, P::Reset);
                let password = self.password(*good);
                self.reset(&token, password, chooser).await
            }
            Command::PreviewConfirmation(link) => {
                let token = token(*link, P::ConfirmAddress);
                Answer::of(tenure.preview_address_confirmation(&token).await)
            }
            Command::ConfirmAddress(link) => Answer::of(tenure.confirm_address(&token(*link, P::ConfirmAddress)).await),
            Command::PreviewStop(link) => Answer::of(tenure.preview_address_stop(&token(*link, P::StopChange)).await),
            Command::StopAddressChange(link) => {
                Answer::of(tenure.stop_address_change(&token(*link, P::StopChange)).await)
            }
            _ => return None,
        };
        Some((answer, Doer::Stranger))
    }

    /// Sets a password through a link, and remembers it where that works.
    async fn reset(&mut self, token: &str, password: String, chooser: &Chooser<'_>) -> Answer {
        let new = NewPassword::new(password.as_str()).repeated(password.as_str());
        let set = self.tenure.reset_password(token, new).await;
        if let (Ok(()), Some(user)) = (&set, chooser.addressee(token, &self.mailed)) {
            self.passwords.insert(user, password);
        }
        Answer::of(set)
    }

    async fn found_another(&mut self, company: &str, owner: &Somebody) -> Answer {
        let password = self.new_password();
        let mut founding = Founding::new(company, new_user(owner), password.as_str());
        if self.tenants.len() >= MAX_TENANTS {
            founding = founding.id(self.tenants[0]);
        }
        Answer::of(self.found(founding, &password).await)
    }

    async fn guess(&mut self, tenant: TenantId, login: &str, times: u8, from: Origin) -> Answer {
        let mut told = Vec::new();
        for _ in 0..times {
            let guessed = self.sign_in(tenant, login, WRONG.to_owned(), from).await;
            told.push(Answer::of(guessed));
        }
        Answer::Done(format!("{told:?}"))
    }

    async fn deliver(&mut self, mood: MailerMood) -> Answer {
        self.mailer.not_ready(None);
        match mood {
            MailerMood::Takes => self.mailer.fail_next(0, Failure::Temporary),
            MailerMood::FailsOnce => self.mailer.fail_next(1, Failure::Temporary),
            MailerMood::RefusesOnce => self.mailer.fail_next(1, Failure::Permanent),
        }
        let delivered = self.tenure.courier().deliver_due().await;
        self.mailer.fail_next(0, Failure::Temporary);
        self.collect_mail();
        Answer::of(delivered)
    }
}
