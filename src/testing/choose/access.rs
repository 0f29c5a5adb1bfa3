//! Whom and what commands about logins, addresses and API keys are about.

use std::collections::BTreeMap;

use super::Chooser;
use crate::id::{ApiKeyId, MailId, UserId};
use crate::model::{ApiKey, ExternalIdentity, Permission, Record, Scope, StatusKind, TicketPurpose, User};
use crate::rules::allowlists::AllowlistChange;
use crate::rules::api_keys::NewApiKey;
use crate::rules::rights::{Place, Rights};
use crate::rules::throttle::{self, Tally};
use crate::testing::commands::{KeyForm, Networks, Pick};
use crate::testing::strategies::{PERMISSIONS, PROVIDER};
use crate::text::{AddressPattern, Allowlist, Name, Subject};

impl<'a> Chooser<'a> {
    /// A user as they stand now.
    pub(in crate::testing) fn as_of_now(&self, user: UserId) -> Option<User> {
        self.here.user(user).map(|user| user.clone().as_of(self.now))
    }

    /// What somebody types who logs in as this user; as nobody, where there is no such user here.
    pub(in crate::testing) fn login_of(&self, user: UserId) -> String {
        let user = self.as_of_now(user);
        user.map_or("nobody".to_owned(), |user| user.address.to_string())
    }

    /// A user who sets their password here.
    pub(in crate::testing) fn user_with_password(&self, pick: Pick) -> UserId {
        self.user(pick, |user| {
            user.is_active() && !user.api_only && user.identity.is_none()
        })
    }

    /// A user who could log in, whoever acts.
    pub(in crate::testing) fn stranger(&self, pick: Pick) -> UserId {
        self.anybody(pick, |user| {
            user.is_active() && !user.api_only && user.identity.is_none()
        })
    }

    /// A user who may call APIs only, and has a password for that.
    pub(in crate::testing) fn program_with_password(&self, pick: Pick, passwords: &BTreeMap<UserId, String>) -> UserId {
        self.anybody(pick, |user| {
            user.is_active() && user.api_only && passwords.contains_key(&user.id)
        })
    }

    /// A user who logs in through a provider.
    pub(in crate::testing) fn asserted(&self, pick: Pick) -> UserId {
        self.anybody(pick, |user| user.is_active() && user.identity.is_some())
    }

    fn anybody(&self, pick: Pick, fits: impl Fn(&User) -> bool) -> UserId {
        let fits = |user: &User| fits(&user.clone().as_of(self.now));
        self.choose(pick, |contents| contents.users().collect(), |user| user.id, fits)
    }

    /// Somebody at a provider: some number of people, who come round again.
    pub(in crate::testing) fn subject(number: u8) -> String {
        format!("subject-{number}")
    }

    /// The identity of a user; of nobody, where it is not `known` or the user has none.
    pub(in crate::testing) fn identity(&self, user: UserId, known: bool) -> Option<ExternalIdentity> {
        let identity = self.as_of_now(user).and_then(|user| user.identity).filter(|_| known);
        let stranger = || {
            let (provider, subject) = (Name::new(PROVIDER).ok()?, Subject::new("somebody-else").ok()?);
            Some(ExternalIdentity { provider, subject })
        };
        identity.or_else(stranger)
    }

    /// A user for whom a one-time password was mailed, who has not used it, and the one that was mailed last.
    pub(in crate::testing) fn one_time(&self, pick: Pick, mailed: &[(MailId, String)]) -> (UserId, String) {
        let of: BTreeMap<UserId, &String> = mailed
            .iter()
            .filter_map(|(mail, password)| match self.here.record(*mail)? {
                Record::Mail(mail) => Some((mail.user, password)),
                _ => None,
            })
            .collect();
        let is_open = |user: UserId| {
            let mut tickets = self.here.tickets();
            tickets.any(|ticket| {
                (ticket.user, ticket.purpose) == (user, TicketPurpose::OneTimePassword)
                    && ticket.check(self.now).is_ok()
            })
        };
        let user = self.anybody(pick, |user| {
            of.contains_key(&user.id) && user.is_active() && is_open(user.id)
        });
        let password = of.get(&user).copied().or_else(|| mailed.last().map(|(_, last)| last));
        (user, password.cloned().unwrap_or_default())
    }

    /// A user whose account is locked.
    pub(in crate::testing) fn locked(&self, pick: Pick) -> UserId {
        self.user(pick, |user| {
            let throttle = self.here.records.get(&throttle::account(user.id).into()).cloned();
            let tally = Tally::of_account(user.id).loaded(throttle.and_then(crate::model::Loaded::cast));
            tally.locked_until(self.now).is_some()
        })
    }

