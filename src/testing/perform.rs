//! From a command to the call that it is. Each is carried out in one place: what takes no desk in `open`, what is about logins,
//! addresses and keys in `access`, listings in `listed`, edits as read and many at once in `people`, the rest here.

mod access;
mod listed;
mod open;
mod people;

use self::listed::listed;
use super::choose::Chooser;
use super::commands::{Beginning, Command, EmployeeForm, Giving, HostCheck, Somebody};
use super::world::{Answer, Doer, Ran, World};
use crate::desk::Desk;
use crate::id::TenantId;
use crate::model::{SeatContract, Start, StatusKind, UnitKind};
use crate::rules::employees::NewEmployee;
use crate::rules::roles::NewRole;
use crate::rules::status::Suspension;
use crate::rules::units::NewUnit;
use crate::rules::users::{Access, NewUser, ProfileEdit};

/// The states in which a user's access can begin.
const NOT_YET: &[StatusKind] = &[StatusKind::SetUp, StatusKind::Inactive];
/// The states in which a user can be taken out of use.
const IN_USE: &[StatusKind] = &[StatusKind::Active, StatusKind::Suspended];
/// The states in which a user can be sent an invitation.
const INVITABLE: &[StatusKind] = &[StatusKind::Invited, StatusKind::SetUp, StatusKind::Lapsed];

impl World {
    pub(super) async fn perform(
        &mut self,
        command: &Command,
        by: Doer,
        tenant: TenantId,
        chooser: &Chooser<'_>,
    ) -> Ran {
        if let Some((answer, by)) = self.perform_open(command, tenant, chooser).await {
            return Ran { answer, by };
        }
        let desk = match self.desk(by, chooser).await {
            Ok(desk) => desk,
            Err(error) => {
                let answer = Answer::of::<()>(Err(error));
                return Ran { answer, by };
            }
        };
        self.checks.set(match command {
            Command::DeletionReport(_, check) | Command::Delete(_, check) => *check,
            _ => HostCheck::Clear,
        });
        let answer = match at_desk(&desk, command, chooser).await {
            Some(answer) => answer,
            None => match self.at_desk_of_access(&desk, command, chooser).await {
                Some(answer) => answer,
                None => match self.at_desk_of_people(&desk, command, chooser).await {
                    Some(answer) => answer,
                    None => self.at_desk_of_users(&desk, command, chooser).await,
                },
            },
        };
        Ran { answer, by }
    }

