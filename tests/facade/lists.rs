//! Lists: what a cursor belongs to, how far totals go, what a search may say, and what is never shown (A4, R4).

use tenure::text::{AddressPattern, SearchField, TextError};
use tenure::{
    Access, AttemptSearch, Denied, Ended, FieldError, Founding, Listing, NewEmployee, NewRole, NewUnit, NewUser,
    PageCursor, Policy, Problem, SortBy, UserType,
};
use time::Duration;

use crate::support::{Firm, OWNERS, PASSWORD, World, denied, for_every_store, wrong_fields};

for_every_store!(Policy::default();
    a4_what_is_typed_is_literal_but_for_wildcards_and_stays_in_scope,
    a4_a_search_that_says_nothing_or_too_much_is_refused_by_field,
    a_cursor_belongs_to_one_list,
    a_cursor_gives_no_right,
    pages_show_everybody_once_while_others_come,
    totals_are_capped_unless_they_are_to_be_exact,
    the_last_login_is_kept_and_listed_by,
    a_signature_follows_its_employee_to_the_user,
    r4_a_search_of_one_who_sees_a_part_finds_that_part,
    r4_nobody_is_found_by_a_supervisor_who_works_elsewhere,
    sessions_invitations_roles_units_and_logins_are_searched,
);

async fn people(firm: &Firm) {
    let people = [
        ("Åsa", "Lindström"),
        ("Asa", "Lind_strom"),
        ("Bo", "100% [x]"),
        ("Cia", "O'Hara"),
    ];
    for (first, last) in people {
        let address = format!(
            "{}{}@nordwind.example",
            first.to_ascii_lowercase().replace('Å', "ao"),
            last.len()
        );
        let user = NewUser::new(first, last, address);
        firm.desk.users().create(user, Access::none()).await.unwrap();
    }
}

async fn other_firm(world: &World) -> Firm {
    let owner = NewUser::new("Eve", "Else", "eve@suedwind.example");
    world.found_with(Founding::new("Südwind", owner, OWNERS)).await
}

async fn found(firm: &Firm, listing: Listing) -> Vec<String> {
    let page = firm.desk.users().list(listing.sort(SortBy::LastName)).await.unwrap();
    page.items
        .iter()
        .map(|user| user.profile.last_name.to_string())
        .collect()
}

async fn a4_what_is_typed_is_literal_but_for_wildcards_and_stays_in_scope(world: World) {
    let firm = world.found().await;
    people(&firm).await;
    let search = async |text: &str| found(&firm, Listing::new().search(text)).await;
    assert_eq!(search("lind_").await, ["Lind_strom"]);
    assert_eq!(search("lind*strom").await, ["Lind_strom", "Lindström"]);
    assert_eq!(search("LIND%").await, ["Lind_strom", "Lindström"]);
    assert_eq!(search("asa lindström").await, ["Lindström"]);
    assert_eq!(search("[x]").await, ["100% [x]"]);
    assert_eq!(search("o'hara").await, ["O'Hara"]);
    for nothing in ["\\", "a_a", "\"lind\"", "' OR 1=1 --", "lind.*", "[a-z]", "asa*lind"] {
        assert_eq!(search(nothing).await, [""; 0], "{nothing}");
    }
    assert_eq!(search("*").await.len(), 5);
    // Another tenant's are never among them, whatever is typed.
    let other = other_firm(&world).await;
    assert_eq!(found(&other, Listing::new().search("lind")).await, [""; 0]);
}

async fn a4_a_search_that_says_nothing_or_too_much_is_refused_by_field(world: World) {
    let firm = world.found().await;
    let refused = async |listing| match denied(firm.desk.users().list(listing).await) {
        Denied::Invalid { fields } => fields,
        other => panic!("{other:?}"),
    };
    let problem = |field, problem: TextError| vec![FieldError::new(field, Problem::Text(problem))];
    assert_eq!(
        refused(Listing::new().search(" ")).await,
        problem("search", TextError::Empty)
    );
    let long = "x".repeat(201);
    let last = Listing::new().search_in(SearchField::LastName, &long);
    assert_eq!(
        refused(last).await,
        problem("last_name", TextError::TooLong { max: 200 })
    );
    let wild = Listing::new().supervisor("*a".repeat(21));
    assert_eq!(
        refused(wild).await,
        problem("supervisor", TextError::TooManyWildcards { max: 20 })
    );
    let all = Listing::new()
        .search("")
        .search_in(SearchField::Signature, "")
        .after(Some("x".into()));
    let page = firm.desk.users().list(all).await;
    assert_eq!(wrong_fields(page), ["cursor", "search", "signature"]);
}

