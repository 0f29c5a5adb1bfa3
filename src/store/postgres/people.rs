//! Listings of employees and users, of whom there may be a million: which way to go is decided here and not by the planner,
//! whose guesses at how many match a pattern can be wrong by three powers of ten.
//!
//! There are two ways. One goes through all in the order of the listing and takes those that pass, until the page is full:
//! good where many pass. The other fetches what one filter selects and orders that: good where it selects few. How many each
//! filter selects is asked first, up to a bound. Then the listing is walked through as far as the other way would cost, and
//! where the page is not full by then, the other way is taken: so neither can cost much more than the better of the two.
//!
//! A word at the beginning of the field that the order goes by is sought there, which is quicker than both ([`Begun`]).

use super::begun::Begun;
use super::check;
use super::failure::Failure;
use super::line::Lines;
use super::read::{behind, number};
use super::source::Source;
use super::statement::Statement;
use crate::id::TenantId;
use crate::model::{Loaded, Record, RecordKind};
use crate::store::table::sort_column;
use crate::store::{Page, Query};

/// What selects no more than this is fetched at once.
const FEW: i64 = 512;
/// The longest walk where there is another way.
const LONGEST: i64 = 16_384;

/// The table of what listings go by.
pub(super) fn table(kind: RecordKind) -> &'static str {
    if kind == RecordKind::User {
        "tenure_user_listed"
    } else {
        "tenure_employee_listed"
    }
}

/// Its columns, but for the numbers that only an index reads.
pub(super) fn columns(kind: RecordKind) -> &'static str {
    if kind == RecordKind::User {
        "t.id, t.created_key, t.name_key, t.signature_key, t.first_name_key, t.display_name_key, t.user_name_key,
         t.address_key, t.status, t.status_until, t.status_next, t.kind, t.employee, t.has_identity, t.found"
    } else {
        "t.id, t.created_key, t.name_key, t.signature_key, t.first_name_key, t.address_key, t.unit, t.found"
    }
}

/// How the records of a page are found.
#[derive(Clone, Copy)]
enum Way<'a> {
    /// Where the order has them, and the few elsewhere.
    Seek(&'a Begun),
    /// In order, through so many at most.
    Walk(Option<i64>),
    /// By one of the sources, which are counted through.
    Fetch(usize),
}

/// A page, and the total if it is asked for, from one state of the tables.
pub(super) async fn list(lines: &Lines, tenant: TenantId, query: &Query) -> Result<Page<Loaded<Record>>, Failure> {
    let begun = Begun::of(query);
    if let Some(begun) = &begun
        && is_few_elsewhere(lines, tenant, query, begun).await?
    {
        let page = page(lines, tenant, query, Way::Seek(begun), None).await?;
        return page.ok_or(Failure::column("a seek that ends early"));
    }
    let fewest = fewest(lines, tenant, query).await?;
    let (first, then) = match fewest {
        None => (Way::Walk(None), None),
        Some((source, count)) if count <= FEW => (Way::Fetch(source), None),
        Some((source, count)) => {
            let steps = (count * 2).min(LONGEST);
            let steps = u64::try_from(steps).unwrap_or_default().next_power_of_two();
            (Way::Walk(i64::try_from(steps).ok()), Some(Way::Fetch(source)))
        }
    };
    let counted = fewest.map(|(source, _)| source);
    match (page(lines, tenant, query, first, counted).await?, then) {
        (Some(page), _) => Ok(page),
        (None, then) => {
            let page = page(lines, tenant, query, then.unwrap_or(Way::Walk(None)), counted).await?;
            page.ok_or(Failure::column("a walk that ends early"))
        }
    }
}

async fn is_few_elsewhere(lines: &Lines, tenant: TenantId, query: &Query, begun: &Begun) -> Result<bool, Failure> {
    let mut statement = Statement::of(tenant);
    let Some(sql) = begun.too_many(&mut statement, query) else {
        return Ok(true);
    };
    let rows = lines.read(&sql, &statement.values()).await?;
    let row = rows.first().ok_or(Failure::column("no count"))?;
    Ok(!row.try_get::<_, bool>(0)?)
}

