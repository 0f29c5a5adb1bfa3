//! What a world begins with: a tenant with units, roles, and people of unequal rights.

use super::World;
use crate::error::{Denied, Error};
use crate::model::{Grant, Permission, Scope};
use crate::rules::employees::NewEmployee;
use crate::rules::invitations::Acceptance;
use crate::rules::roles::NewRole;
use crate::rules::tenant::Founding;
use crate::rules::units::NewUnit;
use crate::rules::users::{Access, NewUser};
use crate::testing::commands::Origin;

impl World {
    pub(super) async fn furnish(&mut self) -> Result<(), Error> {
        let password = self.new_password();
        let owner = NewUser::new("Ada", "Lovelace", "ada@example.com");
        let tenant = self
            .found(Founding::new("Nordwind", owner, password.as_str()), &password)
            .await?
            .tenant
            .id;
        let desk = self.tenure.system(tenant, "to furnish the world")?;
        let north = desk.units().add(NewUnit::company("North")).await?.id;
        let shop = desk.units().add(NewUnit::department("Shop").below(north)).await?.id;
        let south = desk.units().add(NewUnit::company("South")).await?.id;
        let client = desk.units().add(NewUnit::client("Client")).await?.id;
        let prices = ["prices.change", "reports.read"];
        let clerk = desk.roles().add(NewRole::new("Clerk").permissions(prices)).await?.id;
        let of_units = [
            "users.read",
            "users.manage",
            "employees.manage",
            "units.manage",
            "sessions.manage",
            "api_keys.manage",
            "history.read",
        ];
        let of_units = NewRole::new("Unit administrator")
            .permissions(of_units)
            .permissions(prices);
        let of_units = desk.roles().add(of_units).await?.id;
        let of_roles = NewRole::new("Role administrator").permissions(["roles.manage", "units.manage", "users.read"]);
        let of_roles = desk.roles().add(of_roles.permissions(prices)).await?.id;

        let access = || Access::default().invite();
        let una = Access {
            grants: vec![Grant::role(of_units, Scope::from([north]))],
            ..access()
        };
        desk.users()
            .create(NewUser::new("Una", "Nord", "una@example.com"), una)
            .await?;
        let rolf = Access {
            grants: vec![Grant::role(of_roles, Scope::All)],
            ..access()
        };
        desk.users()
            .create(
                NewUser::new("Rolf", "Ring", "rolf@example.com"),
                rolf.member_of([south]),
            )
            .await?;
        let clara = Access {
            grants: vec![Grant::role(clerk, Scope::from([shop]))],
            ..access()
        };
        desk.users()
            .create(NewUser::new("Clara", "Kern", "clara@example.com"), clara)
            .await?;
        let reports = Permission::new("reports.read").map_err(|problem| Denied::invalid("permissions", problem))?;
        let xaver = Access {
            grants: vec![Grant::permission(reports, Scope::from([client]))],
            ..access()
        };
        desk.users()
            .create_external(NewUser::new("Xaver", "Ost", "xaver@example.net"), client, xaver)
            .await?;
        for (first, unit) in [("Mia", north), ("Ben", shop), ("Kim", south)] {
            let address = format!("{first}.Employed@example.com");
            desk.employees()
                .add(NewEmployee::new(first, "Employed").email(address).unit(unit))
                .await?;
        }
        self.tenure.courier().deliver_due().await?;
        let sent = self.mailer.sent();
        let addressees: Vec<String> = sent.iter().map(|message| message.to.to_string()).collect();
        self.collect_mail();
        for (_, token) in self.mailed.clone() {
            let password = self.new_password();
            self.accept(&token, Acceptance::new(password.as_str()), password.clone())
                .await?;
        }
        for (login, once) in addressees.into_iter().zip(self.one_time.clone()) {
            self.sign_in(tenant, &login, once.1, Origin::Office).await?;
        }
        for user in self.limited.keys().copied().collect::<Vec<_>>() {
            let password = self.new_password();
            self.replace_one_time(user, password).await?;
        }
        Ok(())
    }
}
