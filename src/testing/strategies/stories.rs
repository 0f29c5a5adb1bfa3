//! Stories: a few commands that need each other, so that what seldom finds what it needs succeeds too.

use proptest::collection::vec;
use proptest::prelude::*;

use super::arguments::{advances, days, emails, givings, good_names, key_forms, people};
use super::{commands, picks};
use crate::testing::commands::{Command, Giving, HostCheck, LinkPick, MailerMood, Origin, Pick, StatusVerb};

pub(super) fn commands_of_stories() -> impl Strategy<Value = Vec<Command>> {
    use Command as C;
    let new = |invite: bool| {
        (people(), givings()).prop_map(move |(who, giving)| {
            let invite = Some(invite);
            C::CreateUser(who, Giving { invite, ..giving })
        })
    };
    let pick = || (0_u16..11).prop_map(Pick);
    let last = || Pick(16 * 1_000);
    let accept = move || C::AcceptInvitation(LinkPick::Good(last()), None, true);
    let deliver = || C::DeliverMail(MailerMood::Takes);
    prop_oneof![
        4 => (picks(), days(), pick()).prop_map(|(who, until, which)| vec![C::Suspend(who, until), C::Reinstate(which)]),
        4 => (picks(), pick()).prop_map(|(who, which)| vec![C::Hold(who), C::Release(which)]),
        3 => (picks(), pick()).prop_map(|(who, which)| vec![C::Delete(who, HostCheck::Clear), C::Restore(which)]),
        1 => (picks(), pick()).prop_map(|(who, which)| vec![C::Disable(who), C::Reactivate(which)]),
        1 => (picks(), pick()).prop_map(|(who, which)| vec![C::Deactivate(who), C::Activate(which)]),
        1 => (picks(), days(), pick(), advances()).prop_map(|(who, day, which, time)| {
            vec![C::ScheduleEnd(who, day), C::AdvanceClock(time), C::Reactivate(which)]
        }),
        1 => (new(false), picks(), days()).prop_map(|(new, which, day)| vec![new, C::ScheduleStart(which, day)]),
        1 => (new(false), pick()).prop_map(|(new, which)| vec![new, C::Activate(which)]),
        1 => (new(false), pick(), picks()).prop_map(|(new, which, mail)| {
            vec![new, C::PreviewMail(mail, None), C::SendInvitation(which, None)]
        }),
        3 => (new(true), pick(), picks()).prop_map(|(new, which, again)| {
            vec![new, C::CancelInvitation(which), C::ResendInvitation(again)]
        }),
        3 => new(true).prop_map(move |new| vec![new, deliver(), C::PreviewInvitation(LinkPick::Good(last())), accept()]),
        1 => (new(true), picks()).prop_map(move |(new, again)| {
            vec![new, deliver(), C::ResendInvitation(again), accept()]
        }),
        3 => (new(true), pick()).prop_map(move |(new, which)| {
            vec![new, C::HandOutLink(which), C::PreviewInvitation(LinkPick::Good(last())), accept()]
        }),
        4 => (vec(picks(), 1..4), days(), vec(pick(), 1..3)).prop_map(|(who, until, which)| {
            let of = |verb, day, who| C::ChangeStatusOfMany(verb, day, who);
            vec![of(StatusVerb::Suspend, until, who), of(StatusVerb::Reinstate, None, which)]
        }),
        2 => commands().prop_map(|other| vec![C::SuspendTenant, other, C::ReinstateTenant]),
        2 => (good_names(), picks()).prop_map(|(name, which)| vec![C::AddRole(name, Vec::new()), C::RemoveRole(which)]),
        3 => (good_names(), picks(), picks()).prop_map(|(name, below, which)| {
            vec![C::AddUnit(name, Some(below)), C::RemoveUnit(which)]
        }),
        9 => (people(), givings(), picks()).prop_map(move |(who, giving, which)| {
            let invite = Some(true);
            let program = C::CreateProgram(who, Giving { invite, ..giving });
            vec![program, deliver(), accept(), C::SignInAtApi(which, true, Origin::Office)]
        }),
        55 => stories_of_access(),
    ]
}

fn stories_of_access() -> impl Strategy<Value = Vec<Command>> {
    use Command as C;
    let good = || (0_u16..26).prop_map(|number| LinkPick::Good(Pick(number)));
    let pick = || (0_u16..11).prop_map(Pick);
    let deliver = || C::DeliverMail(MailerMood::Takes);
    let office = Origin::Office;
    prop_oneof![
        7 => (picks(), good(), any::<bool>()).prop_map(move |(who, link, asked)| {
            let send = if asked { C::RequestReset(who, office) } else { C::SendReset(who) };
            vec![send, deliver(), C::PreviewReset(link), C::ResetPassword(link, true)]
        }),
        5 => (picks(), pick(), pick()).prop_map(move |(who, once, then)| {
            let replace = C::ReplaceOneTimePassword(then, true);
            vec![C::SendOneTimePassword(who), deliver(), C::SignInOnce(once, office), replace]
        }),
        10 => (emails(), good(), any::<bool>()).prop_map(move |(email, link, stop)| {
            let act = if stop { C::StopAddressChange(link) } else { C::ConfirmAddress(link) };
            let (one, other) = (C::PreviewStop(link), C::PreviewConfirmation(link));
            vec![C::ChangeMyAddress(email, Some(true)), deliver(), one, other, act]
        }),
        4 => emails().prop_map(|email| vec![C::ChangeMyAddress(email, Some(true)), C::CancelMyAddressChange]),
        4 => (emails(), pick()).prop_map(|(email, which)| {
            vec![C::ChangeMyAddress(email, Some(true)), C::CancelAddressChange(which)]
        }),
        5 => (picks(), emails(), pick()).prop_map(|(who, email, which)| {
            vec![C::ChangeAddress(who, email), C::CancelAddressChange(which)]
        }),
        6 => (picks(), 0_u8..12, pick(), pick()).prop_map(move |(who, number, login, unlink)| {
            let login = C::SignInAsserted(login, true, office);
            vec![C::LinkIdentity(who, number), login, C::UnlinkIdentity(unlink), C::SendReset(unlink)]
        }),
        2 => (picks(), pick()).prop_map(move |(who, locked)| {
            vec![C::Guess(who, 7, office), C::SignIn(who, true, office), C::EndLockout(locked)]
        }),
        6 => (picks(), key_forms(), pick(), pick()).prop_map(move |(who, form, used, revoked)| {
            vec![C::CreateKey(who, form), C::AuthenticateKey(used, office), C::RevokeKey(revoked)]
        }),
        4 => (key_forms(), pick(), pick()).prop_map(move |(form, used, revoked)| {
            vec![C::CreateMyKey(form), C::AuthenticateKey(used, office), C::RevokeMyKey(revoked)]
        }),
    ]
}
