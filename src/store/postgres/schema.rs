//! How a database gets its tables.

use super::dial::Dial;
use super::failure::Failure;
use super::link::Line;

/// Every version of the tables, in order. Never edited once released.
const MIGRATIONS: &[&str] = &[concat!(
    include_str!("migrations/0001_tables.sql"),
    include_str!("migrations/0001_functions.sql"),
    include_str!("migrations/0001_bulk.sql")
)];

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS tenure_schema (version bigint NOT NULL);
    INSERT INTO tenure_schema SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM tenure_schema)";

/// Whoever migrates holds this advisory lock of the database: "tenure" as a number.
const LOCK: i64 = 0x7465_6e75_7265;

/// Brings the tables to the version of this release. Of many at once one does, the others wait and find nothing to do.
/// Where the tables are up to date, no right to create any is asked for.
/// Gives the connection that it was done on.
pub(super) async fn migrate(dial: &Dial) -> Result<Line, Failure> {
    let line = dial.connect().await?;
    check_server(&line).await?;
    if is_begun(&line).await? && missing(version(&line).await?)?.is_empty() {
        return Ok(line);
    }
    // Making tables, or waiting for whoever does, may take longer than a statement usually may.
    line.begin(&format!(
        "BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({LOCK});
         {VERSION_TABLE}"
    ))
    .await?;
    for migration in missing(version(&line).await?)? {
        line.batch(migration).await?;
    }
    let now = MIGRATIONS.len();
    line.settle(&format!("UPDATE tenure_schema SET version = {now}; COMMIT"))
        .await?;
    Ok(line)
}

async fn check_server(line: &Line) -> Result<(), Failure> {
    let sql = "SELECT current_setting('transaction_read_only') = 'on', current_setting('server_encoding'),
        current_setting('default_transaction_isolation'), current_setting('synchronous_commit')";
    let rows = line.rows(sql, &[]).await?;
    let row = rows.first().ok_or(Failure::column("nothing"))?;
    if row.try_get::<_, &str>(1)? != "UTF8" {
        return Err(Failure::Setup("needs a database in the encoding UTF8"));
    }
    if row.try_get(0)? {
        return Err(Failure::ReadOnly);
    }
    // Set on connections of our own; those of a host, or of a pooler, are as they are.
    if row.try_get::<_, &str>(2)? != "read committed" {
        return Err(Failure::Setup("needs transactions to be READ COMMITTED by default"));
    }
    if row.try_get::<_, &str>(3)? == "off" {
        return Err(Failure::Setup("needs synchronous_commit not to be off"));
    }
    Ok(())
}

/// Only to be asked before anybody is waited for: inside a transaction the server may answer from its memory.
async fn is_begun(line: &Line) -> Result<bool, Failure> {
    let rows = line
        .rows("SELECT to_regclass('tenure_schema') IS NOT NULL", &[])
        .await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()? == Some(true))
}

async fn version(line: &Line) -> Result<i64, Failure> {
    let rows = line.rows("SELECT version FROM tenure_schema", &[]).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

fn missing(found: i64) -> Result<&'static [&'static str], Failure> {
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    let known = MIGRATIONS.len();
    MIGRATIONS.get(done..).ok_or(Failure::NewerSchema { found, known })
}
