//! Many new records of a kind in a row, written together.

use uuid::Uuid;

use super::columns::{Column, Rows};
use super::failure::Failure;
use super::link::Line;
use super::plan::listed;
use crate::id::TenantId;
use crate::model::{Entry, RecordKind, Reference, UniqueKey};
use crate::store::Change;
use crate::store::table::{Beside, Made, Value, table};

/// How many new records of a kind in a row are written together.
const TOGETHER: usize = 16;

const CHECK: &str = "SELECT tenure_check_new($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Steps in their order, cut where enough new records of a kind stand in a row: those with their kind.
pub(super) fn pieces(steps: &[Change]) -> Vec<(Option<RecordKind>, &[Change])> {
    let mut pieces: Vec<(Option<RecordKind>, std::ops::Range<usize>)> = Vec::new();
    let mut begin = 0;
    for alike in steps.chunk_by(|one, next| together(one) == together(next)) {
        let kind = alike.first().and_then(together).filter(|_| alike.len() >= TOGETHER);
        let end = begin + alike.len();
        match pieces.last_mut() {
            Some((None, range)) if kind.is_none() => range.end = end,
            _ => pieces.push((kind, begin..end)),
        }
        begin = end;
    }
    pieces.into_iter().map(|(kind, range)| (kind, &steps[range])).collect()
}

/// The kind of a new record that can be written together with others.
fn together(change: &Change) -> Option<RecordKind> {
    let Change::Insert(entry) = change else { return None };
    let kind = entry.record.kind();
    let plain = matches!(
        kind,
        RecordKind::Employee
            | RecordKind::User
            | RecordKind::Credential
            | RecordKind::Invitation
            | RecordKind::Ticket
            | RecordKind::Mail
    );
    plain.then_some(kind)
}

/// New records of one kind, made out.
pub(super) struct Together {
    tenant: TenantId,
    kind: RecordKind,
    /// The place of the first among the steps of the commit.
    place: usize,
    made: Vec<Made>,
    /// What listings go by, of those that have a table for it.
    listed: Vec<Vec<(&'static str, Value)>>,
}

impl Together {
    pub(super) fn of(tenant: TenantId, kind: RecordKind, steps: &[Change], place: usize) -> Result<Self, Failure> {
        let entries = steps.iter().filter_map(|change| match change {
            Change::Insert(entry) => Some(entry),
            _ => None,
        });
        let made: Vec<Made> = entries
            .map(|entry: &Entry| Made::of(tenant, entry.clone()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            tenant,
            kind,
            place,
            listed: made.iter().filter_map(|made| listed(tenant, made)).collect(),
            made,
        })
    }

    /// Writes them as single steps would, one after the other: the first that is refused is named.
    pub(super) async fn write(&self, line: &Line) -> Result<(), Failure> {
        self.check(line).await?;
        self.rows().insert(line, self.tenant).await?;
        self.rows_listed().insert(line, self.tenant).await?;
        if self.kind == RecordKind::User {
            self.logins().insert(line, self.tenant).await?;
            for rows in self.beside() {
                rows.insert(line, self.tenant).await?;
            }
        }
        self.keys().insert(line, self.tenant).await?;
        self.references().insert(line, self.tenant).await
    }

    async fn check(&self, line: &Line) -> Result<(), Failure> {
        let keys = self.made.iter().zip(1_i64..).flat_map(|(made, row)| {
            let places = 0_i64..;
            made.keys.iter().zip(places).map(move |(key, place)| (row, place, key))
        });
        let (mut rows, mut places, mut spaces, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (row, place, key) in keys {
            rows.push(row);
            places.push(place);
            spaces.push(key.space.as_str());
            bytes.push(Some(key.bytes.as_slice()));
        }
        let ids: Vec<Uuid> = self.made.iter().map(|made| *made.id.uuid()).collect();
        let step = i64::try_from(self.place).unwrap_or(i64::MAX);
        let (kind, table) = (self.kind.as_str(), table(self.kind));
        let keys = Column::Bytes(bytes);
        line.rows(
            CHECK,
            &[
                self.tenant.as_uuid(),
                &kind,
                &table,
                &ids,
                &rows,
                &places,
                &spaces,
                &keys,
                &step,
            ],
        )
        .await
        .map(drop)
    }

    fn rows(&self) -> Rows<'_> {
        let all: Vec<_> = self.made.iter().map(|made| &made.columns.0).collect();
        let versions = vec![Some(1); self.made.len()];
        let rows = Rows::of(table(self.kind)).with_all(&all);
        // Keys of those that are listed stand in the table for that.
        let is_listed = !self.listed.is_empty();
        rows.without(|name| is_listed && name.ends_with("_key"))
            .with("version", Column::Integers(versions))
    }

