//! What a new user may do, where, and from when on.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::id::{RoleId, UnitId};
use crate::model::{Grant, Permission, Scope, Start, UserStatus};
use crate::policy::{Policy, Welcome};
use crate::text::Allowlist;

/// What a new user may do, where, and from when on.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Access {
    /// The rights.
    pub grants: Vec<Grant>,
    /// The units they belong to, apart from those that the grants name.
    pub memberships: BTreeSet<UnitId>,
    /// When access begins once the invitation is accepted.
    pub start: Start,
    /// Whether an invitation is sent in the same act; where it is not said here, the policy says whether and what.
    pub invite: Option<bool>,
    /// A personal message in the invitation: plain text, 1 to 2,000 characters.
    pub message: Option<String>,
    /// In which state they are from the first, where that is another than invited or inactive (BI4). Then nothing is mailed:
    /// they set a password by a link that an administrator sends.
    pub status: Option<InitialStatus>,
    /// From where they may come; from anywhere, if not said (BI10).
    pub allowlist: Allowlist,
    /// For APIs alone: never an interactive session (BI2). There is nothing to accept, so no invitation is sent unless it is
    /// asked for, and access begins at once unless [`start`](Access::start) says otherwise.
    pub api_only: bool,
}

impl Access {
    /// No rights yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// A role, everywhere, unless [`within`](Access::within) follows.
    pub fn role(role: RoleId) -> Self {
        Self::none().and_role(role)
    }

    /// A role besides, everywhere, unless [`within`](Access::within) follows.
    pub fn and_role(mut self, role: RoleId) -> Self {
        self.grants.push(Grant::role(role, Scope::All));
        self
    }

    /// A single permission besides, everywhere, unless [`within`](Access::within) follows.
    pub fn and_permission(mut self, permission: Permission) -> Self {
        self.grants.push(Grant::permission(permission, Scope::All));
        self
    }

    /// Limits the grant named last to these units and all below them.
    pub fn within(mut self, units: impl IntoIterator<Item = UnitId>) -> Self {
        if let Some(last) = self.grants.last_mut() {
            last.scope = Scope::from(units);
        }
        self
    }

    /// Belonging to these units.
    pub fn member_of(mut self, units: impl IntoIterator<Item = UnitId>) -> Self {
        self.memberships.extend(units);
        self
    }

    /// Coming from these networks only.
    pub fn allowlist(self, allowlist: Allowlist) -> Self {
        Self { allowlist, ..self }
    }

    /// Beginning on a day, or when an administrator says so.
    pub fn starting(self, start: Start) -> Self {
        Self { start, ..self }
    }

    /// Sending the invitation in the same act.
    pub fn invite(self) -> Self {
        Self {
            invite: Some(true),
            ..self
        }
    }

    /// Saving only; the invitation is another act.
    pub fn without_invitation(self) -> Self {
        Self {
            invite: Some(false),
            ..self
        }
    }

    /// For APIs alone, with API keys: never an interactive session (BI2).
    pub fn api_only(self) -> Self {
        Self { api_only: true, ..self }
    }

    /// In this state from the first: active without a welcome, on leave, or as a record of somebody who left (BI4).
    pub fn status(self, status: InitialStatus) -> Self {
        Self {
            status: Some(status),
            ..self
        }
    }

    /// What is sent in the same act, if anything.
    pub fn welcome(&self, policy: &Policy) -> Option<Welcome> {
        if self.status.is_some() {
            return None;
        }
        match self.invite {
            Some(invite) => invite.then_some(Welcome::Invitation),
            None => (policy.invite_on_create && !self.api_only).then_some(policy.welcome),
        }
    }

    /// With a personal message in the invitation.
    pub fn message(self, message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            ..self
        }
    }
}

/// A state to begin with that is neither invited nor inactive. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitialStatus {
    /// In use at once. There is no password yet: `send_reset` mails the link to set one.
    Active,
    /// On leave, perhaps until an instant at which they are active by themselves.
    Suspended {
        /// Until when, if known.
        until: Option<Timestamp>,
    },
    /// Left already: kept for the record.
    Disabled,
}

impl InitialStatus {
    pub(super) fn status(self, now: Timestamp) -> UserStatus {
        match self {
            Self::Active => UserStatus::Active {
                since: now,
                until: None,
            },
            Self::Suspended { until } => UserStatus::Suspended {
                since: now,
                until,
                reason: None,
            },
            Self::Disabled => UserStatus::Disabled { since: now },
        }
    }
}
