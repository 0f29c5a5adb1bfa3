//! Every command, with how its arguments are drawn and how often it comes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arguments::*;
use super::{person_names, picks};
use crate::testing::commands::{Command, HostCheck, MailerMood};

/// Every command, with how often it comes in a hundred [`sequences`], those in [`stories`] aside.
pub(super) fn weighted_commands() -> Weighted {
    let parts = [
        open_calls(),
        host_calls(),
        unit_and_role_calls(),
        employee_calls(),
        user_calls(),
        status_calls(),
        invitation_calls(),
        session_calls(),
        login_calls(),
        link_calls(),
        address_calls(),
        access_calls(),
        key_calls(),
        tenant_calls(),
    ];
    parts.into_iter().flatten().collect()
}

pub(super) type Weighted = Vec<(u32, BoxedStrategy<Command>)>;

fn open_calls() -> Weighted {
    use Command as C;
    vec![
        (
            135,
            (good_names(), people())
                .prop_map(|(name, owner)| C::FoundTenant(name, owner))
                .boxed(),
        ),
        (
            225,
            (picks(), prop::bool::weighted(0.8), origins())
                .prop_map(|(user, right, from)| C::SignIn(user, right, from))
                .boxed(),
        ),
        (185, picks().prop_map(C::Authenticate).boxed()),
        (400, links().prop_map(C::PreviewInvitation).boxed()),
        (
            360,
            (
                links(),
                option::weighted(0.2, person_names()),
                prop::bool::weighted(0.9),
            )
                .prop_map(|(link, name, good)| C::AcceptInvitation(link, name, good))
                .boxed(),
        ),
        (125, Just(C::Health).boxed()),
    ]
}

fn host_calls() -> Weighted {
    use Command as C;
    let moods = prop_oneof![
        8 => Just(MailerMood::Takes),
        1 => Just(MailerMood::FailsOnce),
        1 => Just(MailerMood::RefusesOnce),
    ];
    vec![
        (800, advances().prop_map(C::AdvanceClock).boxed()),
        (15, moods.prop_map(C::DeliverMail).boxed()),
        (115, Just(C::BreakMailer).boxed()),
        (120, any::<bool>().prop_map(C::SettleDue).boxed()),
    ]
}

fn unit_and_role_calls() -> Weighted {
    use Command as C;
    let permissions = || vec(picks(), 0..4);
    vec![
        (
            110,
            (names_or_not(), option::weighted(0.8, picks()))
                .prop_map(|(name, below)| C::AddUnit(name, below))
                .boxed(),
        ),
        (
            170,
            (picks(), names_or_not())
                .prop_map(|(unit, name)| C::RenameUnit(unit, name))
                .boxed(),
        ),
        (
            220,
            (picks(), option::weighted(0.8, picks()))
                .prop_map(|(unit, below)| C::MoveUnit(unit, below))
                .boxed(),
        ),
        (400, picks().prop_map(C::RemoveUnit).boxed()),
        (145, readings().prop_map(C::ListUnits).boxed()),
        (
            150,
            (names_or_not(), permissions())
                .prop_map(|(name, may)| C::AddRole(name, may))
                .boxed(),
        ),
        (
            220,
            (picks(), names_or_not(), permissions())
                .prop_map(|(role, name, may)| C::EditRole(role, name, may))
                .boxed(),
        ),
        (400, picks().prop_map(C::RemoveRole).boxed()),
        (155, readings().prop_map(C::ListRoles).boxed()),
    ]
}

fn employee_calls() -> Weighted {
    use Command as C;
    vec![
        (185, employee_forms().prop_map(C::AddEmployee).boxed()),
        (
            240,
            (picks(), employee_forms())
                .prop_map(|(who, form)| C::EditEmployee(who, form))
                .boxed(),
        ),
        (
            240,
            (picks(), option::weighted(0.8, picks()))
                .prop_map(|(who, to)| C::ChangeSupervisor(who, to))
                .boxed(),
        ),
        (
            315,
            (picks(), picks())
                .prop_map(|(from, to)| C::MoveReports(from, to))
                .boxed(),
        ),
        (210, picks().prop_map(C::RemoveEmployee).boxed()),
        (185, picks().prop_map(C::GetEmployee).boxed()),
        (160, readings().prop_map(C::ListEmployees).boxed()),
        (
            150,
            (any::<bool>(), readings())
                .prop_map(|(without, how)| C::Candidates(without, how))
                .boxed(),
        ),
    ]
}

