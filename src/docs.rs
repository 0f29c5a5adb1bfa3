//! The documents of the repository, as pages: their examples are compiled, their links lead to the items they name.

macro_rules! pages {
    ($($page:ident = $file:literal),* $(,)?) => {$(
        // Of two definitions of a link Markdown takes the first: here these, in the repository those at the end of the file.
        #[doc = "[administration]: crate::docs::administration"]
        #[doc = "[architecture]: crate::docs::architecture"]
        #[doc = "[conformance]: crate::testing::conformance"]
        #[doc = "[custom_store]: crate::docs::custom_store"]
        #[doc = "[design]: crate::docs::design"]
        #[doc = "[mutants]: crate::testing::mutants"]
        #[doc = "[permissions]: crate::docs::permissions"]
        #[doc = "[postgres]: crate::docs::postgres"]
        #[doc = "[sqlite]: crate::store::sqlite"]
        #[doc = "[security]: crate::docs::security"]
        #[doc = "[states]: crate::docs::states"]
        #[doc = "[store]: crate::store"]
        #[doc = "[stores]: crate::docs::stores"]
        #[doc = "[synchronous]: crate::store::sqlite::Synchronous"]
        #[doc = "\n"]
        #[doc = include_str!($file)]
        pub mod $page {}
    )*};
}

pages! {
    administration = "../docs/administration.md",
    architecture = "../docs/architecture.md",
    stores = "../docs/stores.md",
    postgres = "../docs/postgres.md",
    design = "../docs/design.md",
    states = "../docs/states.md",
    permissions = "../docs/permissions.md",
    security = "../docs/security.md",
}

/// A whole store in one file: `examples/custom_store.rs`.
///
/// ```no_run
#[doc = include_str!("../examples/custom_store.rs")]
/// ```
pub mod custom_store {}
