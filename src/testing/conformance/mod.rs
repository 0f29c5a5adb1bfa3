//! The conformance suite: what every [`Store`] must do, one case a claim.
//!
//! ```
//! # use std::sync::Arc;
//! # use tenure::store::{MemoryStore, Store};
//! mod my_store {
//!     # use super::*;
//!     async fn open() -> Arc<dyn Store> {
//!         Arc::new(MemoryStore::new())
//!     }
//!     tenure::conformance!(open);
//! }
//! # fn main() {}
//! ```
//! makes one `#[test]` for each case, each with a fresh, empty store from `open`. Where something must live as long as the
//! store does, such as a temporary folder, `open` gives a pair `(store, guard)`. There is no way to leave a case out.
//!
//! That the suite would notice a broken store is proved too: [`mutants`](super::mutants) break one clause each, and a case
//! fails on each of them.

#![expect(
    clippy::expect_used,
    clippy::similar_names,
    reason = "a case reports by panicking; what it tells apart is often of one kind"
)]

mod api_keys;
mod atomicity;
mod bench;
mod clause;
mod counters;
mod due;
mod feed;
mod fidelity;
mod filters;
mod ids;
mod keys;
mod mail;
mod orders;
mod pages;
mod people;
mod reads;
mod references;
mod reports;
mod run;
mod scopes;
mod search;
mod sets;
mod tenants;
mod touch;
mod unknown;
mod variants;
mod versions;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use self::bench::Bench;
pub use self::clause::Clause;
pub use self::run::{Opened, run, run_on};
use crate::store::Store;

/// A claim about stores, and how to try it.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name; the name of the test as well.
    pub name: &'static str,
    /// What it proves.
    pub clause: Clause,
    /// Tries it on an empty store. Panics where the store breaks the clause.
    pub run: Run,
}

