//! What records are found by: the rows of `tenure_search`, and the one matcher as a function of SQL.

use std::collections::BTreeMap;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::sql::run;
use crate::id::TenantId;
use crate::model::{RecordId, RecordKind};
use crate::store::table::{has_text, table};
use crate::text::{SearchField, SearchPattern, SearchText};

/// Makes `tenure_matches(text, pattern, mark)` known to a connection: [`SearchPattern::matches`]. The mark is null, or the
/// code of the character before the field.
pub(super) fn register(conn: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("tenure_matches", 3, flags, matches)
}

fn matches(context: &Context<'_>) -> Result<bool, rusqlite::Error> {
    let parse =
        |value: rusqlite::types::ValueRef<'_>| -> Result<SearchPattern, Box<dyn std::error::Error + Send + Sync>> {
            Ok(SearchPattern::new(value.as_str()?)?)
        };
    // Parsed once for each run of a statement.
    let pattern = context.get_or_create_aux(1, parse)?;
    let mark: Option<u32> = context.get(2)?;
    let field = SearchField::ALL
        .into_iter()
        .find(|field| Some(field.mark() as u32) == mark);
    let text = context.get_raw(0);
    let text = text
        .as_str()
        .map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
    Ok(pattern.matches(text, field))
}

/// Refuses an SQLite that has no trigrams.
pub(super) fn check(conn: &Connection) -> Result<(), Failure> {
    conn.execute_batch(
        "CREATE VIRTUAL TABLE temp.tenure_search_check USING fts5 (text, tokenize = 'trigram case_sensitive 1');
         DROP TABLE temp.tenure_search_check;",
    )
    .map_err(Failure::WithoutSearch)
}

/// The number of a row of `tenure_search` is that of the record's own row, eight times, and this: so an index of either leads
/// to the other.
pub(super) fn place(kind: RecordKind) -> i64 {
    match kind {
        RecordKind::Tenant => 0,
        RecordKind::Unit => 1,
        RecordKind::Role => 2,
        RecordKind::Employee => 3,
        RecordKind::User => 4,
        RecordKind::ApiKey => 5,
        // Found by nothing of their own.
        _ => 7,
    }
}

/// Of users and employees, what they are listed by comes from their rows.
fn insertion(kind: RecordKind) -> String {
    let listed = match kind {
        RecordKind::User => {
            ", status, created_key, name_key, signature_key, first_name_key, display_name_key, user_name_key, address_key"
        }
        RecordKind::Employee => ", created_key, name_key, signature_key, first_name_key, address_key",
        _ => "",
    };
    format!(
        "INSERT INTO tenure_search (doc, tenant, kind, id, scope, text{listed})
         SELECT rowid * 8 + {}, ?1, ?2, ?3, ?4, ?5{listed} FROM {} WHERE tenant = ?1 AND id = ?3",
        place(kind),
        table(kind)
    )
}

/// The rows of a commit that stand in `tenure_search` and not yet in its index: by kind, the first number and the last.
///
/// They are indexed together, by one statement. Where a trigger does it row by row, SQLite has FTS5 write out what it has
/// gathered before each row, and merge that again: six times the work for twenty thousand.
#[derive(Default)]
pub(super) struct Unindexed(BTreeMap<i64, (i64, i64)>);

impl Unindexed {
    /// Writes what a new record is found by.
    pub(super) fn add(
        &mut self,
        conn: &Connection,
        tenant: TenantId,
        record: RecordId,
        text: &SearchText,
    ) -> Result<(), Failure> {
        let kind = record.kind();
        run(
            conn,
            &insertion(kind),
            params![
                tenant.as_uuid().as_bytes(),
                kind.as_str(),
                record.uuid().as_bytes(),
                scope(tenant, kind),
                text.as_str()
            ],
        )?;
        // Within a kind numbers rise: a new row has one more than the largest there is.
        let doc = conn.last_insert_rowid();
        self.0.entry(place(kind)).or_insert((doc, doc)).1 = doc;
        Ok(())
    }

    /// Writes what a record is found by from now on, where that is not what stands there.
    pub(super) fn change(
        &mut self,
        conn: &Connection,
        tenant: TenantId,
        record: RecordId,
        text: &SearchText,
    ) -> Result<(), Failure> {
        self.index(conn)?;
        run(
            conn,
            "UPDATE tenure_search SET text = ?4 WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND text IS NOT ?4",
            params![
                tenant.as_uuid().as_bytes(),
                record.kind().as_str(),
                record.uuid().as_bytes(),
                text.as_str()
            ],
        )?;
        Ok(())
    }

    /// Forgets what a record was found by.
    pub(super) fn remove(&mut self, conn: &Connection, tenant: TenantId, record: RecordId) -> Result<(), Failure> {
        if has_text(record.kind()) {
            self.index(conn)?;
            run(
                conn,
                "DELETE FROM tenure_search WHERE tenant = ?1 AND kind = ?2 AND id = ?3",
                params![
                    tenant.as_uuid().as_bytes(),
                    record.kind().as_str(),
                    record.uuid().as_bytes()
                ],
            )?;
        }
        Ok(())
    }

    /// Brings the index up to date: before anything in it changes, and at the end.
    pub(super) fn index(&mut self, conn: &Connection) -> Result<(), Failure> {
        for (place, (first, last)) in std::mem::take(&mut self.0) {
            run(
                conn,
                "INSERT INTO tenure_search_index (rowid, scope, text)
                 SELECT doc, scope, text FROM tenure_search WHERE doc BETWEEN ?1 AND ?2 AND doc % 8 = ?3 ORDER BY doc",
                params![first, last, place],
            )?;
        }
        Ok(())
    }
}

/// Three characters of private use for the records of one kind of one tenant. Those of two tenants may be the same by
/// chance, and then more is looked through than need be.
pub(super) fn scope(tenant: TenantId, kind: RecordKind) -> String {
    let hash = Sha256::new()
        .chain_update(tenant.as_uuid().as_bytes())
        .chain_update(kind.as_str())
        .finalize();
    hash.as_chunks::<2>()
        .0
        .iter()
        .take(3)
        .filter_map(|pair| char::from_u32(0xE000 + u32::from(u16::from_be_bytes(*pair)) % 6_400))
        .collect()
}
