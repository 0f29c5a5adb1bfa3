//! A security report, as stores have to keep it with its mail.

use super::bench::{at, must};
use crate::id::{AttemptId, RoleId, SessionId, UnitId, UserId};
use crate::model::security_report::{AccountChange, ChangedBy, Factors, OpenSession, PasswordFactor, SecurityReport};
use crate::model::{Attempt, AttemptOutcome, Client, Grant, Permission, RefusalReason, Scope, StatusKind};
use crate::rules::effective::{EffectivePermission, EffectiveRights, GivenBy};
use crate::rules::explain::Against;
use crate::text::{DisplayName, Name, UserName};

fn uuid<T: From<uuid::Uuid>>(number: u128) -> T {
    uuid::Uuid::from_u128(number).into()
}

/// With something in each of its lists.
pub(super) fn report() -> SecurityReport {
    let (user, unit): (UserId, UnitId) = (uuid(12), uuid(31));
    let client = Client::at([192, 0, 2, 7].into()).user_agent("Zoë’s browser 😀");
    let given_by = GivenBy {
        grant: Grant::role(uuid::<RoleId>(21), Scope::from([unit])),
        role: Some(must("name", Name::new("𝔘 clerk"))),
    };
    SecurityReport {
        user,
        display_name: must("display name", DisplayName::new("Zoë O'Hara")),
        user_name: must("user name", UserName::new("zoë")),
        made_at: at(1).saturating_add(time::Duration::MICROSECOND),
        status: StatusKind::Suspended,
        api_only: true,
        grants: vec![given_by.clone()],
        rights: EffectiveRights {
            permissions: vec![EffectivePermission {
                permission: Some(must("permission", Permission::new("prices.change"))),
                scope: Scope::All,
                given_by: vec![given_by],
            }],
            against: vec![Against::TenantSuspended, Against::NotActive(StatusKind::Suspended)],
        },
        units: [(unit, must("name", Name::new("Zürich")))].into(),
        elsewhere: 3,
        factors: Factors {
            password: PasswordFactor::Set { set_at: at(2) },
            provider: Some(must("name", Name::new("Entra"))),
            api_keys: 7,
        },
        sessions: vec![OpenSession {
            session: uuid::<SessionId>(60),
            started_at: at(3),
            seen_at: at(4),
            client: client.clone(),
        }],
        attempts: vec![Attempt {
            id: uuid::<AttemptId>(70),
            at: at(5),
            user: Some(user),
            client,
            outcome: AttemptOutcome::Refused {
                reason: RefusalReason::Locked,
            },
            keep_until: at(99),
        }],
        changes: vec![AccountChange {
            at: at(6),
            by: ChangedBy::Other(user),
            what: "grants_changed".to_owned(),
            fields: vec!["grants".to_owned()],
        }],
    }
}
