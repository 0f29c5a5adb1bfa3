//! Edits as somebody had read, many at once, and what is looked for.

use std::fmt::Debug;

use super::listed::{in_pages, read};
use crate::desk::{Desk, Reports};
use crate::error::Error;
use crate::model::{StatusKind, Version};
use crate::rules::feed::EventSearch;
use crate::rules::roles::NewRole;
use crate::rules::security_report::ReportTo;
use crate::rules::users::{ProfileEdit, UserEdit};
use crate::testing::choose::Chooser;
use crate::testing::commands::{Command, EditForm, Edited, EventsWanted, Pick, Reading};
use crate::testing::world::{Answer, World};
use time::Duration;

impl World {
    /// What the world remembers something of: passwords that are void, links. None for everything else.
    pub(super) async fn at_desk_of_people(
        &mut self,
        desk: &Desk,
        command: &Command,
        the: &Chooser<'_>,
    ) -> Option<Answer> {
        Some(match command {
            Command::EditUser(user, form) => {
                let user = the.user(*user, |user| user.hold.is_none());
                let edited = Answer::of(desk.users().edit(user, edit(form, the)).await);
                // Who may call APIs only has no password.
                if form.api_only == Some(true) {
                    self.voided(user, edited)
                } else {
                    edited
                }
            }
            Command::HandOutLink(invitation) => self.hand_out(desk, *invitation, the).await,
            _ => return at_desk(desk, command, the).await,
        })
    }

    /// The link is good, and one of those that a recipient might use from now on.
    async fn hand_out(&mut self, desk: &Desk, invitation: Pick, the: &Chooser<'_>) -> Answer {
        use secrecy::ExposeSecret;
        let invitation = the.invitation(invitation, &[StatusKind::Invited]);
        let link = match desk.invitations().hand_out_link(invitation).await {
            Ok(link) => link,
            Err(error) => return Answer::of::<()>(Err(error)),
        };
        let Some((_, token)) = link.expose_secret().rsplit_once('=') else {
            return Answer::Failed("what was handed out is no link".to_owned());
        };
        self.keep_secret(token);
        self.mailed
            .extend(the.mail_of(invitation).map(|mail| (mail, token.to_owned())));
        // Handed out it is, whether or not the tenant is in use now.
        let previewed = Answer::of(self.tenure.preview_invitation(token).await);
        Answer::Done(format!("{previewed:?}"))
    }
}

fn edit(form: &EditForm, the: &Chooser<'_>) -> UserEdit {
    let mut edit = UserEdit::new();
    if let Some(first) = &form.first {
        edit = edit.profile(ProfileEdit::new().first_name(first));
    }
    if let Some(user_name) = &form.user_name {
        edit = edit.user_name(user_name);
    }
    if let Some(api_only) = form.api_only {
        edit = edit.api_only(api_only);
    }
    if let Some(grants) = &form.grants {
        edit = edit.grants(the.grants(grants));
    }
    if let Some(units) = &form.units {
        edit = edit.memberships(units.iter().map(|unit| the.unit(*unit)));
    }
    match form.networks.and_then(Chooser::networks) {
        Some(networks) => edit.allowlist(networks),
        None => edit,
    }
}

async fn at_desk(desk: &Desk, command: &Command, the: &Chooser<'_>) -> Option<Answer> {
    use Command as C;
    let users = desk.users();
    Some(match command {
        C::EditAsRead(edited) => edit_as_read(desk, edited, Reader::Up, the).await,
        C::EditUnread(edited) => edit_as_read(desk, edited, Reader::Behind, the).await,
        C::GrantRight(user, give) => {
            let user = the.user(*user, |user| user.hold.is_none());
            let grant = the.grants(std::slice::from_ref(give)).pop()?;
            Answer::of(users.grant(user, grant).await)
        }
        C::RevokeRight(user, which) => {
            let (user, grant) = the.right_held(*user, *which);
            Answer::of(users.revoke(user, &grant).await)
        }
        C::MoveRoleUsers(from, to) => {
            let roles = desk.roles();
            Answer::of(roles.move_users(the.held_role(*from), the.role(*to)).await)
        }
        C::CheckImport(form) => Answer::of(desk.bulk().check(&the.import(form)).await),
        C::Import(form) => Answer::of(desk.bulk().import(&the.import(form)).await),
        C::ChangeStatusOfMany(verb, day, who) => {
            let (change, states) = the.status(*verb, *day);
            let who = who.iter().map(|user| the.user_who_is(*user, states));
            Answer::of(desk.bulk().change_status(who, change).await)
        }
        C::SecurityReport(user) => Answer::of(users.security_report(the.any_user(*user)).await),
        C::MailSecurityReport(user, to_them) => {
            let to = if *to_them { ReportTo::User } else { ReportTo::Asking };
            Answer::of(users.send_security_report(the.any_user(*user), to).await)
        }
        C::SearchEvents(wanted) => Answer::of(events(desk, *wanted, the).await),
        _ => return listed(desk, command, the).await,
    })
}