    /// Users, their status and their invitations.
    async fn at_desk_of_users(&mut self, desk: &Desk, command: &Command, the: &Chooser<'_>) -> Answer {
        use Command as C;
        let (users, invitations) = (desk.users(), desk.invitations());
        match command {
            C::CreateUserFor(employee, giving) => {
                Answer::of(users.create_for(the.candidate(*employee), access(giving, the)).await)
            }
            C::CreateUser(person, giving) => Answer::of(users.create(new_user(person), access(giving, the)).await),
            C::CreateExternal(person, client, giving) => {
                let client = the.client(*client);
                Answer::of(
                    users
                        .create_external(new_user(person), client, access(giving, the))
                        .await,
                )
            }
            C::GetUser(user) => Answer::of(users.get(the.any_user(*user)).await),
            C::ChangeGrants(user, grants) => {
                let user = the.user(*user, |user| {
                    user.hold.is_none() && user.status.kind() != StatusKind::Deleted
                });
                Answer::of(users.change_grants(user, the.grants(grants)).await)
            }
            C::ChangeMemberships(user, units) => {
                let units: Vec<_> = units.iter().map(|unit| the.unit(*unit)).collect();
                Answer::of(users.change_memberships(the.any_user(*user), units).await)
            }
            C::EditProfile(user, name) => {
                let edit = ProfileEdit::new().first_name(name).locale("de-DE");
                Answer::of(users.edit_profile(the.any_user(*user), edit).await)
            }
            C::Activate(user) => Answer::of(users.activate(the.user_who_is(*user, NOT_YET)).await),
            C::ScheduleStart(user, day) => {
                let user = the.user_who_is(*user, NOT_YET);
                Answer::of(users.schedule_start(user, day.map(|day| the.day(day))).await)
            }
            C::Deactivate(user) => Answer::of(users.deactivate(the.user_who_is(*user, IN_USE)).await),
            C::ScheduleEnd(user, day) => {
                let user = the.user_who_is(*user, &[StatusKind::Active]);
                Answer::of(users.schedule_end(user, day.map(|day| the.day(day))).await)
            }
            C::Suspend(user, until) => {
                let suspension = until.map_or_else(Suspension::open_ended, |until| Suspension::until(the.day(until)));
                let user = the.user_who_is(*user, IN_USE);
                Answer::of(users.suspend(user, suspension.because("leave")).await)
            }
            C::Reinstate(user) => Answer::of(users.reinstate(the.user_who_is(*user, &[StatusKind::Suspended])).await),
            C::Disable(user) => {
                let states = [IN_USE, &[StatusKind::Inactive]].concat();
                Answer::of(users.disable(the.user_who_is(*user, &states)).await)
            }
            C::Reactivate(user) => {
                let states = [StatusKind::Disabled, StatusKind::Inactive];
                Answer::of(users.reactivate(the.user_who_is(*user, &states)).await)
            }
            C::DeletionReport(user, _) => Answer::of(users.deletion_report(the.any_user(*user)).await),
            C::Hold(user) => Answer::of(users.hold(the.any_user(*user)).await),
            C::Release(user) => {
                let user = the.user(*user, |user| user.hold.is_some());
                Answer::of(users.release(user).await)
            }
            C::Delete(user, _) => Answer::of(users.delete(the.any_user(*user)).await),
            C::Restore(user) => Answer::of(users.restore(the.user_who_is(*user, &[StatusKind::Deleted])).await),
            C::SendInvitation(user, message) => {
                let user = the.user_who_is(*user, INVITABLE);
                Answer::of(invitations.send(user, message.as_deref()).await)
            }
            C::ResendInvitation(invitation) => {
                Answer::of(invitations.resend(the.invitation(*invitation, INVITABLE)).await)
            }
            C::PreviewMail(user, message) => {
                let user = the.user_who_is(*user, INVITABLE);
                let message = invitations.preview_mail(user, message.as_deref()).await;
                // The preview shows no link, so the whole of it can be compared.
                Answer::of(message.map(|message| (message.to.to_string(), message.text().to_owned())))
            }
            C::CancelInvitation(invitation) => Answer::of(
                invitations
                    .cancel(the.invitation(*invitation, &[StatusKind::Invited]))
                    .await,
            ),
            C::HandOver(to) => {
                let to = the.heir(*to, &self.passwords);
                Answer::of(desk.tenant().hand_over(to).await)
            }
            other => Answer::Failed(format!("{} is not carried out anywhere", other.name())),
        }
    }
}