/// How a case is tried.
pub type Run = fn(Arc<dyn Store>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! cases {
    (($d:tt) $($group:ident { $($name:ident: $clause:ident),* $(,)? })*) => {
        /// Every case, in the order of the laws.
        pub static CASES: &[Case] = &[$($(
            Case {
                name: stringify!($name),
                clause: Clause::$clause,
                run: |store| Box::pin(async move { $group::$name(&Bench::new(store)).await }),
            }
        ),*),*];

        /// One `#[test]` for each case of the [conformance suite](crate::testing::conformance), on the stores that an async
        /// function or closure opens.
        #[macro_export]
        macro_rules! conformance {
            ($d open:expr) => {
                $($(
                    #[test]
                    fn $name() {
                        $crate::testing::conformance::run(stringify!($name), $d open);
                    }
                )*)*

                #[test]
                fn every_case_has_its_test() {
                    let tests = [$($(stringify!($name)),*),*];
                    let cases = $crate::testing::conformance::CASES;
                    assert!(cases.iter().map(|case| case.name).eq(tests));
                }
            };
        }
    };
}

cases! { ($)
    atomicity {
        d5_a_failure_at_any_step_leaves_no_trace: AllOrNothing,
        d5_a_second_guard_that_fails_leaves_no_trace: AllOrNothing,
        d5_a_removal_in_use_found_at_the_end_leaves_no_trace: AllOrNothing,
        d5_a_refused_mail_takes_everything_with_it: AllOrNothing,
        d5_events_are_written_exactly_with_their_change: EventsWithChange,
        d5_mail_is_queued_exactly_with_its_change: MailWithChange,
        d5_counters_move_exactly_with_their_change: CountersWithChange,
        what_is_acknowledged_is_seen_by_everyone_at_once: AcknowledgedIsSeen,
    }
    versions {
        versions_count_from_one: VersionsCount,
        an_id_is_inserted_once: InsertIsNew,
        d4_an_update_of_another_version_is_refused: UpdateVersion,
        d4_a_removal_of_another_version_is_refused: RemoveVersion,
        d4_a_guard_on_another_version_refuses: GuardVersion,
        guards_are_looked_at_before_changes: GuardsFirst,
        changes_build_on_one_another_in_their_order: ChangesInOrder,
        d2_two_that_guard_each_other_never_both_win: GuardsAtCommitPoint,
        i1_of_accepting_cancelling_and_resending_at_once_one_wins: VersionsAtCommitPoint,
        t3_a_ticket_found_by_any_of_its_tokens_is_used_once: VersionsAtCommitPoint,
        l2_a_throttle_that_many_move_at_once_counts_each_once: VersionsAtCommitPoint,
    }
    keys {
        a1_user_names_and_addresses_share_one_space: KeyIsUnique,
        an_employee_has_one_user: KeyIsUnique,
        a_signature_is_had_once: KeyIsUnique,
        a_role_name_is_had_once: KeyIsUnique,
        t4_a_user_has_one_open_ticket_a_purpose: KeyIsUnique,
        a_ticket_token_is_had_once: KeyIsUnique,
        a_session_token_is_had_once: KeyIsUnique,
        e6_an_api_key_token_is_had_once: KeyIsUnique,
        bi7_an_identity_is_had_once: KeyIsUnique,
        closed_sessions_keep_their_token: KeyIsUnique,
        keys_are_compared_byte_by_byte: KeysAreBytes,
        key_spaces_do_not_meet: SpacesApart,
        a_record_is_found_by_each_of_its_keys_and_no_other: KeysFind,
        an_update_gives_up_the_keys_that_it_does_not_name: KeysGivenUp,
        what_goes_with_its_owner_gives_up_its_keys: KeysGivenUp,
        t4_a_set_change_gives_up_keys: KeysGivenUp,
        keys_are_taken_and_given_up_in_the_order_of_the_changes: KeysInOrder,
        a_record_never_collides_with_itself: OwnKeysStay,
        t3_of_many_who_take_one_login_at_once_one_gets_it: KeysAtCommitPoint,
    }
    references {
        what_is_named_must_exist: NamedExists,
        what_belongs_to_a_user_needs_the_user: NamedExists,
        an_update_must_not_name_what_does_not_exist: NamedExists,
        a_set_change_must_not_name_what_does_not_exist: NamedExists,
        r7_what_is_named_is_not_removed: NamedStays,
        r7_the_refusal_counts_what_names_it: InUseCount,
        a_user_who_owns_the_tenant_is_not_removed: NamedStays,
        references_are_looked_at_when_the_commit_ends: ReferencesAtEnd,
        namer_and_named_go_together: ReferencesAtEnd,
        what_is_owned_goes_with_its_owner: OwnedGo,
        r7_a_role_is_not_removed_while_it_is_given: ReferencesAtCommitPoint,
    }
    tenants {
        ids_and_keys_of_two_tenants_never_meet: TenantsShareNothing,
        a_change_reaches_its_own_tenant_only: WritesStay,
        no_write_finds_a_record_of_another_tenant: WritesStay,
        a_session_is_touched_in_its_own_tenant_only: WritesStay,
        t2_no_read_by_id_or_key_leaves_its_tenant: LoadStays,
        t2_no_session_is_found_for_another_tenant: PrincipalStays,
        no_listing_leaves_its_tenant: ListStays,
        no_counter_leaves_its_tenant: CounterStays,
        no_event_leaves_its_tenant: FeedStays,
        a_commit_id_belongs_to_its_tenant: CommitIdsStay,
    }
    sets {
        every_open_session_of_the_user_ends_but_one: SetExcepts,
        t4_the_open_tickets_of_the_user_end_by_purpose_or_all: SetSelects,
        all_reports_move_but_one: SetExcepts,
        the_log_says_how_many_a_set_change_touched: SetCounts,
        d4_what_a_set_change_touched_is_stale: SetVersions,
        a_set_change_sees_the_changes_before_it_only: SetSelects,
        e4_a_thousand_sessions_end_in_one_commit: SetSelects,
        e4_no_session_that_starts_meanwhile_survives: SetAtomic,
        e4_nobody_sees_the_user_suspended_and_the_session_open: SetAtomic,
    }
    ids {
        d5_a_repeated_commit_answers_the_same_and_changes_nothing: IdAnswersAgain,
        an_id_with_other_content_is_refused: IdContent,
        d5_the_id_is_looked_at_before_the_guards: IdFirst,
        an_id_is_kept_for_a_day: IdKeptADay,
        other_commits_do_not_push_an_id_out: IdKeptADay,
        a_refused_commit_may_be_sent_again: RefusedIdIsFree,
        d5_the_same_commit_many_times_at_once_stands_once: IdAtCommitPoint,
    }
    fidelity {
        instants_are_kept_to_the_microsecond: Instants,
        instants_before_1970_keep_their_order: Instants,
        every_text_is_kept: Texts,
        long_texts_are_kept_whole: Texts,
        addresses_and_dates_are_kept: States,
        every_state_of_every_record_is_kept: States,
        an_update_replaces_the_whole_record: States,
    }
    pages {
        the_order_is_total_both_ways: ListOrder,
        names_are_ordered_by_their_sort_keys: ListOrder,
        a_record_moves_when_its_sort_key_changes: ListOrder,
        pages_hold_while_records_come_and_go: Cursors,
        the_place_of_a_removed_record_is_still_a_place: Cursors,
        a_page_has_at_most_its_limit: PageLimit,
        more_than_a_thousand_can_be_reached: NoSilentLimit,
        matches_are_counted_up_to_a_number: ListCount,
    }
    filters {
        users_are_listed_by_the_state_that_is_due: AsOf,
        deleted_users_are_listed_only_where_they_are_asked_for: DeletedHidden,
        invitations_are_listed_by_the_state_that_is_due: AsOf,
        sessions_and_tickets_are_listed_by_the_state_that_is_due: AsOf,
        api_keys_are_listed_by_the_state_that_is_due: AsOf,
        mail_is_listed_by_its_state: Filters,
        what_belongs_to_a_user_is_listed_by_user: Filters,
        users_are_listed_by_role: Filters,
        employees_are_listed_by_who_they_report_to: Filters,
        employees_are_listed_by_what_they_have: Filters,
        sessions_are_listed_by_when_they_were_seen: Filters,
        a_filter_that_does_not_fit_lets_nothing_pass: Filters,
    }
    orders {
        if3_every_order_is_that_of_its_keys_both_ways: ListOrder,
        what_has_nothing_to_be_ordered_by_comes_first: ListOrder,
        a_login_moves_its_user_in_the_order_of_logins: ListOrder,
    }
    people {
        users_are_listed_by_kind_and_provider: Filters,
        if1_those_without_a_unit_are_listed: Filters,
        if6_employees_and_users_are_listed_by_all_above_them: Filters,
        bi9_attempts_are_listed_by_outcome_address_and_time: Filters,
    }
    search {
        a4_patterns_find_what_the_one_matcher_finds: Search,
        a4_only_stars_and_percent_signs_are_wildcards: Search,
        bi6_every_field_of_a_user_is_searched: Search,
        if5_a_supervisor_is_found_by_their_names: Search,
        what_belongs_to_a_user_is_found_by_them: Search,
        what_has_one_name_is_found_by_it: Search,
        what_changes_is_found_as_it_is_now: Search,
        a_search_stays_in_its_tenant_and_kind: Search,
        a_search_has_pages_and_a_count_like_any_list: Search,
    }
    scopes {
        r4_a_scope_holds_for_every_kind: ScopeInQuery,
        r4_a_user_is_in_scope_through_any_of_their_units: ScopeInQuery,
        r4_pages_are_full_within_the_scope: ScopeInQuery,
        r4_the_scope_follows_the_tree: ScopeInQuery,
        what_belongs_to_no_unit_is_in_every_scope: ScopeInQuery,
        r4_a_supervisor_outside_the_scope_finds_nobody: SupervisorsInScope,
        a_filter_by_unit_takes_what_is_below: Filters,
    }
    counters {
        a_counter_that_never_moved_is_zero: CounterStartsAtZero,
        d1_no_counter_leaves_its_bounds: CounterBounds,
        r5_no_counter_falls_below_its_least: CounterBounds,
        counters_are_apart: CountersApart,
        parallel_moves_all_count: CounterUnversioned,
        d1_of_many_who_want_the_last_seats_as_many_get_one: CounterAtCommitPoint,
    }
    feed {
        the_feed_has_every_event_in_order: FeedOrder,
        the_feed_is_read_part_by_part: FeedParts,
        events_are_kept_as_they_were_written: Events,
        events_about_a_record_come_newest_first: EventsAbout,
        whoever_follows_the_feed_misses_nothing: FeedComplete,
        whoever_follows_while_many_write_misses_nothing: FeedComplete,
    }
    touch {
        a_touch_only_moves_forward: TouchForward,
        a_touch_raises_no_version: TouchUnversioned,
        e3_a_touch_never_revives_what_has_ended: TouchNeverRevives,
        an_update_keeps_the_later_touch: UpdateKeepsTouch,
        a_touch_of_nothing_does_nothing: TouchOfNothing,
        a_touch_keeps_everything_else: TouchForward,
        a_login_only_moves_forward_and_raises_no_version: TouchForward,
        an_update_of_a_user_keeps_the_later_login: UpdateKeepsTouch,
    }
    api_keys {
        e6_an_api_key_is_found_with_all_that_its_rights_depend_on: Principal,
        e6_no_other_token_finds_an_api_key: Principal,
        t2_no_api_key_is_found_for_another_tenant: PrincipalStays,
        a_revoked_api_key_is_still_found: Principal,
        e6_an_api_key_is_found_as_things_stand_now: Principal,
        e8_a_touch_of_an_api_key_only_moves_forward: TouchForward,
        a_touch_of_an_api_key_raises_no_version: TouchUnversioned,
        e6_a_touch_never_revives_a_revoked_api_key: TouchNeverRevives,
        an_update_of_an_api_key_keeps_the_later_touch: UpdateKeepsTouch,
        a_touch_of_another_kind_does_nothing: TouchOfNothing,
        an_api_key_is_touched_in_its_own_tenant_only: WritesStay,
        e6_every_open_api_key_of_the_user_is_revoked: SetSelects,
        e4_no_api_key_that_is_made_meanwhile_survives: SetAtomic,
        revoked_api_keys_keep_their_token: KeyIsUnique,
    }
    unknown {
        a_change_that_is_not_known_is_refused: UnknownChange,
        a_filter_that_is_not_known_is_refused: UnknownFilter,
        a_failure_is_no_empty_listing: FailureIsError,
    }
    reads {
        records_are_loaded_in_the_order_asked_for: LoadOrder,
        many_records_are_loaded_at_once: LoadOrder,
        a_session_is_found_with_all_that_its_rights_depend_on: Principal,
        e1_an_unknown_token_finds_nothing: Principal,
        an_ended_session_is_still_found: Principal,
        e3_a_session_is_found_as_things_stand_now: Principal,
    }
    mail {
        mail_is_leased_from_when_it_is_ready_oldest_first: LeaseOrder,
        a_lease_is_a_new_version_that_says_until_when: LeaseWritten,
        d7_no_mail_is_leased_twice_at_a_time: LeaseOnce,
        mail_that_is_done_is_never_leased: LeaseRunsOut,
        no_more_mail_is_leased_than_asked_for: LeaseLimit,
        mail_of_all_tenants_is_leased: LeaseAllTenants,
        d7_parallel_couriers_never_share_a_mail: LeaseOnce,
        the_backlog_counts_what_has_not_left: Backlog,
    }
    due {
        what_is_due_comes_in_the_order_of_time: DueOrder,
        nothing_is_due_before_its_time: DueOrder,
        what_is_due_is_read_part_by_part: DueParts,
        what_is_due_can_be_asked_of_one_tenant: DueTenant,
        what_is_done_is_due_no_more: DueFollows,
        every_record_is_due_when_its_entry_says: DueFollows,
        attempts_throttles_and_api_keys_are_due_when_they_say: DueFollows,
    }
}