/// The source that selects fewest, with about how many; none where there is none, or all select too many to be counted.
async fn fewest(lines: &Lines, tenant: TenantId, query: &Query) -> Result<Option<(usize, i64)>, Failure> {
    let mut statement = Statement::of(tenant);
    let sources = Source::all(&statement, query);
    if sources.is_empty() {
        return Ok(None);
    }
    let estimates: Vec<String> = sources
        .iter()
        .map(|source| source.estimate(&mut statement, query.kind))
        .collect();
    let sql = format!(
        "SELECT ARRAY[{}]::bigint[] WHERE $1::uuid IS NOT NULL",
        estimates.join(", ")
    );
    let rows = lines.read(&sql, &statement.values()).await?;
    let row = rows.first().ok_or(Failure::column("no estimate"))?;
    let estimates: Vec<Option<i64>> = row.try_get(0)?;
    let known = estimates.into_iter().enumerate();
    Ok(known
        .filter_map(|(place, count)| Some((place, count?)))
        .min_by_key(|(_, count)| *count))
}

/// A page by one way; none where that ended before the page was full.
async fn page(
    lines: &Lines,
    tenant: TenantId,
    query: &Query,
    way: Way<'_>,
    counted: Option<usize>,
) -> Result<Option<Page<Loaded<Record>>>, Failure> {
    let mut listing = Listing::of(tenant, query);
    let page = listing.page(way)?;
    let total = match query.count_up_to {
        Some(most) => Some(listing.total(most, counted)?),
        None => None,
    };
    let sql = super::list::with_total(query, &page, total.as_deref());
    let rows = lines.read(&sql, &listing.statement.values()).await?;
    let stopped = |row: &tokio_postgres::Row| row.try_get::<_, Option<bool>>(4);
    if let Way::Walk(Some(_)) = way {
        for row in &rows {
            if stopped(row)? == Some(true) {
                return Ok(None);
            }
        }
    }
    super::list::read_page(query, &rows, 5).map(Some)
}

/// A query on its way to become SQL.
struct Listing<'a> {
    query: &'a Query,
    statement: Statement,
    /// The columns of the sort key and where it stands.
    key: &'static str,
    order: &'static str,
}

impl<'a> Listing<'a> {
    fn of(tenant: TenantId, query: &'a Query) -> Self {
        Self {
            query,
            statement: Statement::of(tenant),
            key: sort_column(query.kind, query.sort).unwrap_or("''::bytea"),
            order: if query.descending { "DESC" } else { "ASC" },
        }
    }

    fn is_by_login(&self) -> bool {
        self.key == "last_login_key"
    }

    /// One record more than the page has, to see whether there is another page. In the last column whether a walk ended
    /// there, whatever it found.
    fn page(&mut self, way: Way<'_>) -> Result<String, Failure> {
        let Self { order, .. } = *self;
        let one_more = i64::from(self.query.limit) + 1;
        let (rows, passing, stopped) = match way {
            Way::Seek(begun) => (self.seek(begun, one_more)?, "true".to_owned(), "false".to_owned()),
            Way::Walk(steps) => {
                let rows = self.walk(steps);
                let checks = check::all(&mut self.statement, self.query)?;
                match steps {
                    Some(steps) => (
                        rows,
                        format!("(t.place = {steps} OR ({checks}))"),
                        format!("t.place = {steps}"),
                    ),
                    None => (rows, checks, "false".to_owned()),
                }
            }
            Way::Fetch(source) => {
                let rows = self.fetch(source);
                let behind = self.behind();
                let checks = check::all(&mut self.statement, self.query)?;
                (rows, format!("{checks} AND {behind}"), "false".to_owned())
            }
        };
        Ok(format!(
            "SELECT r.version, r.body, page.key, page.id, page.stopped
             FROM (SELECT t.key, t.id, {stopped} AS stopped FROM {rows} WHERE {passing}
                   ORDER BY t.key {order}, t.id {order} LIMIT {one_more}) AS page
             CROSS JOIN LATERAL (
                 SELECT version, body FROM {} r WHERE r.tenant = $1 AND r.id = page.id OFFSET 0) r
             ORDER BY page.key {order}, page.id {order}",
            crate::store::table::table(self.query.kind)
        ))
    }

    /// The first rows `t` of the page where the order has them, and all elsewhere.
    fn seek(&mut self, begun: &Begun, one_more: i64) -> Result<String, Failure> {
        let Self { key, order, query, .. } = *self;
        let (table, columns) = (table(query.kind), columns(query.kind));
        let behind = self.behind();
        let within = begun.within(&mut self.statement);
        let checks = check::all(&mut self.statement, query)?;
        let there = format!(
            "SELECT t.{key} AS key, {columns} FROM {table} t WHERE t.tenant = $1 AND {behind} AND {within} AND {checks}
             ORDER BY t.{key} {order}, t.id {order} LIMIT {one_more}"
        );
        Ok(match begun.elsewhere(&mut self.statement, query) {
            Some(elsewhere) => {
                format!("(({there}) UNION ALL (SELECT * FROM ({elsewhere}) AS t WHERE {behind} AND {checks})) AS t")
            }
            None => format!("({there}) AS t"),
        })
    }

