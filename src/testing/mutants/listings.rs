//! Faults of listings.

use super::{Fault, Mutant, shortly_before};
use crate::clock::Timestamp;
use crate::id::TenantId;
use crate::model::{Loaded, Record, RecordKind, Scope, SortBy, StatusKind};
use crate::store::{Filter, Page, Query, StoreError};
use crate::text::SearchPattern;

type Listed = Result<Page<Loaded<Record>>, StoreError>;

impl Mutant {
    pub(super) async fn broken_list(&self, tenant: TenantId, mut query: Query) -> Listed {
        let asked = query.clone();
        self.bend(&mut query);
        let listed = match self.fault {
            Fault::SwapsTies | Fault::NumbersPlaces | Fault::SkipsTies => self.in_other_order(tenant, &query).await,
            Fault::FailsEmpty => Ok(self.inner.list(tenant, &query).await.unwrap_or_else(|_| empty())),
            Fault::ListsOnePage if query.after.is_some() => Ok(empty()),
            _ => self.inner.list(tenant, &query).await,
        };
        let mut page = self.bent(tenant, &asked, listed?).await?;
        page.items = page.items.into_iter().map(|loaded| self.shown(loaded)).collect();
        Ok(page)
    }

    /// Faults that are another query.
    fn bend(&self, query: &mut Query) {
        match self.fault {
            Fault::ListsBackwards => query.descending = !query.descending,
            Fault::NeverDescends => query.descending = false,
            Fault::IgnoresSort => query.sort = SortBy::Created,
            Fault::IgnoresLimit => query.limit = Query::MAX_LIMIT,
            Fault::CapsPages => query.limit = query.limit.min(500),
            Fault::CountsAll => query.count_up_to = query.count_up_to.map(|_| u64::MAX),
            Fault::IgnoresFilter(name) => query.filters.retain(|filter| name_of(filter) != name),
            Fault::SkipsUnknownFilters => query.filters.retain(|filter| name_of(filter) != "unknown"),
            Fault::TakesUnderscores | Fault::IgnoresAnchors | Fault::SearchesAllFields | Fault::FindsOneWord => {
                for filter in &mut query.filters {
                    self.bend_pattern(filter);
                }
            }
            Fault::CountsNoLevels => {
                for filter in &mut query.filters {
                    if let Filter::LevelsBelow(top, _) = *filter {
                        *filter = Filter::Below(top);
                    }
                }
            }
            Fault::IgnoresAsOf => query.as_of = Timestamp::EPOCH,
            Fault::AsOfIsLate => query.as_of = shortly_before(query.as_of),
            Fault::ShowsDeleted if query.kind == RecordKind::User && !asks_for_status(query) => {
                let states = StatusKind::ALL.map(|kind| kind.as_str().to_owned());
                query.filters.push(Filter::Status(states.into()));
            }
            Fault::HidesDeleted => {
                for filter in &mut query.filters {
                    if let Filter::Status(states) = filter {
                        states.remove(StatusKind::Deleted.as_str());
                    }
                }
            }
            Fault::IgnoresScope | Fault::ScopesPages | Fault::SupervisesFromAnywhere => query.scope = Scope::All,
            Fault::ScopesFewKinds
                if ![RecordKind::Unit, RecordKind::Employee, RecordKind::User].contains(&query.kind) =>
            {
                query.scope = Scope::All;
            }
            _ => {}
        }
    }

    /// Faults that are another pattern.
    fn bend_pattern(&self, filter: &mut Filter) {
        if let (Fault::SearchesAllFields, Filter::Field(_, pattern)) = (self.fault, &*filter) {
            *filter = Filter::Text(pattern.clone());
        }
        let (Filter::Text(pattern) | Filter::Field(_, pattern) | Filter::Supervisor(pattern)) = filter else {
            return;
        };
        let typed = pattern.as_str();
        let bent = match self.fault {
            Fault::TakesUnderscores => typed.replace('_', "*"),
            Fault::IgnoresAnchors => format!("*{}*", typed.replace(' ', "* *")),
            Fault::FindsOneWord => typed.split(' ').take(1).collect(),
            _ => return,
        };
        if let Ok(bent) = SearchPattern::new(bent) {
            *pattern = bent;
        }
    }

