//! What there can be one of, or so many, however many log in at once: sessions (E5), and uses of a one-time password (T3).

use tenure::id::CommitId;
use tenure::model::{
    Credential, EndReason, Entry, Secret, SessionLimit, SessionState, Ticket, TicketPurpose, TicketState,
};
use tenure::secret::OneTimePassword;
use tenure::store::{Change, Commit, StoreExt};
use tenure::{Access, Denied, Error, Policy, SessionsAtOnce, SignIn, SignedIn, TenantId, WhenFull};
use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Firm, Member, PASSWORD, World, client, denied, for_every_store};

for_every_store!(Policy::default();
    e5_the_oldest_sessions_end_and_exactly_so_many_stay,
    e5_or_exactly_so_many_logins_succeed,
    t3_of_parallel_logins_with_one_one_time_password_one_succeeds,
    ps2_a_one_time_password_is_good_for_one_thing,
    l1_the_status_is_told_after_the_right_password_if_the_policy_says_so,
);

const ZOE: &str = "zoe@nordwind.example";

async fn at_once(world: &World, tenant: TenantId, times: usize, password: &str) -> Vec<Result<SignedIn, Error>> {
    let programs = world.two_programs();
    let mut logins = JoinSet::new();
    for number in 0..times {
        let (tenure, password) = (programs[number % 2].clone(), password.to_owned());
        logins.spawn(async move {
            let sign_in = SignIn::new(tenant, ZOE, password.as_str()).client(client());
            tenure.sign_in(sign_in).await
        });
    }
    logins.join_all().await
}

async fn with_zoe(world: &World) -> (Firm, Member) {
    let firm = world.found().await;
    let zoe = world.join(&firm.desk, "Zoe", Access::none()).await;
    // Her session is the oldest.
    world.advance(Duration::SECOND);
    (firm, zoe)
}

fn limited(world: World, when_full: WhenFull) -> World {
    let at_once = SessionsAtOnce { most: 3, when_full };
    world.with_policy(|policy| {
        policy.sessions_at_once = Some(at_once);
        policy.throttle = policy.throttle.failures(100);
    })
}

async fn e5_the_oldest_sessions_end_and_exactly_so_many_stay(world: World) {
    let world = limited(world, WhenFull::EndOldest);
    let (firm, zoe) = with_zoe(&world).await;
    let mut logins = Vec::new();
    for login in at_once(&world, firm.id(), 12, PASSWORD).await {
        logins.push(login.unwrap());
    }
    let mut usable = 0;
    for login in &logins {
        usable += usize::from(world.principal(login).await.is_ok());
    }
    assert_eq!(usable, 3);
    assert_eq!(denied(world.principal(&zoe.login).await), Denied::NotSignedIn);
    let sessions = firm
        .desk
        .sessions()
        .of(zoe.user.id, tenure::Listing::new())
        .await
        .unwrap()
        .items;
    let (open, ended): (Vec<_>, Vec<_>) = sessions
        .into_iter()
        .partition(|session| session.state == SessionState::Open);
    assert_eq!((open.len(), ended.len()), (3, 10));
    let replaced = SessionState::Ended {
        at: world.now(),
        reason: EndReason::TooMany,
    };
    assert!(ended.iter().all(|session| session.state == replaced));
}

