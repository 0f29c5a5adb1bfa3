//! The listings, each read to its end.

use std::fmt::Debug;

use crate::desk::{AttemptSearch, Desk, Listed, Listing};
use crate::error::Error;
use crate::model::{Ended, SortBy};
use crate::store::{FeedPosition, Query};
use crate::testing::choose::Chooser;
use crate::testing::commands::{Command, Reading};
use crate::testing::world::Answer;

/// What a command lists; none where it lists nothing.
pub(super) async fn listed(desk: &Desk, command: &Command, the: &Chooser<'_>) -> Option<Answer> {
    use Command as C;
    Some(match command {
        C::ListUnits(how) => read(*how, the, async |listing| desk.units().list(listing).await).await,
        C::ListRoles(how) => {
            let everywhere = Reading { within: None, ..*how };
            read(everywhere, the, async |listing| desk.roles().list(listing).await).await
        }
        C::ListEmployees(how) => read(*how, the, async |listing| desk.employees().list(listing).await).await,
        C::Candidates(without, how) => {
            let users = desk.users();
            let ask = async |listing: Listing| {
                let listing = if *without { listing.has_user(false) } else { listing };
                users.candidates(listing).await
            };
            read(*how, the, ask).await
        }
        C::ListUsers(deleted, how) => {
            let users = desk.users();
            let ask = async |listing: Listing| {
                let listing = if *deleted {
                    listing.status(["deleted", "suspended"])
                } else {
                    listing
                };
                users.list(listing).await
            };
            read(*how, the, ask).await
        }
        C::ListInvitations(how) => {
            let everywhere = Reading { within: None, ..*how };
            read(everywhere, the, async |listing| desk.invitations().list(listing).await).await
        }
        C::ListMails(user) => Answer::of(
            desk.invitations()
                .mails(the.any_user(*user))
                .await
                .map(|page| page.items),
        ),
        C::ActiveSessions(how) => {
            let everywhere = Reading { within: None, ..*how };
            read(everywhere, the, async |listing| desk.sessions().active(listing).await).await
        }
        C::SessionsOf(user) => Answer::of(
            desk.sessions()
                .of(the.any_user(*user), crate::Listing::new())
                .await
                .map(|page| page.items),
        ),
        C::AttemptsOf(user, how) => {
            let (user, everywhere) = (the.any_user(*user), Reading { within: None, ..*how });
            read(everywhere, the, async |listing| {
                desk.history().attempts(user, listing).await
            })
            .await
        }
        C::AllAttempts(how) => {
            let everywhere = Reading { within: None, ..*how };
            read(everywhere, the, async |listing| {
                desk.history().all_attempts(listing).await
            })
            .await
        }
        C::SearchAttempts(user, failed) => {
            let mut search = AttemptSearch::new().limit(20);
            if let Some(user) = user {
                search = search.of(the.any_user(*user));
            }
            if *failed {
                search = search.ended(Ended::Refused);
            }
            Answer::of(desk.history().search(search).await.map(|page| page.items))
        }
        C::ListKeys(how) => {
            let everywhere = Reading { within: None, ..*how };
            read(everywhere, the, async |listing| desk.api_keys().list(listing).await).await
        }
        C::KeysOf(user) => Answer::of(desk.api_keys().of(the.any_user(*user)).await.map(|page| page.items)),
        C::MyKeys => Answer::of(desk.me().api_keys().list().await.map(|page| page.items)),
        C::ReadEvents(page) => Answer::of(events(desk, u32::from(*page)).await),
        _ => return None,
    })
}

/// Reads a listing page by page to its end.
pub(super) async fn read<T: Debug>(
    how: Reading,
    the: &Chooser<'_>,
    ask: impl AsyncFn(Listing) -> Result<Listed<T>, Error>,
) -> Answer {
    let mut listing = Listing::new().limit(u32::from(how.page)).count_up_to(10);
    if how.by_name {
        listing = listing.sort(SortBy::Name);
    }
    if how.descending {
        listing = listing.descending();
    }
    if let Some(unit) = how.within {
        listing = listing.within(the.unit(unit));
    }
    in_pages(listing, ask).await
}

/// The same of a listing that says itself what it lists.
pub(super) async fn in_pages<T: Debug>(
    mut listing: Listing,
    ask: impl AsyncFn(Listing) -> Result<Listed<T>, Error>,
) -> Answer {
    let (mut items, mut total) = (Vec::new(), None);
    loop {
        let page = match ask(listing.clone()).await {
            Ok(page) => page,
            Err(error) => return Answer::of::<()>(Err(error)),
        };
        total = total.or(page.total);
        items.extend(page.items);
        match page.next {
            Some(next) => listing = listing.after(Some(next)),
            None => return Answer::of(Ok((total, items))),
        }
    }
}

/// The event log to its end; without the positions, which are the store's own.
async fn events(desk: &Desk, page: u32) -> Result<String, Error> {
    let (mut after, mut told) = (FeedPosition::START, Vec::new());
    loop {
        let entries = desk.history().events(after, page.min(Query::MAX_LIMIT)).await?;
        let Some(last) = entries.last() else {
            return Ok(format!("{told:?}"));
        };
        after = last.position;
        told.extend(entries.into_iter().map(|entry| (entry.commit, entry.event)));
    }
}