    /// Faults of the page.
    async fn bent(&self, tenant: TenantId, asked: &Query, mut page: Page<Loaded<Record>>) -> Listed {
        match self.fault {
            Fault::AlwaysMore => page.next = page.items.last().map(|last| asked.place(&last.value)),
            Fault::CountsPage => page.total = page.total.map(|_| page.items.len() as u64),
            Fault::CountsUnfiltered | Fault::CountsUnscoped => {
                let mut wider = asked.clone();
                match self.fault {
                    Fault::CountsUnfiltered => wider.filters.clear(),
                    _ => wider.scope = Scope::All,
                }
                page.total = self.inner.list(tenant, &wider).await?.total;
            }
            Fault::ListsAnywhere if page.items.is_empty() => {
                for other in self.others(tenant) {
                    page.items.extend(self.inner.list(other, asked).await?.items);
                }
            }
            Fault::ScopesPages => {
                let all = Query {
                    after: None,
                    ..asked.clone()
                };
                let inside = self.everything(tenant, all).await;
                page.items.retain(|loaded| inside.contains(loaded));
            }
            Fault::SupervisesFromAnywhere => {
                let mut in_scope = Query {
                    after: None,
                    ..asked.clone()
                };
                in_scope.filters.retain(|filter| name_of(filter) != "supervisor");
                let inside = self.everything(tenant, in_scope).await;
                page.items.retain(|loaded| inside.contains(loaded));
            }
            Fault::ScopesHideTheRest if asked.scope != Scope::All => {
                page.items
                    .retain(|loaded| !matches!(loaded.value, Record::Role(_) | Record::Tenant(_)));
            }
            Fault::ScopesAreFlat => {
                if let Scope::Units(units) = &asked.scope {
                    page.items.retain(|loaded| match &loaded.value {
                        Record::Unit(unit) => units.contains(&unit.id),
                        Record::Employee(employee) => employee.unit.is_some_and(|unit| units.contains(&unit)),
                        _ => true,
                    });
                }
            }
            _ => {}
        }
        Ok(page)
    }

    async fn in_other_order(&self, tenant: TenantId, query: &Query) -> Listed {
        let whole = Query {
            after: None,
            ..query.clone()
        };
        let mut all = self.everything(tenant, whole).await;
        let key = |loaded: &Loaded<Record>| query.place(&loaded.value).key;
        if self.has(Fault::SwapsTies) {
            all.sort_by_key(|loaded| (key(loaded), std::cmp::Reverse(loaded.value.id())));
            if query.descending {
                all.reverse();
            }
        }
        let total = query.count_up_to.map(|most| most.min(all.len() as u64));
        let begin = query.after.as_ref().map_or(0, |after| match self.fault {
            Fault::NumbersPlaces => self.notes().places.get(after).copied().unwrap_or(0),
            Fault::SwapsTies => all
                .iter()
                .position(|loaded| loaded.value.id() == after.id)
                .map_or(0, |n| n + 1),
            _ => all
                .iter()
                .position(|loaded| key(loaded) > after.key)
                .unwrap_or(all.len()),
        });
        let end = all.len().min(begin + query.limit as usize);
        let next = (end < all.len()).then(|| query.place(&all[end - 1].value));
        if let Some(next) = &next {
            self.notes().places.insert(next.clone(), end);
        }
        let items = all.drain(begin.min(end)..end).collect();
        Ok(Page { items, next, total })
    }
}

fn empty() -> Page<Loaded<Record>> {
    Page {
        items: Vec::new(),
        next: None,
        total: None,
    }
}

fn asks_for_status(query: &Query) -> bool {
    query.filters.iter().any(|filter| matches!(filter, Filter::Status(_)))
}

fn name_of(filter: &Filter) -> &'static str {
    match filter {
        Filter::Status(_) => "status",
        Filter::OfUser(_) => "of user",
        Filter::Within(_) => "within",
        Filter::WithRole(_) => "with role",
        Filter::ReportsTo(_) => "reports to",
        Filter::Above(_) => "above",
        Filter::HasUser(_) => "has user",
        Filter::HasAddress(_) => "has address",
        Filter::SeenAfter(_) => "seen after",
        Filter::Below(_) => "below",
        Filter::LevelsBelow(..) => "levels below",
        Filter::HasUnit(_) => "has unit",
        Filter::HasIdentity(_) => "has identity",
        Filter::OfType(_) => "of type",
        Filter::Text(_) => "text",
        Filter::Field(..) => "field",
        Filter::Supervisor(_) => "supervisor",
        Filter::Ended(_) => "ended",
        Filter::From(_) => "from",
        Filter::Since(_) => "since",
        Filter::Before(_) => "before",
        Filter::Unknown(_) => "unknown",
    }
}
