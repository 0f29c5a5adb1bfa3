//! The clauses of the contract, each of which is proved.

use std::fmt;

macro_rules! clauses {
    ($($(#[$doc:meta])* $law:literal $name:ident),* $(,)?) => {
        /// A clause of the [contract](crate::store). More may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Clause { $($(#[$doc])* $name),* }

        impl Clause {
            /// Every clause.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number of the law that it is part of; 0 for what the methods of the trait promise beside the laws.
            pub fn law(self) -> u8 {
                match self { $(Self::$name => $law),* }
            }
        }
    };
}

clauses! {
    /// A refused commit leaves no trace.
    1 AllOrNothing,
    /// Events are written exactly with their change.
    1 EventsWithChange,
    /// Mail is queued exactly with its change.
    1 MailWithChange,
    /// Counters move exactly with their change.
    1 CountersWithChange,
    /// What is acknowledged is seen by every later read.
    1 AcknowledgedIsSeen,
    /// Versions count from 1, one a write.
    2 VersionsCount,
    /// An id is inserted once.
    2 InsertIsNew,
    /// An update names the version it was decided on.
    2 UpdateVersion,
    /// A removal names the version it was decided on.
    2 RemoveVersion,
    /// A guard names the version that was read.
    2 GuardVersion,
    /// Guards are looked at before changes.
    2 GuardsFirst,
    /// Guards hold at the commit point.
    2 GuardsAtCommitPoint,
    /// Versions hold at the commit point.
    2 VersionsAtCommitPoint,
    /// Changes build on one another, in their order.
    2 ChangesInOrder,
    /// One key, one record.
    3 KeyIsUnique,
    /// Bytes are compared, nothing else.
    3 KeysAreBytes,
    /// Spaces do not meet.
    3 SpacesApart,
    /// Keys find what holds them, and nothing else.
    3 KeysFind,
    /// Keys are given up by updates, removals, set changes and with the owner.
    3 KeysGivenUp,
    /// Keys are taken and given up in the order of the changes.
    3 KeysInOrder,
    /// A record never collides with itself.
    3 OwnKeysStay,
    /// One of many that take a key at once gets it.
    3 KeysAtCommitPoint,
    /// What is named exists.
    4 NamedExists,
    /// What is named is not removed.
    4 NamedStays,
    /// The refusal counts what names it.
    4 InUseCount,
    /// References are looked at when the commit ends.
    4 ReferencesAtEnd,
    /// What is owned goes with its owner.
    4 OwnedGo,
    /// References hold at the commit point.
    4 ReferencesAtCommitPoint,
    /// Ids and keys of two tenants never meet.
    5 TenantsShareNothing,
    /// No read by id or key leaves its tenant.
    5 LoadStays,
    /// No session is found for another tenant.
    5 PrincipalStays,
    /// No listing leaves its tenant.
    5 ListStays,
    /// No counter leaves its tenant.
    5 CounterStays,
    /// No event leaves its tenant.
    5 FeedStays,
    /// No write leaves its tenant.
    5 WritesStay,
    /// Commit ids belong to their tenant.
    5 CommitIdsStay,
    /// A set change touches what it names, all of it and nothing else.
    6 SetSelects,
    /// The exception of a set change stays.
    6 SetExcepts,
    /// Set changes are counted, in the answer and in the log.
    6 SetCounts,
    /// Set changes raise versions.
    6 SetVersions,
    /// Set changes are one with the rest of the commit.
    6 SetAtomic,
    /// A repeated commit answers the same and changes nothing.
    7 IdAnswersAgain,
    /// An id with other content is refused.
    7 IdContent,
    /// The id is looked at before the guards.
    7 IdFirst,
    /// An id is kept for 24 hours.
    7 IdKeptADay,
    /// A refused commit does not use up its id.
    7 RefusedIdIsFree,
    /// The same commit at once, many times, stands once.
    7 IdAtCommitPoint,
    /// Instants are kept to the microsecond.
    8 Instants,
    /// Every Unicode text is kept.
    8 Texts,
    /// Every record is kept in every state.
    8 States,
    /// Events are kept as they were written.
    8 Events,
    /// Listings have a total order, both ways.
    9 ListOrder,
    /// Cursors are places.
    9 Cursors,
    /// A page has its limit, and no other.
    9 PageLimit,
    /// Every record can be reached.
    9 NoSilentLimit,
    /// Matches are counted up to a number.
    9 ListCount,
    /// Each filter lets pass what it names.
    9 Filters,
    /// Patterns find what the one matcher finds.
    9 Search,
    /// What is due by `as_of` counts as done.
    9 AsOf,
    /// Deleted users are listed only where they are asked for.
    9 DeletedHidden,
    /// The scope is part of the query.
    9 ScopeInQuery,
    /// Whom a pattern for supervisors is compared with lies in the scope.
    9 SupervisorsInScope,
    /// A failure is an error and no empty list.
    9 FailureIsError,
    /// A counter that never moved is 0.
    10 CounterStartsAtZero,
    /// No counter leaves its bounds.
    10 CounterBounds,
    /// Counters are apart.
    10 CountersApart,
    /// Counters are unversioned: parallel moves all count.
    10 CounterUnversioned,
    /// Bounds hold at the commit point.
    10 CounterAtCommitPoint,
    /// The feed has every event, in order.
    11 FeedOrder,
    /// The feed is read part by part.
    11 FeedParts,
    /// Events about a record come newest first, part by part, and no others.
    11 EventsAbout,
    /// Whoever follows the feed misses nothing.
    11 FeedComplete,
    /// A touch only moves forward.
    12 TouchForward,
    /// A touch raises no version.
    12 TouchUnversioned,
    /// A touch never revives what has ended.
    12 TouchNeverRevives,
    /// An update keeps the later touch.
    12 UpdateKeepsTouch,
    /// A touch of nothing does nothing.
    12 TouchOfNothing,
    /// A change that is not known is refused.
    13 UnknownChange,
    /// A filter that is not known is refused.
    13 UnknownFilter,
    /// Records are loaded in the order asked for.
    0 LoadOrder,
    /// A session is found with all that its rights depend on, as things stand now.
    0 Principal,
    /// Mail is leased when it is ready, oldest first.
    0 LeaseOrder,
    /// A lease is a new version that says until when.
    0 LeaseWritten,
    /// No mail is leased twice at a time.
    0 LeaseOnce,
    /// A lease that ran out is given again.
    0 LeaseRunsOut,
    /// No more mail is leased than was asked for.
    0 LeaseLimit,
    /// Mail of all tenants is leased.
    0 LeaseAllTenants,
    /// The backlog counts what has not left.
    0 Backlog,
    /// What is due comes in order, from its time on.
    0 DueOrder,
    /// What is due is read part by part.
    0 DueParts,
    /// What is due can be asked of one tenant.
    0 DueTenant,
    /// What is done is due no more.
    0 DueFollows,
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.law() {
            0 => write!(f, "{self:?}"),
            law => write!(f, "law {law}: {self:?}"),
        }
    }
}
