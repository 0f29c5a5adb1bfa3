//! Every command, with how its arguments are drawn and how often it comes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::arguments::{
    advances, days, emails, employee_forms, given, givings, good_names, key_forms, links, names_or_not, networks,
    origins, people, readings,
};
use super::people::people_calls;
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
        people_calls(),
    ];
    parts.into_iter().flatten().collect()
}

pub(super) type Weighted = Vec<(u32, BoxedStrategy<Command>)>;

fn open_calls() -> Weighted {
    use Command as C;
    vec![
        (
            95,
            (good_names(), people())
                .prop_map(|(name, owner)| C::FoundTenant(name, owner))
                .boxed(),
        ),
        (
            130,
            (picks(), prop::bool::weighted(0.8), origins())
                .prop_map(|(user, right, from)| C::SignIn(user, right, from))
                .boxed(),
        ),
        (120, picks().prop_map(C::Authenticate).boxed()),
        (190, links().prop_map(C::PreviewInvitation).boxed()),
        (
            180,
            (
                links(),
                option::weighted(0.2, person_names()),
                prop::bool::weighted(0.9),
            )
                .prop_map(|(link, name, good)| C::AcceptInvitation(link, name, good))
                .boxed(),
        ),
        (80, Just(C::Health).boxed()),
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
        (700, advances().prop_map(C::AdvanceClock).boxed()),
        (15, moods.prop_map(C::DeliverMail).boxed()),
        (75, Just(C::BreakMailer).boxed()),
        (85, any::<bool>().prop_map(C::SettleDue).boxed()),
    ]
}

fn unit_and_role_calls() -> Weighted {
    use Command as C;
    let permissions = || vec(picks(), 0..4);
    vec![
        (
            80,
            (names_or_not(), option::weighted(0.8, picks()))
                .prop_map(|(name, below)| C::AddUnit(name, below))
                .boxed(),
        ),
        (
            115,
            (picks(), names_or_not())
                .prop_map(|(unit, name)| C::RenameUnit(unit, name))
                .boxed(),
        ),
        (
            150,
            (picks(), option::weighted(0.8, picks()))
                .prop_map(|(unit, below)| C::MoveUnit(unit, below))
                .boxed(),
        ),
        (220, picks().prop_map(C::RemoveUnit).boxed()),
        (95, readings().prop_map(C::ListUnits).boxed()),
        (
            95,
            (names_or_not(), permissions())
                .prop_map(|(name, may)| C::AddRole(name, may))
                .boxed(),
        ),
        (
            165,
            (picks(), names_or_not(), permissions())
                .prop_map(|(role, name, may)| C::EditRole(role, name, may))
                .boxed(),
        ),
        (200, picks().prop_map(C::RemoveRole).boxed()),
        (95, readings().prop_map(C::ListRoles).boxed()),
    ]
}

fn employee_calls() -> Weighted {
    use Command as C;
    vec![
        (125, employee_forms().prop_map(C::AddEmployee).boxed()),
        (
            160,
            (picks(), employee_forms())
                .prop_map(|(who, form)| C::EditEmployee(who, form))
                .boxed(),
        ),
        (
            155,
            (picks(), option::weighted(0.8, picks()))
                .prop_map(|(who, to)| C::ChangeSupervisor(who, to))
                .boxed(),
        ),
        (
            220,
            (picks(), picks())
                .prop_map(|(from, to)| C::MoveReports(from, to))
                .boxed(),
        ),
        (165, picks().prop_map(C::RemoveEmployee).boxed()),
        (120, picks().prop_map(C::GetEmployee).boxed()),
        (105, readings().prop_map(C::ListEmployees).boxed()),
        (
            105,
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
            245,
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
            235,
            (people(), picks(), givings())
                .prop_map(|(who, client, giving)| C::CreateExternal(who, client, giving))
                .boxed(),
        ),
        (105, picks().prop_map(C::GetUser).boxed()),
        (
            100,
            (prop::bool::weighted(0.2), readings())
                .prop_map(|(gone, how)| C::ListUsers(gone, how))
                .boxed(),
        ),
        (
            150,
            (picks(), given())
                .prop_map(|(user, grants)| C::ChangeGrants(user, grants))
                .boxed(),
        ),
        (
            135,
            (picks(), vec(picks(), 0..3))
                .prop_map(|(user, units)| C::ChangeMemberships(user, units))
                .boxed(),
        ),
        (
            120,
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
        (130, picks().prop_map(C::Activate).boxed()),
        (
            200,
            (picks(), days())
                .prop_map(|(user, day)| C::ScheduleStart(user, day))
                .boxed(),
        ),
        (105, picks().prop_map(C::Deactivate).boxed()),
        (
            100,
            (picks(), days())
                .prop_map(|(user, day)| C::ScheduleEnd(user, day))
                .boxed(),
        ),
        (
            85,
            (picks(), days())
                .prop_map(|(user, until)| C::Suspend(user, until))
                .boxed(),
        ),
        (110, picks().prop_map(C::Reinstate).boxed()),
        (100, picks().prop_map(C::Disable).boxed()),
        (135, picks().prop_map(C::Reactivate).boxed()),
        (
            105,
            (picks(), checks())
                .prop_map(|(user, check)| C::DeletionReport(user, check))
                .boxed(),
        ),
        (60, picks().prop_map(C::Hold).boxed()),
        (100, picks().prop_map(C::Release).boxed()),
        (
            25,
            (picks(), checks())
                .prop_map(|(user, check)| C::Delete(user, check))
                .boxed(),
        ),
        (145, picks().prop_map(C::Restore).boxed()),
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
            250,
            (picks(), messages())
                .prop_map(|(user, message)| C::SendInvitation(user, message))
                .boxed(),
        ),
        (145, picks().prop_map(C::ResendInvitation).boxed()),
        (
            170,
            (picks(), messages())
                .prop_map(|(user, message)| C::PreviewMail(user, message))
                .boxed(),
        ),
        (145, picks().prop_map(C::CancelInvitation).boxed()),
        (90, readings().prop_map(C::ListInvitations).boxed()),
        (95, picks().prop_map(C::ListMails).boxed()),
    ]
}