fn user_calls() -> Weighted {
    use Command as C;
    vec![
        (
            385,
            (picks(), givings())
                .prop_map(|(employee, giving)| C::CreateUserFor(employee, giving))
                .boxed(),
        ),
        (
            15,
            (people(), givings())
                .prop_map(|(who, giving)| C::CreateUser(who, giving))
                .boxed(),
        ),
        (
            340,
            (people(), picks(), givings())
                .prop_map(|(who, client, giving)| C::CreateExternal(who, client, giving))
                .boxed(),
        ),
        (145, picks().prop_map(C::GetUser).boxed()),
        (
            140,
            (prop::bool::weighted(0.2), readings())
                .prop_map(|(gone, how)| C::ListUsers(gone, how))
                .boxed(),
        ),
        (
            230,
            (picks(), given())
                .prop_map(|(user, grants)| C::ChangeGrants(user, grants))
                .boxed(),
        ),
        (
            190,
            (picks(), vec(picks(), 0..3))
                .prop_map(|(user, units)| C::ChangeMemberships(user, units))
                .boxed(),
        ),
        (
            180,
            (picks(), person_names())
                .prop_map(|(user, name)| C::EditProfile(user, name))
                .boxed(),
        ),
    ]
}

fn status_calls() -> Weighted {
    use Command as C;
    let checks = || {
        prop_oneof![
            6 => Just(HostCheck::Clear),
            1 => (0_u8..3).prop_map(HostCheck::Blocks),
            1 => Just(HostCheck::Fails),
        ]
    };
    vec![
        (155, picks().prop_map(C::Activate).boxed()),
        (
            370,
            (picks(), days())
                .prop_map(|(user, day)| C::ScheduleStart(user, day))
                .boxed(),
        ),
        (140, picks().prop_map(C::Deactivate).boxed()),
        (
            145,
            (picks(), days())
                .prop_map(|(user, day)| C::ScheduleEnd(user, day))
                .boxed(),
        ),
        (
            105,
            (picks(), days())
                .prop_map(|(user, until)| C::Suspend(user, until))
                .boxed(),
        ),
        (400, picks().prop_map(C::Reinstate).boxed()),
        (185, picks().prop_map(C::Disable).boxed()),
        (290, picks().prop_map(C::Reactivate).boxed()),
        (
            160,
            (picks(), checks())
                .prop_map(|(user, check)| C::DeletionReport(user, check))
                .boxed(),
        ),
        (80, picks().prop_map(C::Hold).boxed()),
        (400, picks().prop_map(C::Release).boxed()),
        (
            45,
            (picks(), checks())
                .prop_map(|(user, check)| C::Delete(user, check))
                .boxed(),
        ),
        (250, picks().prop_map(C::Restore).boxed()),
    ]
}

fn invitation_calls() -> Weighted {
    use Command as C;
    let messages = || {
        option::weighted(
            0.2,
            prop_oneof![Just("Welcome!\nSee you".to_owned()), Just("\0".to_owned())],
        )
    };
    vec![
        (
            400,
            (picks(), messages())
                .prop_map(|(user, message)| C::SendInvitation(user, message))
                .boxed(),
        ),
        (210, picks().prop_map(C::ResendInvitation).boxed()),
        (
            265,
            (picks(), messages())
                .prop_map(|(user, message)| C::PreviewMail(user, message))
                .boxed(),
        ),
        (235, picks().prop_map(C::CancelInvitation).boxed()),
        (135, readings().prop_map(C::ListInvitations).boxed()),
        (125, picks().prop_map(C::ListMails).boxed()),
    ]
}

fn session_calls() -> Weighted {
    use Command as C;
    vec![
        (145, readings().prop_map(C::ActiveSessions).boxed()),
        (150, picks().prop_map(C::SessionsOf).boxed()),
        (165, picks().prop_map(C::EndSession).boxed()),
        (175, picks().prop_map(C::EndAllSessions).boxed()),
        (
            155,
            (picks(), readings())
                .prop_map(|(user, how)| C::AttemptsOf(user, how))
                .boxed(),
        ),
        (185, readings().prop_map(C::AllAttempts).boxed()),
        (160, (1_u8..40).prop_map(C::ReadEvents).boxed()),
        (170, Just(C::MyUser).boxed()),
        (165, person_names().prop_map(C::EditMyProfile).boxed()),
        (150, Just(C::MySessions).boxed()),
        (195, picks().prop_map(C::EndMySession).boxed()),
        (145, Just(C::EndMyOtherSessions).boxed()),
        (160, Just(C::SignOut).boxed()),
    ]
}

