//! `docs/states.md`.

use crate::{addresses, documents, invitations, mail, sessions, tenants, tickets, users};

fn document() -> String {
    let sections = [
        (users::TEXT, users::rendered()),
        (addresses::TEXT, addresses::rendered()),
        (invitations::TEXT, invitations::rendered()),
        (tickets::TEXT, tickets::rendered()),
        (sessions::TEXT, sessions::rendered()),
        (mail::TEXT, mail::rendered()),
        (tenants::TEXT, tenants::rendered()),
    ];
    let sections = sections.map(|(text, rendered)| format!("{}\n{rendered}", text.trim_start()));
    format!(
        "{}\n{}\n{}",
        INTRODUCTION.trim_start(),
        sections.join("\n"),
        WORDS.trim_start()
    )
}

#[test]
fn the_published_diagrams_and_tables_are_true() {
    documents::check("states.md", &document());
}

const INTRODUCTION: &str = "
# States

What can be in which state, and what each verb makes of it. The diagrams and tables are rendered by calling the code; a test
keeps them true (`UPDATE_DOCS=1 cargo test --test states` writes this file anew).

In the tables, a cell is the state that the verb leads to, or a refusal: a dash where the verb does not fit the state. *Time*
is what happens by itself. It is true from its instant on, in every rule and listing, whether or not anybody has written it
down yet; at exactly a deadline it is over. Verbs act on what is true by then.
";

const WORDS: &str = "
## How five back offices speak of status

| back office | its word | ours | by |
|---|---|---|---|
| logistics | active | active | |
| logistics | locked | suspended, without an end | suspend; unlocked by reinstate |
| logistics | inactive | every state but active: a filter of the list, which shows active users unless asked | |
| billing | active | active | |
| billing | suspended (for a while: leave) | suspended, perhaps with an end | suspend, reinstate |
| billing | disabled (left the company) | disabled | disable, reactivate |
| client portal | invited | invited | invite |
| client portal | accepted | active; inactive until the first day, where one was set | accept |
| client portal | deactivated | inactive | deactivate, reactivate |
| client portal | cancelled, expired (of the invitation) | inactive (invitation lapsed) | cancel, or time; invited again by invite |
| group invoice flow | active | active | activate |
| group invoice flow | inactive | inactive, before the first day or after the last, perhaps with a start | deactivate, schedule start |
| point of sale | (it has none: who is listed may log in) | active; invited until the person has set a password | |
| point of sale | deleted | deleted; can be restored for a while, then gone | delete, restore |
";