fn session_calls() -> Weighted {
    use Command as C;
    vec![
        (115, readings().prop_map(C::ActiveSessions).boxed()),
        (105, picks().prop_map(C::SessionsOf).boxed()),
        (135, picks().prop_map(C::EndSession).boxed()),
        (115, picks().prop_map(C::EndAllSessions).boxed()),
        (
            110,
            (picks(), readings())
                .prop_map(|(user, how)| C::AttemptsOf(user, how))
                .boxed(),
        ),
        (125, readings().prop_map(C::AllAttempts).boxed()),
        (120, (1_u8..40).prop_map(C::ReadEvents).boxed()),
        (95, Just(C::MyUser).boxed()),
        (95, person_names().prop_map(C::EditMyProfile).boxed()),
        (95, Just(C::MySessions).boxed()),
        (125, picks().prop_map(C::EndMySession).boxed()),
        (90, Just(C::EndMyOtherSessions).boxed()),
        (100, Just(C::SignOut).boxed()),
    ]
}

fn tenant_calls() -> Weighted {
    use Command as C;
    vec![
        (125, Just(C::CountSeats).boxed()),
        (90, Just(C::GetTenant).boxed()),
        (125, names_or_not().prop_map(C::RenameTenant).boxed()),
        (
            190,
            (0_u8..20, option::weighted(0.4, -1_i8..6))
                .prop_map(|(contracted, above)| C::ChangeSeatContract(contracted, above))
                .boxed(),
        ),
        (155, picks().prop_map(C::HandOver).boxed()),
        (45, Just(C::SuspendTenant).boxed()),
        (50, Just(C::ReinstateTenant).boxed()),
    ]
}

/// A command with what its arguments are drawn from.
pub(super) fn row<A>(
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
        row(75, (picks(), 1_u8..8, origins()), |(user, times, from)| {
            C::Guess(user, times, from)
        }),
        row(60, (picks(), origins()), |(user, from)| C::SignInOnce(user, from)),
        row(60, (picks(), often, origins()), |(user, right, from)| {
            C::SignInAtApi(user, right, from)
        }),
        row(50, (picks(), often), |(user, good)| {
            C::ReplaceOneTimePassword(user, good)
        }),
        row(80, (picks(), often, origins()), |(user, known, from)| {
            C::SignInAsserted(user, known, from)
        }),
        row(80, (picks(), origins()), |(key, from)| C::AuthenticateKey(key, from)),
        row(140, (often, often), |(right, good)| C::ChangeMyPassword(right, good)),
    ]
}

fn link_calls() -> Weighted {
    use Command as C;
    let good = prop::bool::weighted(0.9);
    vec![
        row(50, (picks(), origins()), |(user, from)| C::RequestReset(user, from)),
        row(40, links(), C::PreviewReset),
        row(40, (links(), good), |(link, good)| C::ResetPassword(link, good)),
        row(40, links(), C::PreviewConfirmation),
        row(50, links(), C::ConfirmAddress),
        row(40, links(), C::PreviewStop),
        row(40, links(), C::StopAddressChange),
    ]
}

fn address_calls() -> Weighted {
    use Command as C;
    let proofs = || option::weighted(0.7, prop::bool::weighted(0.9));
    vec![
        row(70, (picks(), emails()), |(user, email)| C::ChangeAddress(user, email)),
        row(30, picks(), C::CancelAddressChange),
        row(30, (emails(), proofs()), |(email, proof)| {
            C::ChangeMyAddress(email, proof)
        }),
        row(30, Just(()), |()| C::CancelMyAddressChange),
    ]
}

fn access_calls() -> Weighted {
    use Command as C;
    vec![
        row(190, (people(), givings()), |(who, giving)| {
            C::CreateProgram(who, giving)
        }),
        row(80, (picks(), 0_u8..12), |(user, number)| C::LinkIdentity(user, number)),
        row(80, picks(), C::UnlinkIdentity),
        row(140, (picks(), networks()), |(user, list)| {
            C::ChangeAllowlist(user, list)
        }),
        row(130, picks(), C::ShowLockout),
        row(80, picks(), C::EndLockout),
        row(120, (picks(), origins()), |(user, from)| C::ExplainSignIn(user, from)),
        row(130, (picks(), picks(), option::of(picks())), |(user, what, unit)| {
            C::ExplainPermission(user, what, unit)
        }),
        row(60, picks(), C::SendReset),
        row(40, picks(), C::SendOneTimePassword),
        row(100, (option::of(picks()), any::<bool>()), |(user, failed)| {
            C::SearchAttempts(user, failed)
        }),
    ]
}

fn key_calls() -> Weighted {
    use Command as C;
    vec![
        row(75, (picks(), key_forms()), |(user, form)| C::CreateKey(user, form)),
        row(100, picks(), C::RevokeKey),
        row(115, picks(), C::RevokeKeysOf),
        row(110, readings(), C::ListKeys),
        row(115, picks(), C::KeysOf),
        row(50, key_forms(), C::CreateMyKey),
        row(55, picks(), C::RevokeMyKey),
        row(95, Just(()), |()| C::RevokeMyKeys),
        row(120, Just(()), |()| C::MyKeys),
    ]
}