fn tenant_calls() -> Weighted {
    use Command as C;
    vec![
        (170, Just(C::CountSeats).boxed()),
        (125, Just(C::GetTenant).boxed()),
        (180, names_or_not().prop_map(C::RenameTenant).boxed()),
        (
            320,
            (0_u8..20, option::weighted(0.4, -1_i8..6))
                .prop_map(|(contracted, above)| C::ChangeSeatContract(contracted, above))
                .boxed(),
        ),
        (200, picks().prop_map(C::HandOver).boxed()),
        (55, Just(C::SuspendTenant).boxed()),
        (60, Just(C::ReinstateTenant).boxed()),
    ]
}

/// A command with what its arguments are drawn from.
fn row<A>(
    weight: u32,
    of: impl Strategy<Value = A> + 'static,
    command: fn(A) -> Command,
) -> (u32, BoxedStrategy<Command>)
where
    A: std::fmt::Debug + 'static,
{
    (weight, of.prop_map(command).boxed())
}

fn login_calls() -> Weighted {
    use Command as C;
    let often = prop::bool::weighted(0.9);
    vec![
        row(110, (picks(), 1_u8..8, origins()), |(user, times, from)| {
            C::Guess(user, times, from)
        }),
        row(250, (picks(), origins()), |(user, from)| C::SignInOnce(user, from)),
        row(200, (picks(), often), |(user, good)| {
            C::ReplaceOneTimePassword(user, good)
        }),
        row(250, (picks(), often, origins()), |(user, known, from)| {
            C::SignInAsserted(user, known, from)
        }),
        row(200, (picks(), origins()), |(key, from)| C::AuthenticateKey(key, from)),
        row(130, (often, often), |(right, good)| C::ChangeMyPassword(right, good)),
    ]
}

fn link_calls() -> Weighted {
    use Command as C;
    let good = prop::bool::weighted(0.9);
    vec![
        row(130, (picks(), origins()), |(user, from)| C::RequestReset(user, from)),
        row(300, links(), C::PreviewReset),
        row(300, (links(), good), |(link, good)| C::ResetPassword(link, good)),
        row(300, links(), C::PreviewConfirmation),
        row(300, links(), C::ConfirmAddress),
        row(300, links(), C::PreviewStop),
        row(300, links(), C::StopAddressChange),
    ]
}

fn address_calls() -> Weighted {
    use Command as C;
    let proofs = || option::weighted(0.7, prop::bool::weighted(0.9));
    vec![
        row(190, (picks(), emails()), |(user, email)| C::ChangeAddress(user, email)),
        row(300, picks(), C::CancelAddressChange),
        row(170, (emails(), proofs()), |(email, proof)| {
            C::ChangeMyAddress(email, proof)
        }),
        row(250, Just(()), |()| C::CancelMyAddressChange),
    ]
}

fn access_calls() -> Weighted {
    use Command as C;
    vec![
        row(190, (people(), givings()), |(who, giving)| {
            C::CreateProgram(who, giving)
        }),
        row(130, (picks(), 0_u8..12), |(user, number)| C::LinkIdentity(user, number)),
        row(300, picks(), C::UnlinkIdentity),
        row(160, (picks(), networks()), |(user, list)| {
            C::ChangeAllowlist(user, list)
        }),
        row(150, picks(), C::ShowLockout),
        row(150, picks(), C::EndLockout),
        row(170, (picks(), origins()), |(user, from)| C::ExplainSignIn(user, from)),
        row(150, (picks(), picks(), option::of(picks())), |(user, what, unit)| {
            C::ExplainPermission(user, what, unit)
        }),
        row(150, picks(), C::SendReset),
        row(120, picks(), C::SendOneTimePassword),
        row(200, (option::of(picks()), any::<bool>()), |(user, failed)| {
            C::SearchAttempts(user, failed)
        }),
    ]
}

fn key_calls() -> Weighted {
    use Command as C;
    vec![
        row(250, (picks(), key_forms()), |(user, form)| C::CreateKey(user, form)),
        row(250, picks(), C::RevokeKey),
        row(130, picks(), C::RevokeKeysOf),
        row(170, readings(), C::ListKeys),
        row(170, picks(), C::KeysOf),
        row(180, key_forms(), C::CreateMyKey),
        row(250, picks(), C::RevokeMyKey),
        row(120, Just(()), |()| C::RevokeMyKeys),
        row(150, Just(()), |()| C::MyKeys),
    ]
}
