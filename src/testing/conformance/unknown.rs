//! Law 13: what a store does not know it refuses.

use super::bench::{Bench, every, fails, unsupported};
use crate::model::{RecordKind, What};
use crate::store::{Change, Filter, StoreErrorKind};

pub(super) async fn a_change_that_is_not_known_is_refused(b: &Bench) {
    let user = b.put(b.user("kate")).await;
    let before = b.snapshot().await;
    let unknown = || Change::Unknown("a change of a later release".to_owned());
    unsupported("alone", &b.draft().change(unknown()).send().await);
    let draft = b.draft().insert(b.role("clerk")).change(unknown()).count(1, None, None);
    unsupported(
        "among others",
        &draft
            .event(user.id, What::UserErased)
            .mail(b.mail(user.id, 0))
            .send()
            .await,
    );
    assert_eq!(b.snapshot().await, before, "nothing of it is written");
}

pub(super) async fn a_filter_that_is_not_known_is_refused(b: &Bench) {
    b.put(b.user("kate")).await;
    let query = every(RecordKind::User).filter(Filter::Unknown("a filter of a later release".to_owned()));
    let error = fails("a listing by an unknown filter", b.store.list(b.tenant, &query).await);
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
}

pub(super) async fn a_failure_is_no_empty_listing(b: &Bench) {
    let query = every(RecordKind::Role).filter(Filter::Unknown("a filter of a later release".to_owned()));
    fails(
        "though there would be nothing to list",
        b.store.list(b.tenant, &query).await,
    );
}