async fn a_cursor_belongs_to_one_list(world: World) {
    let firm = world.found().await;
    people(&firm).await;
    let users = firm.desk.users();
    let listing = || Listing::new().search("n").sort(SortBy::Name).limit(1);
    let page = users.list(listing()).await.unwrap();
    let cursor = page.next.unwrap();
    // It survives a link.
    let link = cursor.to_string();
    assert!(
        link.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    );
    let again = || Some(PageCursor::from(link.as_str()));
    let next = users.list(listing().after(again())).await.unwrap();
    assert_ne!(next.items[0].id, page.items[0].id);
    users.list(listing().limit(50).total().after(again())).await.unwrap();

    let wrong = |problem| Denied::Invalid {
        fields: vec![FieldError::new("cursor", problem)],
    };
    let role = firm.desk.roles().add(NewRole::new("Clerk")).await.unwrap();
    for other in [
        Listing::new().search("m").sort(SortBy::Name),
        Listing::new().sort(SortBy::Name),
        listing().sort(SortBy::LastName),
        listing().descending(),
        listing().status(["active"]),
        listing().with_role(role.id),
    ] {
        assert_eq!(
            denied(users.list(other.after(again())).await),
            wrong(Problem::OtherList)
        );
    }
    let employees = firm.desk.employees().list(listing().after(again())).await;
    assert_eq!(denied(employees), wrong(Problem::OtherList));
    let elsewhere = other_firm(&world).await;
    let abroad = elsewhere.desk.users().list(listing().after(again())).await;
    assert_eq!(denied(abroad), wrong(Problem::OtherList));
    let mut damaged = link.clone().into_bytes();
    damaged[20] = if damaged[20] == b'A' { b'B' } else { b'A' };
    let damaged = String::from_utf8(damaged).unwrap();
    for text in [
        "",
        "?",
        "AAAA",
        "é",
        &damaged,
        &link[1..],
        &format!("{link}AAAA"),
        &"A".repeat(10_000),
    ] {
        let page = users.list(listing().after(Some(text.into()))).await;
        assert_eq!(denied(page), wrong(Problem::NotACursor), "{text}");
    }
}

/// A cursor that an administrator got shows nobody to whom it is sent more than they may see.
async fn a_cursor_gives_no_right(world: World) {
    let firm = world.found().await;
    people(&firm).await;
    let (north, south) = (
        firm.desk.units().add(NewUnit::company("North")).await.unwrap().id,
        firm.desk.units().add(NewUnit::company("South")).await.unwrap().id,
    );
    let readers = NewRole::new("Reader").permissions(["users.read"]);
    let readers = firm.desk.roles().add(readers).await.unwrap();
    let reader = world
        .join(&firm.desk, "Nora", Access::role(readers.id).within([north]))
        .await;
    world.join(&firm.desk, "Zed", Access::none().member_of([south])).await;
    let listing = || Listing::new().sort(SortBy::Name).limit(1);
    let cursor = firm.desk.users().list(listing()).await.unwrap().next;
    let seen = reader
        .desk
        .users()
        .list(listing().limit(100).after(cursor))
        .await
        .unwrap();
    assert!(seen.items.iter().all(|user| user.id == reader.user.id), "{seen:?}");
}

async fn pages_show_everybody_once_while_others_come(world: World) {
    let firm = world.found().await;
    people(&firm).await;
    for sort in [
        SortBy::LastName,
        SortBy::Address,
        SortBy::Status,
        SortBy::Created,
        SortBy::LastLogin,
    ] {
        let listing = || Listing::new().sort(sort).limit(2);
        let before = firm.desk.users().list(listing().limit(100)).await.unwrap().items;
        let (mut shown, mut after) = (Vec::new(), None);
        loop {
            let page = firm.desk.users().list(listing().after(after)).await.unwrap();
            shown.extend(page.items.iter().map(|user| user.id));
            let Some(next) = page.next else { break };
            after = Some(next);
            let n = shown.len();
            // Who comes behind the page is on a later one; this does not go on for ever.
            if n > 6 {
                continue;
            }
            for name in ["aaa", "zzz"] {
                let address = format!("{name}{n}-{sort:?}@nordwind.example");
                let user = NewUser::new(name, name, address);
                firm.desk.users().create(user, Access::none()).await.unwrap();
            }
            assert!(shown.len() < 200, "{sort:?}: the list does not end");
        }
        shown.retain(|id| before.iter().any(|user| user.id == *id));
        assert_eq!(shown, before.iter().map(|user| user.id).collect::<Vec<_>>(), "{sort:?}");
    }
}