/// What is listed, searched and taken out, to its end.
async fn listed(desk: &Desk, command: &Command, the: &Chooser<'_>) -> Option<Answer> {
    use Command as C;
    Some(match command {
        C::SearchUsers(search) => {
            let users = desk.users();
            in_pages(the.searched(search), async |listing| users.list(listing).await).await
        }
        C::SearchEmployees(search) => {
            let employees = desk.employees();
            in_pages(the.searched(search), async |listing| employees.list(listing).await).await
        }
        C::ListReports(who, all, how) => {
            let (employees, who) = (desk.employees(), the.employee(*who));
            let how_far = if *all { Reports::All } else { Reports::Direct };
            let everywhere = Reading { within: None, ..*how };
            let ask = async |listing| employees.reports(who, how_far, listing).await;
            read(everywhere, the, ask).await
        }
        C::ExportEmployees(page) => {
            let (bulk, limit) = (desk.bulk(), u32::from(*page));
            let ask = async |after| bulk.export_employees(after, limit).await;
            exported(ask).await
        }
        C::ExportUsers(page) => {
            let (bulk, limit) = (desk.bulk(), u32::from(*page));
            let ask = async |after| bulk.export_users(after, limit).await;
            exported(ask).await
        }
        _ => return None,
    })
}

async fn exported<T: Debug>(
    ask: impl AsyncFn(Option<crate::desk::PageCursor>) -> Result<crate::desk::Listed<T>, Error>,
) -> Answer {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = match ask(after).await {
            Ok(page) => page,
            Err(error) => return Answer::of::<()>(Err(error)),
        };
        rows.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Answer::Done(format!("{rows:?}")),
        }
    }
}

/// Events, looked for to the log's end; without the positions, which are the store's own.
async fn events(desk: &Desk, wanted: EventsWanted, the: &Chooser<'_>) -> Result<String, Error> {
    let mut search = EventSearch::new();
    if let Some(user) = wanted.about {
        search = search.about(the.any_user(user));
    }
    if let Some(user) = wanted.by {
        search = search.by(the.any_user(user));
    }
    if wanted.named {
        search = search.named(["signed_in", "status_changed", "user_created", "grants_changed"]);
    }
    if wanted.lately {
        search = search.since(the.now().saturating_add(-Duration::DAY));
    }
    let mut told = Vec::new();
    loop {
        let page = desk.history().search_events(search.clone()).await?;
        told.extend(page.entries.into_iter().map(|entry| (entry.commit, entry.event)));
        if !page.more {
            return Ok(format!("{told:?}"));
        }
        search = search.after(page.position);
    }
}

/// Whether somebody who edits had read what there is.
#[derive(Clone, Copy, PartialEq)]
enum Reader {
    /// They had.
    Up,
    /// They had read what it was, and are told so.
    Behind,
}

impl Reader {
    fn version(self, the: &Chooser<'_>, id: impl Into<crate::model::RecordId>) -> Version {
        match self {
            Self::Up => the.version(id),
            Self::Behind => the.other_version(id),
        }
    }

    fn answer<T: Debug>(self, edited: Result<T, Error>) -> Answer {
        match (self, edited) {
            (Self::Behind, Err(Error::Stale(stale))) => Answer::Done(format!("{stale:?}")),
            (Self::Behind, Ok(_)) => Answer::Failed("an edit of what had not been read was done".to_owned()),
            (_, edited) => Answer::of(edited),
        }
    }
}

async fn edit_as_read(desk: &Desk, edited: &Edited, reader: Reader, the: &Chooser<'_>) -> Answer {
    match edited {
        Edited::Profile(user, name) => {
            let user = the.any_user(*user);
            let users = desk.users().if_unchanged(reader.version(the, user));
            reader.answer(users.edit_profile(user, ProfileEdit::new().first_name(name)).await)
        }
        Edited::Memberships(user, units) => {
            let user = the.any_user(*user);
            let units: Vec<_> = units.iter().map(|unit| the.unit(*unit)).collect();
            let users = desk.users().if_unchanged(reader.version(the, user));
            reader.answer(users.change_memberships(user, units).await)
        }
        Edited::Supervisor(employee, to) => {
            let (employee, to) = (the.employee(*employee), to.map(|to| the.employee(to)));
            let employees = desk.employees().if_unchanged(reader.version(the, employee));
            reader.answer(employees.change_supervisor(employee, to).await)
        }
        Edited::Unit(unit, name) => {
            let unit = the.own_unit(*unit);
            let units = desk.units().if_unchanged(reader.version(the, unit));
            reader.answer(units.rename(unit, name).await)
        }
        Edited::Role(role, name) => {
            let role = the.role(*role);
            let to = NewRole::new(name).permissions(the.allowed_by(role));
            let roles = desk.roles().if_unchanged(reader.version(the, role));
            reader.answer(roles.edit(role, to).await)
        }
        Edited::Tenant(name) => {
            let tenant = desk.tenant().if_unchanged(reader.version(the, desk.tenant_id()));
            reader.answer(tenant.rename(name).await)
        }
    }
}
