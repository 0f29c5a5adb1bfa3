//! Set changes (law 6): one statement each, and to the byte what [`SetChange::apply`] makes of every record.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, params};

use super::failure::Failure;
use super::references::exists;
use super::sql::{first, run, uuid};
use crate::clock::Timestamp;
use crate::id::{EmployeeId, SessionId, TenantId, UserId};
use crate::model::{
    ApiKey, ApiKeyState, EndReason, RecordId, Session, SessionState, Ticket, TicketPurpose, TicketState,
};
use crate::store::table::name_of;
use crate::store::{CommitError, SetChange};

/// Makes `tenure_replaced(text, before, after)` known to a connection: the text with the first `before` in it replaced; null
/// where there is none. SQLite's own `instr` and `replace` would go through each text twice.
pub(super) fn register(conn: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("tenure_replaced", 3, flags, replaced)
}

fn replaced(context: &Context<'_>) -> Result<Option<String>, rusqlite::Error> {
    let argument = |place| {
        let text = context.get_raw(place).as_str();
        text.map_err(|error| rusqlite::Error::UserFunctionError(error.into()))
    };
    let parts = argument(0)?.split_once(argument(1)?);
    let after = argument(2)?;
    Ok(parts.map(|(head, tail)| [head, after, tail].concat()))
}

/// Applies a set change; gives the number of records that it touched.
pub(super) fn apply(conn: &Connection, tenant: TenantId, set: &SetChange) -> Result<usize, Failure> {
    match set {
        SetChange::EndSessions {
            user,
            except,
            at,
            reason,
        } => end_sessions(conn, tenant, *user, *except, *at, *reason),
        SetChange::EndTickets { user, purpose, at } => end_tickets(conn, tenant, *user, *purpose, *at),
        SetChange::RevokeApiKeys { user, at } => revoke_api_keys(conn, tenant, *user, *at),
        SetChange::MoveReports { from, to, except } => move_reports(conn, tenant, *from, *to, *except),
    }
}

fn end_sessions(
    conn: &Connection,
    tenant: TenantId,
    user: UserId,
    except: Option<SessionId>,
    at: Timestamp,
    reason: EndReason,
) -> Result<usize, Failure> {
    let state = serde_json::to_string(&SessionState::Ended { at, reason })?;
    Ok(run(
        conn,
        "UPDATE tenure_session
         SET version = version + 1, body = json_set(body, '$.state', json(?1)),
             status = 'ended', status_until = NULL, status_next = NULL,
             ended_at = ?2, ended_because = ?3, due_at = ?4
         WHERE tenant = ?5 AND user = ?6 AND status = 'open' AND id IS NOT ?7",
        params![
            state,
            at.unix_micros(),
            name_of(&reason, "reason")?,
            at.saturating_add(Session::KEPT_AFTER_END).unix_micros(),
            tenant.as_uuid().as_bytes(),
            user.as_uuid().as_bytes(),
            except.as_ref().map(|session| session.as_uuid().as_bytes())
        ],
    )?)
}

/// A ticket that is open holds a key that says so, and gives it back here.
fn end_tickets(
    conn: &Connection,
    tenant: TenantId,
    user: UserId,
    purpose: Option<TicketPurpose>,
    at: Timestamp,
) -> Result<usize, Failure> {
    let tenant = tenant.as_uuid().as_bytes();
    let user = user.as_uuid().as_bytes();
    let purpose = purpose.map(|purpose| name_of(&purpose, "purpose")).transpose()?;
    let state = serde_json::to_string(&TicketState::Ended { at })?;
    run(
        conn,
        "DELETE FROM tenure_key
         WHERE tenant = ?1 AND kind = 'ticket' AND space = 'open_ticket' AND id IN (
             SELECT id FROM tenure_ticket
             WHERE tenant = ?1 AND user = ?2 AND status = 'open' AND (?3 IS NULL OR purpose = ?3))",
        params![tenant, user, purpose],
    )?;
    Ok(run(
        conn,
        "UPDATE tenure_ticket
         SET version = version + 1, body = json_set(body, '$.state', json(?1)),
             status = 'ended', status_until = NULL, status_next = NULL, due_at = ?2
         WHERE tenant = ?3 AND user = ?4 AND status = 'open' AND (?5 IS NULL OR purpose = ?5)",
        params![
            state,
            at.saturating_add(Ticket::KEPT_AFTER_END).unix_micros(),
            tenant,
            user,
            purpose
        ],
    )?)
}

fn revoke_api_keys(conn: &Connection, tenant: TenantId, user: UserId, at: Timestamp) -> Result<usize, Failure> {
    let state = serde_json::to_string(&ApiKeyState::Revoked { at })?;
    Ok(run(
        conn,
        "UPDATE tenure_api_key
         SET version = version + 1, body = json_set(body, '$.state', json(?1)),
             status = 'revoked', status_until = NULL, status_next = NULL, revoked_at = ?2, due_at = ?3
         WHERE tenant = ?4 AND user = ?5 AND status = 'open'",
        params![
            state,
            at.unix_micros(),
            at.saturating_add(ApiKey::KEPT_AFTER_END).unix_micros(),
            tenant.as_uuid().as_bytes(),
            user.as_uuid().as_bytes()
        ],
    )?)
}

/// The supervisor stands in the body as `"supervisor":"…"`, which no text in it can contain: replaced there without taking a
/// hundred thousand bodies apart.
fn move_reports(
    conn: &Connection,
    tenant: TenantId,
    from: EmployeeId,
    to: Option<EmployeeId>,
    except: Option<EmployeeId>,
) -> Result<usize, Failure> {
    let supervisor = serde_json::to_string(&to)?;
    let before = format!("\"supervisor\":{}", serde_json::to_string(&from)?);
    let after = format!("\"supervisor\":{supervisor}");
    Ok(run(
        conn,
        "UPDATE tenure_employee
         SET version = version + 1, supervisor = ?2, linked = 1,
             body = coalesce(tenure_replaced(body, ?6, ?7), json_set(body, '$.supervisor', json(?1)))
         WHERE tenant = ?3 AND supervisor = ?4 AND id IS NOT ?5",
        params![
            supervisor,
            to.as_ref().map(|employee| employee.as_uuid().as_bytes()),
            tenant.as_uuid().as_bytes(),
            from.as_uuid().as_bytes(),
            except.as_ref().map(|employee| employee.as_uuid().as_bytes()),
            before,
            after
        ],
    )?)
}

/// Refuses a set change after which records name one that does not exist when the commit ends (law 4).
pub(super) fn check_references(conn: &Connection, tenant: TenantId, set: &SetChange) -> Result<(), Failure> {
    let SetChange::MoveReports { to: Some(to), .. } = set else {
        return Ok(());
    };
    let to = RecordId::from(*to);
    if exists(conn, tenant, to)? {
        return Ok(());
    }
    let from = first(
        conn,
        "SELECT id FROM tenure_employee WHERE tenant = ?1 AND supervisor = ?2 ORDER BY +id LIMIT 1",
        params![tenant.as_uuid().as_bytes(), to.uuid().as_bytes()],
        |row| Ok(RecordId::Employee(uuid(row, 0)?.into())),
    )?;
    match from {
        Some(from) => Err(CommitError::MissingReference { from, to }.into()),
        None => Ok(()),
    }
}