    /// All rows `t` behind the place of the page, in order, with the sort key; where the walk is to end, each with its number.
    fn walk(&mut self, steps: Option<i64>) -> String {
        let Self { key, order, .. } = *self;
        let kind = self.query.kind;
        let (table, columns) = (table(kind), columns(kind));
        let behind = self.behind();
        let place = match steps {
            Some(_) => format!(", row_number() OVER (ORDER BY {key} {order}, id {order}) AS place"),
            None => String::new(),
        };
        let end = steps.map_or_else(|| "OFFSET 0".to_owned(), |steps| format!("LIMIT {steps}"));
        if self.is_by_login() {
            // The id is that of the row that is walked over: of the other, nobody tells the planner that it is the same, and it
            // would sort them all.
            let others = columns.trim_start_matches("t.id, ");
            let (place_of, walk) = match steps {
                Some(_) => (", walked.place", format!("ORDER BY {key} {order}, id {order} {end}")),
                None => ("", String::new()),
            };
            return format!(
                "(SELECT walked.key, walked.id{place_of}, {others} FROM (
                      SELECT id, {key} AS key{place} FROM tenure_user_login
                      WHERE tenant = $1 AND {behind} {walk}) AS walked
                  CROSS JOIN LATERAL (
                      SELECT {columns} FROM {table} t WHERE t.tenant = $1 AND t.id = walked.id OFFSET 0) t) AS t"
            );
        }
        format!(
            "(SELECT {key} AS key{place}, {columns} FROM {table} t
              WHERE t.tenant = $1 AND {behind} ORDER BY {key} {order}, id {order} {end}) AS t"
        )
    }

    /// The rows `t` of a source, with the sort key.
    fn fetch(&mut self, source: usize) -> String {
        let key = self.key;
        let kind = self.query.kind;
        let rows = match Source::all(&self.statement, self.query).get(source) {
            Some(source) => source.rows(&mut self.statement, kind),
            None => format!("(SELECT {} FROM {} t WHERE t.tenant = $1)", columns(kind), table(kind)),
        };
        if self.is_by_login() {
            return format!(
                "(SELECT t.*, l.{key}, l.{key} AS key FROM {rows} AS t CROSS JOIN LATERAL (
                      SELECT {key} FROM tenure_user_login l WHERE l.tenant = $1 AND l.id = t.id OFFSET 0) l) AS t"
            );
        }
        format!("(SELECT t.*, {key} AS key FROM {rows} AS t) AS t")
    }

    /// Behind the place where the page begins.
    fn behind(&mut self) -> String {
        let Some(after) = &self.query.after else {
            return "true".to_owned();
        };
        let than = if self.query.descending { "<" } else { ">" };
        let key_place = self.statement.bind(after.key.clone());
        match behind(self.query.kind, after.id, self.key, &key_place, "$id", than) {
            place if place.contains("$id") => place.replace("$id", &self.statement.bind(*after.id.uuid())),
            place => place,
        }
    }

    /// How many pass in all, up to a number, counted among those of a source if there is one.
    fn total(&mut self, most: u64, counted: Option<usize>) -> Result<String, Failure> {
        let kind = self.query.kind;
        let rows = match counted {
            Some(source) => format!("{} AS t", self.fetch_only(source)),
            None => format!("{} t", table(kind)),
        };
        let tenant = if counted.is_some() { "true" } else { "t.tenant = $1" };
        let checks = check::all(&mut self.statement, self.query)?;
        let most = self.statement.bind(number(most));
        Ok(format!(
            "SELECT count(*) AS count FROM (SELECT 1 FROM {rows} WHERE {tenant} AND {checks} LIMIT {most}) AS counted"
        ))
    }

    fn fetch_only(&mut self, source: usize) -> String {
        let kind = self.query.kind;
        match Source::all(&self.statement, self.query).get(source) {
            Some(source) => source.rows(&mut self.statement, kind),
            None => format!("(SELECT {} FROM {} t WHERE t.tenant = $1)", columns(kind), table(kind)),
        }
    }
}
