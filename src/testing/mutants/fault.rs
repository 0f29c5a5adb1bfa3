//! The ways in which a store can be broken.

use crate::model::{KeySpace, RecordKind};

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident $(($($of:ty),*))?),* $(,)?) => {
        /// One way to break a store. More may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Fault { $($(#[$doc])* $name $(($($of),*))?),* }

        impl Fault {
            /// The name of every fault, as `Debug` begins.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

faults! {
    /// Each change is a commit of its own.
    SplitsCommits,
    /// Events are not written.
    DropsEvents,
    /// Events are written before the rest.
    WritesEventsFirst,
    /// Mail is not queued.
    DropsMail,
    /// Mail is queued before the rest.
    QueuesMailFirst,
    /// Counters move before the rest.
    CountsFirst,
    /// A commit is acknowledged before it is applied.
    AnswersEarly,
    /// Every record is shown at version 1.
    ShowsFirstVersions,
    /// Inserting an id that exists overwrites.
    InsertsOverwrite,
    /// Updates fit any version.
    UpdatesAnyVersion,
    /// Removals fit any version.
    RemovesAnyVersion,
    /// Guards are not looked at.
    DropsGuards,
    /// Guards are looked at after the keys.
    GuardsAfterKeys,
    /// Guards are looked at before the commit point.
    GuardsEarly,
    /// Versions are looked at before the commit point.
    VersionsEarly,
    /// Changes are applied last first.
    ReversesChanges,
    /// Keys of this space are not unique.
    IgnoresKeys(KeySpace),
    /// Keys are compared in lower case.
    FoldsKeys,
    /// Signatures share the space of role names.
    MergesSpaces,
    /// No key finds anything.
    FindsNothing,
    /// A key once held is held for ever.
    KeepsKeys,
    /// Removals come first, whatever the order of the changes.
    RemovesFirst,
    /// A record collides with its own keys.
    CollidesWithItself,
    /// Keys are looked at before the commit point.
    KeysEarly,
    /// References of the first kind to the second are not kept.
    IgnoresReferences(RecordKind, RecordKind),
    /// What a set change writes may name what does not exist.
    SetsNameAnything,
    /// Whatever is in use is in use once.
    CountsOneUse,
    /// References are looked at with each change.
    ReferencesAtOnce,
    /// References are looked at before the commit point.
    ReferencesEarly,
    /// Tenants share their keys.
    SharesKeys,
    /// Tenants share their ids.
    SharesIds,
    /// What is not found is looked for in other tenants.
    LoadsAnywhere,
    /// Sessions are looked for in all tenants.
    SignsInAnywhere,
    /// An empty listing shows another tenant's.
    ListsAnywhere,
    /// A counter at 0 shows another tenant's.
    CountsAnywhere,
    /// Feeds show the events of other tenants.
    FeedsAnywhere,
    /// A commit that does not fit is tried on other tenants.
    WritesAnywhere,
    /// Set changes, touches and counts reach all tenants.
    WritesEverywhere,
    /// Tenants share the ids of their commits.
    SharesCommitIds,
    /// A set change misses one record.
    SetsMissOne,
    /// Set changes know no exception.
    SetsKnowNoException,
    /// Tickets end whatever their purpose.
    SetsKnowNoPurpose,
    /// Set changes are counted one too many.
    SetsMiscount,
    /// The log does not say how many.
    LogsNoCounts,
    /// Set changes raise no versions.
    SetsKeepVersions,
    /// Set changes come before the rest.
    SetsFirst,
    /// Set changes come after the rest.
    SetsLast,
    /// Commit ids are not looked at.
    IgnoresIds,
    /// A repeated commit answers without counts.
    AnswersNothing,
    /// The content behind an id is not compared.
    IgnoresContent,
    /// Guards are looked at before the id.
    GuardsBeforeIds,
    /// An id is forgotten after 23 hours.
    ForgetsIdsEarly,
    /// An id is forgotten after a hundred commits.
    KeepsFewIds,
    /// An id is never forgotten.
    KeepsIdsForEver,
    /// A refused commit uses up its id.
    KeepsRefusedIds,
    /// Ids are looked at before the commit point.
    IdsEarly,
    /// Instants are kept to the millisecond.
    KeepsMilliseconds,
    /// Instants are kept to the second.
    KeepsSeconds,
    /// Nothing lies before 1970.
    BeginsIn1970,
    /// What lies outside Unicode's first plane is lost.
    LosesAstral,
    /// Names are kept in lower case.
    LowersNames,
    /// Texts are cut after 191 characters.
    CutsTexts,
    /// Why something ended is lost.
    LosesReasons,
    /// Network addresses of version 6 are lost.
    LosesAddresses,
    /// The tokens of a ticket are sorted.
    SortsTokens,
    /// Updates keep the units of before.
    MergesUpdates,
    /// The instants of events are kept to the millisecond.
    RoundsEvents,
    /// Listings run backwards.
    ListsBackwards,
    /// Equal sort keys are in the opposite order of their ids.
    SwapsTies,
    /// Listings cannot be turned round.
    NeverDescends,
    /// Listings know one order only.
    IgnoresSort,
    /// Cursors are numbers of places.
    NumbersPlaces,
    /// Cursors skip what has the same sort key.
    SkipsTies,
    /// Pages are as large as can be.
    IgnoresLimit,
    /// Pages have five hundred records at most.
    CapsPages,
    /// There is one page only.
    ListsOnePage,
    /// There is always another page.
    AlwaysMore,
    /// The count is that of the page.
    CountsPage,
    /// Everything is counted.
    CountsAll,
    /// The count knows no filters.
    CountsUnfiltered,
    /// The count knows no scope.
    CountsUnscoped,
    /// This filter lets everything pass.
    IgnoresFilter(&'static str),
    /// Whoever is below somebody is so at any level that is asked for.
    CountsNoLevels,
    /// An underscore in a pattern is any run of characters.
    TakesUnderscores,
    /// Words are found anywhere in a field, whatever they say.
    IgnoresAnchors,
    /// Every field is searched, whichever was named.
    SearchesAllFields,
    /// One word that is found suffices.
    FindsOneWord,
    /// Nothing is due in listings.
    IgnoresAsOf,
    /// What is due at exactly the instant is not.
    AsOfIsLate,
    /// Deleted users are always listed.
    ShowsDeleted,
    /// Deleted users are never listed.
    HidesDeleted,
    /// Listings know no scope.
    IgnoresScope,
    /// The scope holds for units, employees and users only.
    ScopesFewKinds,
    /// Units below those of the scope are not in it.
    ScopesAreFlat,
    /// What belongs to no unit lies in no scope.
    ScopesHideTheRest,
    /// The scope is applied to the page.
    ScopesPages,
    /// Supervisors are looked for in every scope.
    SupervisesFromAnywhere,
    /// Failures are empty listings.
    FailsEmpty,
    /// Filters that are not known let everything pass.
    SkipsUnknownFilters,
    /// Counters begin at 1.
    CountsFromOne,
    /// Counters have no most.
    IgnoresMost,
    /// Counters have no least.
    IgnoresLeast,
    /// There is one counter only.
    MergesCounters,
    /// Parallel moves are lost.
    LosesMoves,
    /// Bounds are looked at before the commit point.
    BoundsEarly,
    /// Feeds run backwards.
    FeedsBackwards,
    /// Feeds ignore their limit.
    FeedsIgnoreLimit,
    /// Feeds begin with the place that they are to begin behind.
    FeedsRepeat,
    /// An event appears after later ones.
    FeedsLag,
    /// The last ten events are kept.
    FeedsForget,
    /// Events about a record are any events.
    AboutAnything,
    /// Events about a record come oldest first.
    AboutOldestFirst,
    /// Events about a record begin with the newest, whatever the place.
    AboutFromTheStart,
    /// All events about a record come, whatever the limit.
    AboutIgnoresLimit,
    /// Events about a record come from all tenants.
    AboutAnywhere,
    /// Events do not name their commit.
    FeedsAnonymous,
    /// Touches move backwards too.
    TouchesBackwards,
    /// Touches are not written.
    DropsTouches,
    /// Touches raise the version.
    TouchesRaiseVersions,
    /// Touches revive what has ended.
    TouchesRevive,
    /// Updates undo touches.
    UpdatesUndoTouches,
    /// A touch of nothing is refused.
    RefusesTouchOfNothing,
    /// A touch raises the version of whatever it names.
    TouchesAnything,
    /// Changes that are not known are skipped.
    SkipsUnknownChanges,
    /// Records are loaded last first.
    LoadsBackwards,
    /// What is not there has no place among what is loaded.
    LoadsGaplessly,
    /// Principals come without roles.
    PrincipalsLackRoles,
    /// Principals are remembered.
    RemembersPrincipals,
    /// Ended sessions are not found.
    HidesEndedSessions,
    /// An unknown token finds whoever came last.
    AdoptsTokens,
    /// The newest mail is leased first.
    LeasesNewestFirst,
    /// Mail is leased before it is ready.
    LeasesTooEarly,
    /// Leases are not written.
    LeasesUnwritten,
    /// Mail is chosen before the commit point.
    LeasesEarly,
    /// A lease never runs out.
    LeasesForEver,
    /// Leases raise no version.
    LeasesKeepVersions,
    /// Leases do not count tries.
    LeasesCountNothing,
    /// All mail is leased, whatever the limit.
    LeasesAll,
    /// Mail of one tenant is leased.
    LeasesOneTenant,
    /// Leased mail counts as gone.
    BacklogsForgetLeased,
    /// The backlog has no age.
    BacklogsLackAge,
    /// What is due comes last first.
    DueBackwards,
    /// Everything is due at once.
    DueTooEarly,
    /// What is due at exactly the instant is not.
    DueTooLate,
    /// What is due always begins at the beginning.
    DueIgnoresAfter,
    /// What is due skips what has the same instant.
    DueSkipsTies,
    /// All that is due comes, whatever the limit.
    DueIgnoresLimit,
    /// What is due comes from all tenants.
    DueIgnoresTenant,
    /// What was due once is due for ever.
    DueRemembers,
}