    /// A user whose address is to change.
    pub(in crate::testing) fn to_be_readdressed(&self, pick: Pick) -> UserId {
        self.user(pick, |user| user.pending_address.is_some())
    }

    /// A change of an allowlist.
    pub(in crate::testing) fn networks(networks: Networks) -> Option<AllowlistChange> {
        let (office, abroad) = (
            AddressPattern::new("192.0.2.*").ok()?,
            AddressPattern::new("198.51.100.0/24").ok()?,
        );
        Some(match networks {
            Networks::Any => Allowlist::any().into(),
            Networks::Office => Allowlist::new([office]).ok()?.into(),
            Networks::Abroad => Allowlist::new([abroad]).ok()?.into(),
            Networks::AllowOffice => AllowlistChange::allow(office),
            Networks::DisallowAbroad => AllowlistChange::disallow(abroad),
        })
    }

    /// One of [`PERMISSIONS`].
    pub(in crate::testing) fn any_permission(pick: Pick) -> Option<Permission> {
        let index = pick.of(PERMISSIONS.len())?;
        Permission::new(PERMISSIONS[index]).ok()
    }

    /// A usable key of which the token is known, to act with.
    pub(super) fn program(&self, pick: Pick, keys: &BTreeMap<ApiKeyId, String>) -> Option<&'a ApiKey> {
        let usable: Vec<&ApiKey> = self
            .here
            .api_keys()
            .filter(|key| keys.contains_key(&key.id) && self.is_usable(key))
            .collect();
        pick.of(usable.len()).map(|index| usable[index])
    }

    /// A key that can be shown.
    pub(in crate::testing) fn usable_key(&self, pick: Pick) -> ApiKeyId {
        self.key_that(pick, |key| self.is_usable(key))
    }

    /// A key that can be revoked: of somebody within reach, or of the actor.
    pub(in crate::testing) fn open_key(&self, pick: Pick, own: bool) -> ApiKeyId {
        self.key_that(pick, |key| {
            let within_reach = || self.here.user(key.user).is_some_and(|user| self.reaches(user));
            key.is_live(self.now) && if own { Some(key.user) == self.me } else { within_reach() }
        })
    }

    fn is_usable(&self, key: &ApiKey) -> bool {
        key.is_live(self.now) && self.as_of_now(key.user).is_some_and(|user| user.is_active())
    }

    fn key_that(&self, pick: Pick, fits: impl Fn(&ApiKey) -> bool) -> ApiKeyId {
        self.choose(pick, |contents| contents.api_keys().collect(), |key| key.id, fits)
    }

    /// A user for whom a key could be made.
    pub(in crate::testing) fn key_holder(&self, pick: Pick) -> UserId {
        self.user(pick, |user| {
            user.status.kind() == StatusKind::Active && user.hold.is_none() && !user.grants.is_empty()
        })
    }

    /// A key for somebody: what they hold, and the actor may give.
    pub(in crate::testing) fn new_key(&self, form: &KeyForm, holder: UserId) -> NewApiKey {
        let held = self.here.user(holder).map(|user| self.here.rights_of(user));
        let held = held.unwrap_or_default();
        let units: Vec<_> = form.within.iter().map(|pick| self.unit(*pick)).collect();
        let places: Vec<_> = units.iter().filter_map(|unit| self.here.unit(*unit)).collect();
        let in_all = |rights: &Rights, permission: &Permission| match places.as_slice() {
            [] => rights.scope_of(permission).is_some(),
            named => named.iter().all(|unit| rights.may(permission, Place::In(&unit.path))),
        };
        let could = |permission: &Permission| in_all(&held, permission) && in_all(&self.rights, permission);
        let fitting: Vec<Permission> = PERMISSIONS
            .iter()
            .filter_map(|name| Permission::new(name).ok().filter(could))
            .collect();
        // Where no unit is named, those that the user holds in one place: mostly one.
        let most = if units.is_empty() { 1 } else { form.permissions.len() };
        let chosen = form
            .permissions
            .iter()
            .take(most)
            .filter_map(|pick| match pick.of(fitting.len()) {
                Some(index) => Some(fitting[index].clone()),
                None => Self::any_permission(*pick),
            });
        let mut key = NewApiKey::new(&form.name).permissions(chosen.map(|permission| permission.as_str().to_owned()));
        if !units.is_empty() {
            key = key.scope(Scope::from(units));
        }
        match form.expires {
            Some(minutes) => key.expires_at(self.day(minutes)),
            None => key,
        }
    }
}