async fn e5_or_exactly_so_many_logins_succeed(world: World) {
    let world = limited(world, WhenFull::Refuse);
    let (firm, zoe) = with_zoe(&world).await;
    zoe.desk.me().sign_out().await.unwrap();
    let answers = at_once(&world, firm.id(), 12, PASSWORD).await;
    let (begun, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((begun.len(), refused.len()), (3, 9));
    for answer in refused {
        assert_eq!(denied(answer), Denied::TooManySessions { most: 3 });
    }
    let wrong = world.sign_in(firm.id(), ZOE, "Wrong-Password-1").await;
    assert_eq!(denied(wrong), Denied::SignInRefused, "only the right password is told");
    // One that ends, or that nobody uses, makes room.
    world.advance(Duration::minutes(31));
    world.sign_in(firm.id(), ZOE, PASSWORD).await.unwrap();
}

/// Puts a one-time password in place of Zoe's password, as if it had been mailed.
async fn one_time(world: &World, firm: &Firm, zoe: &Member) -> String {
    let (tenant, user) = (firm.id(), zoe.user.id);
    let made = OneTimePassword::mint(&tenure::secret::OsRandom).unwrap();
    let ticket = Ticket {
        id: Uuid::from_u128(77).into(),
        user,
        purpose: TicketPurpose::OneTimePassword,
        address: zoe.user.address.clone(),
        tokens: vec![made.hash(*tenant.as_uuid(), *user.as_uuid())],
        expires_at: world.ahead(Duration::DAY),
        term: None,
        state: TicketState::Open,
    };
    let before = world.store.get::<Credential>(tenant, user).await.unwrap().unwrap();
    let secret = Secret::OneTime {
        ticket: ticket.id,
        issued_at: world.now(),
    };
    let commit = Commit {
        id: CommitId::from_uuid(Uuid::from_u128(78)),
        tenant,
        at: world.now(),
        guards: Vec::new(),
        changes: vec![
            Change::Update {
                expected: before.version,
                entry: Entry::new(Credential { user, secret }),
            },
            Change::Insert(Entry::new(ticket)),
        ],
        events: Vec::new(),
        mail: Vec::new(),
    };
    world.store.commit(commit).await.unwrap();
    made.expose().to_owned()
}

async fn t3_of_parallel_logins_with_one_one_time_password_one_succeeds(world: World) {
    let world = world.with_policy(|policy| policy.throttle = policy.throttle.failures(100));
    let (firm, zoe) = with_zoe(&world).await;
    let password = one_time(&world, &firm, &zoe).await;
    let answers = at_once(&world, firm.id(), 16, &password).await;
    let (begun, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((begun.len(), refused.len()), (1, 15));
    for answer in refused {
        assert_eq!(denied(answer), Denied::SignInRefused);
    }
    let again = world.sign_in(firm.id(), ZOE, &password).await;
    assert_eq!(denied(again), Denied::SignInRefused);
}

async fn ps2_a_one_time_password_is_good_for_one_thing(world: World) {
    let (firm, zoe) = with_zoe(&world).await;
    let password = one_time(&world, &firm, &zoe).await;
    assert_eq!(
        denied(world.sign_in(firm.id(), ZOE, PASSWORD).await),
        Denied::SignInRefused,
        "the password before is gone"
    );
    let (hashes, compared) = (world.tenure.hashes_run(), world.tenure.comparisons_run());
    let typed = password.to_lowercase().replace('-', " ");
    let login = world.sign_in(firm.id(), ZOE, &typed).await.unwrap();
    assert_eq!(world.tenure.hashes_run() - hashes, 1);
    assert_eq!(world.tenure.comparisons_run() - compared, 0, "a decoy");
    assert!(login.must_change_password && !zoe.login.must_change_password);
    assert_eq!(login.expires_at, world.ahead(Duration::minutes(15)));
    assert_eq!(denied(world.principal(&login).await), Denied::PasswordChangeRequired);
    let sessions = firm
        .desk
        .sessions()
        .of(zoe.user.id, tenure::Listing::new())
        .await
        .unwrap()
        .items;
    let session = sessions.iter().find(|session| session.id == login.session).unwrap();
    assert_eq!(session.limited, Some(SessionLimit::PasswordChange));
    world.advance(Duration::minutes(15));
    assert_eq!(denied(world.principal(&login).await), Denied::NotSignedIn);
    let kept = world.picture(&[firm.id()]).await.text();
    assert!(!kept.contains(&password));
}

async fn l1_the_status_is_told_after_the_right_password_if_the_policy_says_so(world: World) {
    let (firm, zoe) = with_zoe(&world).await;
    firm.desk.users().disable(zoe.user.id).await.unwrap();
    let attempt = async |world: &World, password: &str| {
        let hashes = world.tenure.hashes_run();
        let answer = world.sign_in(firm.id(), ZOE, password).await;
        (denied(answer), world.tenure.hashes_run() - hashes)
    };
    assert_eq!(attempt(&world, PASSWORD).await, (Denied::SignInRefused, 1));
    let telling = world.with_policy(|policy| policy.tell_status_after_password = true);
    let status = tenure::model::StatusKind::Disabled;
    assert_eq!(
        attempt(&telling, PASSWORD).await,
        (Denied::AccountNotActive { status }, 1)
    );
    assert_eq!(attempt(&telling, "Wrong-Password-1").await, (Denied::SignInRefused, 1));
}