async fn totals_are_capped_unless_they_are_to_be_exact(world: World) {
    let firm = world.found().await;
    people(&firm).await;
    let list = async |listing: Listing| {
        let page = firm.desk.users().list(listing.limit(1)).await.unwrap();
        (page.total, page.capped)
    };
    assert_eq!(list(Listing::new()).await, (None, false));
    assert_eq!(list(Listing::new().total()).await, (Some(5), false));
    assert_eq!(list(Listing::new().exact_total()).await, (Some(5), false));
    assert_eq!(
        list(Listing::new().count_up_to(5)).await,
        (Some(5), false),
        "that is all"
    );
    assert_eq!(
        list(Listing::new().count_up_to(4)).await,
        (Some(4), true),
        "there are more"
    );
    assert_eq!(list(Listing::new().search("lind").total()).await, (Some(2), false));
    assert_eq!(
        list(Listing::new().search("lind").count_up_to(1)).await,
        (Some(1), true)
    );
    assert_eq!(Listing::COUNTED, 10_000);
}

async fn the_last_login_is_kept_and_listed_by(world: World) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    let first = firm.desk.users().get(zoe.user.id).await.unwrap();
    assert_eq!(first.last_login_at, Some(world.now()));
    let never = NewUser::new("Never", "Never", "never@nordwind.example");
    firm.desk.users().create(never, Access::none()).await.unwrap();
    world.advance(Duration::MINUTE);
    let refused = world
        .sign_in(firm.id(), "zoe@nordwind.example", "another password")
        .await;
    assert_eq!(denied(refused), Denied::SignInRefused);
    assert_eq!(
        firm.desk.users().get(zoe.user.id).await.unwrap(),
        first,
        "a refused login is none"
    );
    world
        .sign_in(firm.id(), "zoe@nordwind.example", PASSWORD)
        .await
        .unwrap();
    let now = firm.desk.users().get(zoe.user.id).await.unwrap();
    assert_eq!(now.last_login_at, Some(world.now()));
    let names = async |listing: Listing| world.names_in_order(&firm.desk, listing.sort(SortBy::LastLogin)).await;
    assert_eq!(names(Listing::new()).await, ["Never", "Ada", "Zoe"]);
    assert_eq!(names(Listing::new().descending()).await, ["Zoe", "Ada", "Never"]);
    // An edit that was decided before keeps it.
    let edit = tenure::ProfileEdit::new().first_name("Zoë");
    firm.desk.users().edit_profile(zoe.user.id, edit).await.unwrap();
    assert_eq!(
        firm.desk.users().get(zoe.user.id).await.unwrap().last_login_at,
        now.last_login_at
    );
}

async fn a_signature_follows_its_employee_to_the_user(world: World) {
    let firm = world.found().await;
    let (employees, users) = (firm.desk.employees(), firm.desk.users());
    let zoe = || NewEmployee::new("Zoe", "Ek").email("zoe@nordwind.example");
    let employee = employees.add(zoe().signature("ZEK")).await.unwrap();
    let user = users.create_for(employee.id, Access::none()).await.unwrap();
    let signature = async || {
        let user = users.get(user.id).await.unwrap();
        user.signature.map(|signature| signature.to_string())
    };
    assert_eq!(signature().await.as_deref(), Some("ZEK"));
    employees.edit(employee.id, zoe().signature("ÅEK")).await.unwrap();
    assert_eq!(signature().await.as_deref(), Some("ÅEK"));
    let by_signature = || Listing::new().search_in(SearchField::Signature, "aek");
    assert_eq!(users.list(by_signature()).await.unwrap().items.len(), 1);
    users.delete(user.id).await.unwrap();
    employees.edit(employee.id, zoe().signature("NEW")).await.unwrap();
    users.restore(user.id).await.unwrap();
    assert_eq!(signature().await.as_deref(), Some("NEW"), "as it is now");
    employees.edit(employee.id, zoe()).await.unwrap();
    assert_eq!(signature().await, None);
}

async fn r4_a_search_of_one_who_sees_a_part_finds_that_part(world: World) {
    let firm = world.found().await;
    let north = firm.desk.units().add(NewUnit::company("North")).await.unwrap().id;
    let readers = NewRole::new("Reader").permissions(["users.read", "sessions.manage"]);
    let readers = firm.desk.roles().add(readers).await.unwrap();
    let reader = world
        .join(&firm.desk, "Nora", Access::role(readers.id).within([north]))
        .await;
    world.join(&firm.desk, "Norbert", Access::none()).await;
    let page = firm
        .desk
        .users()
        .list(Listing::new().search("nor*").total())
        .await
        .unwrap();
    assert_eq!(page.total, Some(2));
    let page = reader
        .desk
        .users()
        .list(Listing::new().search("nor*").total())
        .await
        .unwrap();
    assert_eq!(
        (page.items.len(), page.total),
        (1, Some(1)),
        "counts are of the scope, too"
    );
    assert_eq!(page.items[0].id, reader.user.id);
    let sessions = reader
        .desk
        .sessions()
        .active(Listing::new().search("nor").total())
        .await
        .unwrap();
    assert_eq!((sessions.items.len(), sessions.total), (1, Some(1)));
}

