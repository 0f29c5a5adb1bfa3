//! The conformance suite notices every fault: a suite that has never failed proves nothing.

use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tenure::store::MemoryStore;
use tenure::testing::conformance::{CASES, Clause, run_on};
use tenure::testing::mutants::{FAULTS, Fault, Mutant};

/// Panics of cases are wanted here; only those of the tests themselves are printed.
fn hush() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let thread = thread::current();
        let name = thread.name().unwrap_or("");
        if !name.starts_with("mutant") && !name.starts_with("tokio") {
            print(info);
        }
    }));
}

/// A race may be missed once, on a machine that is busy enough; never five times.
fn is_noticed(fault: Fault, case: &str) -> bool {
    let mutant = Arc::new(Mutant::new(Arc::new(MemoryStore::new()), fault));
    panic::catch_unwind(AssertUnwindSafe(|| run_on(case, mutant))).is_err()
}

#[test]
fn every_fault_is_noticed() {
    hush();
    let next = AtomicUsize::new(0);
    let survivors = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for n in 0..4 {
            let work = || {
                while let Some((clause, fault, case)) = FAULTS.get(next.fetch_add(1, Ordering::SeqCst)) {
                    if !(0..5).any(|_| is_noticed(*fault, case)) {
                        survivors
                            .lock()
                            .unwrap()
                            .push(format!("{clause}: {fault:?} passes {case}"));
                    }
                }
            };
            thread::Builder::new()
                .name(format!("mutant {n}"))
                .spawn_scoped(scope, work)
                .unwrap();
        }
    });
    let survivors = survivors.into_inner().unwrap();
    assert!(survivors.is_empty(), "not noticed:\n{}", survivors.join("\n"));
}

#[test]
fn every_clause_every_fault_and_every_case_is_in_the_table() {
    let clauses: BTreeSet<Clause> = FAULTS.iter().map(|(clause, ..)| *clause).collect();
    assert_eq!(clauses, Clause::ALL.iter().copied().collect());
    let proved: BTreeSet<Clause> = CASES.iter().map(|case| case.clause).collect();
    assert_eq!(clauses.difference(&proved).next(), None, "clauses that no case proves");

    let name = |fault: &Fault| format!("{fault:?}").split('(').next().unwrap_or_default().to_owned();
    let faults: BTreeSet<String> = FAULTS.iter().map(|(_, fault, _)| name(fault)).collect();
    assert_eq!(faults, Fault::NAMES.iter().map(ToString::to_string).collect());

    let failing: BTreeSet<&str> = FAULTS.iter().map(|(.., case)| *case).collect();
    assert_eq!(
        failing,
        CASES.iter().map(|case| case.name).collect(),
        "a case that never fails proves nothing"
    );
    let rows: BTreeSet<_> = FAULTS.iter().collect();
    assert_eq!(rows.len(), FAULTS.len(), "a row stands twice");
}

/// The wrapper itself changes nothing: with a fault that a case does not look at, the case passes.
#[test]
fn a_mutant_is_otherwise_whole() {
    for case in [
        "what_is_acknowledged_is_seen_by_everyone_at_once",
        "what_is_named_must_exist",
    ] {
        run_on(
            case,
            Arc::new(Mutant::new(Arc::new(MemoryStore::new()), Fault::BacklogsLackAge)),
        );
    }
}
