//! Tenants.

use std::sync::Arc;

use tenure::id::Seed;
use tenure::model::{Actor, Tenant, TenantStatus, Version};
use tenure::rules::{Context, tenant};
use tenure::text::Name;
use tenure::{Policy, Rights};

use crate::render::{Apply, machine};
use crate::{at, id, now};

fn context(status: TenantStatus) -> Context {
    let tenant = Tenant {
        id: id(10),
        name: Name::new("Nordwind").unwrap(),
        owner: id(9),
        owner_released: false,
        administrator: id(11),
        status,
        units: 0,
        seats: tenure::SeatContract::default(),
        created_at: at(-9),
    };
    Context {
        actor: Actor::System("nightly job".try_into().unwrap()),
        actor_name: None,
        rights: Rights::everything(),
        guards: Vec::new(),
        tenant: tenure::model::Loaded::new(Version::FIRST, tenant),
        policy: Arc::new(Policy::default()),
        now: now(),
        seed: Seed {
            at: now(),
            random: [0; 10],
        },
    }
}

fn tenants() -> [(&'static str, TenantStatus); 2] {
    let suspended = TenantStatus::Suspended { at: at(-9) };
    [("active", TenantStatus::Active), ("suspended", suspended)]
}

type TenantVerb = (&'static str, fn(TenantStatus) -> TenantStatus);

const TENANT_VERBS: [TenantVerb; 2] = [
    ("suspend", |status| {
        tenant::suspend(&context(status)).unwrap().outcome.status
    }),
    ("reinstate", |status| {
        tenant::reinstate(&context(status)).unwrap().outcome.status
    }),
];

#[test]
fn the_whole_table_of_tenants() {
    let suspended = |minutes| TenantStatus::Suspended { at: at(minutes) };
    let table = [
        [suspended(0), TenantStatus::Active],
        [suspended(-9), TenantStatus::Active],
    ];
    for ((name, status), row) in tenants().into_iter().zip(table) {
        for ((verb, apply), expected) in TENANT_VERBS.into_iter().zip(row) {
            assert_eq!(apply(status), expected, "{verb} {name}");
        }
    }
}

pub(crate) fn rendered() -> String {
    let verbs = TENANT_VERBS.map(|(name, verb)| {
        let apply: Apply<'_, TenantStatus> = Box::new(move |status| match verb(status) {
            TenantStatus::Active => "active".to_owned(),
            TenantStatus::Suspended { .. } => "suspended".to_owned(),
        });
        (name.to_owned(), apply)
    });
    machine(&tenants(), &verbs, &[("active", "found")], &[])
}

pub(crate) const TEXT: &str = "
## Tenants

Only the host's own code suspends a tenant. Nobody can log in to a suspended one, and no session is usable, until it is
reinstated; nothing else changes.
";