async fn r4_nobody_is_found_by_a_supervisor_who_works_elsewhere(world: World) {
    let firm = world.found().await;
    let unit = async |name| firm.desk.units().add(NewUnit::company(name)).await.unwrap().id;
    let (north, south) = (unit("North").await, unit("South").await);
    let add = async |employee: NewEmployee| firm.desk.employees().add(employee).await.unwrap();
    let near = add(NewEmployee::new("Nora", "Near").unit(north)).await;
    let far = add(NewEmployee::new("Frida", "Far").signature("FFX").unit(south)).await;
    add(NewEmployee::new("One", "Example").unit(north).supervisor(near.id)).await;
    add(NewEmployee::new("Two", "Example").unit(north).supervisor(far.id)).await;
    let readers = NewRole::new("Reader").permissions(["employees.read"]);
    let readers = firm.desk.roles().add(readers).await.unwrap();
    let reader = Access::role(readers.id).within([north]);
    let reader = world.join(&firm.desk, "Rita", reader).await;
    let found = async |desk: &tenure::desk::Desk, text: &str| {
        let listing = Listing::new().supervisor(text).sort(SortBy::FirstName).total();
        let page = desk.employees().list(listing).await.unwrap();
        assert_eq!(page.total, Some(page.items.len() as u64));
        let name = |employee: &tenure::Employee| employee.first_name.to_string();
        page.items.iter().map(name).collect::<Vec<_>>()
    };
    for text in ["far", "f*", "frida", "ffx", "fri* far"] {
        assert_eq!(found(&reader.desk, text).await, [""; 0], "{text}");
        assert_eq!(found(&firm.desk, text).await, ["Two"], "{text}");
    }
    assert_eq!(found(&reader.desk, "*").await, ["One"]);
    assert_eq!(found(&reader.desk, "nora near").await, ["One"]);
    assert_eq!(found(&firm.desk, "*").await, ["One", "Two"]);
}

async fn sessions_invitations_roles_units_and_logins_are_searched(world: World) {
    let firm = world.found().await;
    let desk = &firm.desk;
    let zoe = world.join(desk, "Zoe", Access::none()).await;
    world
        .sign_in(firm.id(), "zoe@nordwind.example", "wrong password")
        .await
        .unwrap_err();
    desk.units().add(NewUnit::company("Zoo")).await.unwrap();
    desk.roles().add(NewRole::new("Zookeeper")).await.unwrap();
    let zo = || Listing::new().search("zo*").total();
    assert_eq!(desk.units().list(zo()).await.unwrap().total, Some(1));
    assert_eq!(desk.roles().list(zo()).await.unwrap().total, Some(1));
    assert_eq!(desk.invitations().list(zo()).await.unwrap().total, Some(1));
    assert_eq!(
        desk.sessions().active(zo()).await.unwrap().items[0].user.id,
        zoe.user.id
    );
    assert_eq!(desk.history().all_attempts(zo()).await.unwrap().total, Some(2));
    let failed = AttemptSearch::new().user("zoe").ended(Ended::Refused).total();
    let here = AddressPattern::new("192.0.2.*").unwrap();
    let page = desk.history().search(failed.clone().at(here)).await.unwrap();
    assert_eq!((page.items.len(), page.total), (1, Some(1)));
    let elsewhere = AddressPattern::new("198.51.100.*").unwrap();
    assert_eq!(
        desk.history().search(failed.at(elsewhere)).await.unwrap().total,
        Some(0)
    );
    let internal = Listing::new().of_type([UserType::Internal]).has_identity(false).total();
    assert_eq!(desk.users().list(internal).await.unwrap().total, Some(2));
    assert_eq!(
        desk.users()
            .list(Listing::new().has_unit(false).total())
            .await
            .unwrap()
            .total,
        Some(2)
    );
    // What has no meaning for a kind lets none of it pass.
    assert_eq!(
        desk.roles()
            .list(Listing::new().has_unit(false).total())
            .await
            .unwrap()
            .total,
        Some(0)
    );
}