    fn rows_listed(&self) -> Rows<'_> {
        let rows = Rows::of(match self.kind {
            RecordKind::Employee => "tenure_employee_listed",
            _ => "tenure_user_listed",
        });
        rows.with_all(&self.listed.iter().collect::<Vec<_>>())
    }

    fn logins(&self) -> Rows<'_> {
        let all: Vec<_> = self.made.iter().map(|made| &made.columns.0).collect();
        Rows::of("tenure_user_login")
            .with_all(&all)
            .without(|name| !matches!(name, "id" | "last_login_key"))
    }

    /// The roles and units that users have to do with.
    fn beside(&self) -> [Rows<'_>; 2] {
        let (mut roles, mut units) = (Vec::new(), Vec::new());
        for made in &self.made {
            if let Beside::User(its_roles, its_units) = &made.beside {
                let beside = |of: &Uuid| (*made.id.uuid(), *of, made.linked.then_some(*of));
                roles.extend(its_roles.iter().map(|role| beside(role.as_uuid())));
                units.extend(its_units.iter().map(|unit| beside(unit.as_uuid())));
            }
        }
        let rows = |table, name, all: Vec<(Uuid, Uuid, Option<Uuid>)>| {
            Rows::of(table)
                .with("user", Column::Ids(all.iter().map(|(user, ..)| Some(*user)).collect()))
                .with(name, Column::Ids(all.iter().map(|(_, of, _)| Some(*of)).collect()))
                .with("held", Column::Ids(all.iter().map(|(.., held)| *held).collect()))
        };
        [
            rows("tenure_user_role", "role", roles),
            rows("tenure_user_unit", "unit", units),
        ]
    }

    fn keys(&self) -> Rows<'_> {
        let mut all: Vec<(Uuid, &UniqueKey)> = Vec::new();
        for made in &self.made {
            all.extend(made.keys_apart().into_iter().map(|key| (*made.id.uuid(), key)));
        }
        Rows::of("tenure_key")
            .with(
                "space",
                Column::Texts(all.iter().map(|(_, key)| Some(key.space.as_str())).collect()),
            )
            .with(
                "key",
                Column::Bytes(all.iter().map(|(_, key)| Some(key.bytes.as_slice())).collect()),
            )
            .with("kind", Column::Texts(vec![Some(self.kind.as_str()); all.len()]))
            .with("id", Column::Ids(all.iter().map(|(id, _)| Some(*id)).collect()))
            .where_there_is_none()
    }

    /// What they name beyond what their columns say.
    fn references(&self) -> Rows<'_> {
        let mut all: Vec<(Uuid, &Reference)> = Vec::new();
        for made in &self.made {
            all.extend(made.other_references().iter().map(|it| (*made.id.uuid(), it)));
        }
        Rows::of("tenure_reference")
            .with(
                "to_kind",
                Column::Texts(all.iter().map(|(_, it)| Some(it.to.kind().as_str())).collect()),
            )
            .with(
                "to_id",
                Column::Ids(all.iter().map(|(_, it)| Some(*it.to.uuid())).collect()),
            )
            .with(
                "owned",
                Column::Truths(all.iter().map(|(_, it)| Some(it.owned)).collect()),
            )
            .with("from_kind", Column::Texts(vec![Some(self.kind.as_str()); all.len()]))
            .with(
                "from_id",
                Column::Ids(all.iter().map(|(from, _)| Some(*from)).collect()),
            )
            .where_there_is_none()
    }
}