/// Everything else that takes a desk; none for what takes the world besides, or much space.
async fn at_desk(desk: &Desk, command: &Command, the: &Chooser<'_>) -> Option<Answer> {
    use Command as C;
    Some(match command {
        C::AddUnit(..) | C::RenameUnit(..) | C::MoveUnit(..) | C::RemoveUnit(_) => {
            with_units(desk, command, the).await?
        }
        C::AddRole(name, may) => Answer::of(desk.roles().add(new_role(name, the.permissions(may))).await),
        C::EditRole(role, name, may) => {
            let to = new_role(name, the.permissions(may));
            Answer::of(desk.roles().edit(the.role(*role), to).await)
        }
        C::RemoveRole(role) => Answer::of(desk.roles().remove(the.idle_role(*role)).await),
        C::AddEmployee(form) => Answer::of(desk.employees().add(employee(form, the)).await),
        C::EditEmployee(who, form) => Answer::of(desk.employees().edit(the.employee(*who), employee(form, the)).await),
        C::ChangeSupervisor(who, to) => {
            let to = to.map(|to| the.employee(to));
            Answer::of(desk.employees().change_supervisor(the.employee(*who), to).await)
        }
        C::MoveReports(from, to) => Answer::of(
            desk.employees()
                .move_reports(the.employee(*from), the.employee(*to))
                .await,
        ),
        C::RemoveEmployee(who) => Answer::of(desk.employees().remove(the.idle_employee(*who)).await),
        C::GetEmployee(who) => Answer::of(desk.employees().get(the.employee(*who)).await),
        C::EndSession(session) => Answer::of(desk.sessions().end(the.session(*session, false)).await),
        C::EndAllSessions(user) => Answer::of(desk.sessions().end_all(the.any_user(*user)).await),
        C::CountSeats => Answer::of(desk.seats().count().await),
        C::GetTenant => Answer::of(desk.tenant().get().await),
        C::RenameTenant(name) => Answer::of(desk.tenant().rename(name).await),
        C::ChangeSeatContract(contracted, above) => {
            let limit = above.map(|above| the.here.seats + i64::from(above));
            let limit = limit.map(|limit| u32::try_from(limit).unwrap_or(0));
            let contracted = u32::from(*contracted);
            Answer::of(
                desk.tenant()
                    .change_seat_contract(SeatContract { contracted, limit })
                    .await,
            )
        }
        C::SuspendTenant => Answer::of(desk.tenant().suspend().await),
        C::ReinstateTenant => Answer::of(desk.tenant().reinstate().await),
        C::MyUser => Answer::of(desk.me().user().await),
        C::EditMyProfile(name) => Answer::of(desk.me().edit_profile(ProfileEdit::new().first_name(name)).await),
        C::MySessions => Answer::of(desk.me().sessions(crate::Listing::new()).await),
        C::EndMySession(session) => Answer::of(desk.me().end_session(the.session(*session, true)).await),
        C::EndMyOtherSessions => Answer::of(desk.me().end_other_sessions().await),
        C::SignOut => Answer::of(desk.me().sign_out().await),
        _ => listed(desk, command, the).await?,
    })
}

async fn with_units(desk: &Desk, command: &Command, the: &Chooser<'_>) -> Option<Answer> {
    let units = desk.units();
    Some(match command {
        Command::AddUnit(name, below) => {
            // Every third is a client, so that there are some.
            let kind = if name.len() % 3 == 0 {
                UnitKind::Client
            } else {
                UnitKind::Department
            };
            let unit = NewUnit::new(name, kind);
            let unit = match below {
                Some(below) => unit.below(the.own_unit(*below)),
                None => unit,
            };
            Answer::of(units.add(unit).await)
        }
        Command::RenameUnit(unit, name) => Answer::of(units.rename(the.own_unit(*unit), name).await),
        Command::MoveUnit(unit, below) => {
            let unit = the.own_unit(*unit);
            let below = below.map(|below| the.unit_not_below(below, unit));
            Answer::of(units.move_below(unit, below).await)
        }
        Command::RemoveUnit(unit) => Answer::of(units.remove(the.empty_unit(*unit)).await),
        _ => return None,
    })
}

fn new_user(person: &Somebody) -> NewUser {
    NewUser::new(&person.first, &person.last, &person.email)
}

fn new_role(name: &str, permissions: Vec<String>) -> NewRole {
    NewRole::new(name).permissions(permissions)
}

fn employee(form: &EmployeeForm, the: &Chooser<'_>) -> NewEmployee {
    let mut employee = NewEmployee::new(&form.first, &form.last);
    employee.email.clone_from(&form.email);
    employee.signature.clone_from(&form.signature);
    employee.unit = form.unit.map(|unit| the.unit(unit));
    employee.supervisor = form.supervisor.map(|supervisor| the.employee(supervisor));
    employee
}

fn access(giving: &Giving, the: &Chooser<'_>) -> Access {
    let start = match giving.start {
        Beginning::Now => Start::Now,
        Beginning::On(day) => Start::At(the.day(day)),
        Beginning::WhenActivated => Start::WhenActivated,
    };
    Access {
        allowlist: crate::text::Allowlist::any(),
        grants: the.grants(&giving.grants),
        memberships: giving.units.iter().map(|unit| the.unit(*unit)).collect(),
        start,
        invite: giving.invite,
        message: None,
        api_only: false,
        status: None,
    }
}
