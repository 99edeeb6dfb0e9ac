use std::collections::HashSet;

use accounts::{CreateBudget, Period, PutWebhook, Role, ScopeKind, Unit};
use store::Micros;
use store::testing::for_each_db;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::watch::check;
use super::*;
use crate::config::GatewayConfig;
use crate::testing::World;
use crate::usage::tests::rows::{DAY, TODAY};
use crate::{Gateway, alerts};

#[test]
fn thresholds_are_passed_in_whole_percents() {
    for (spent, max, refused, wanted) in [
        (0, 100, false, None),
        (49, 100, false, None),
        (50, 100, false, Some(50)),
        (799, 1_000, false, Some(50)),
        (80, 100, false, Some(80)),
        (99, 100, false, Some(80)),
        (100, 100, false, Some(100)),
        (250, 100, false, Some(100)),
        (90, 100, true, Some(100)),
        (89, 100, true, Some(80)),
        (10, 100, true, None),
        (5, 0, false, None),
        (i64::MAX, i64::MAX, false, Some(100)),
    ] {
        assert_eq!(passed(spent, max, refused), wanted, "{spent} of {max}");
    }
}

async fn budget(world: &World, max: i64) -> BudgetId {
    let wanted = CreateBudget {
        scope: ScopeKind::Organization,
        scope_id: None,
        model: None,
        period: Period::Day,
        unit: Unit::NanoUsd,
        max,
    };
    let made = world.accounts.create_budget(&world.actor, wanted).await;
    made.expect("made").id
}

async fn spend(world: &World, at: i64, nano: i64) {
    let mut row = world.row();
    row.created_at = at;
    row.cost_nano_usd = Some(nano);
    world.insert(&[row]).await;
}

async fn told(gateway: &Gateway, world: &World) -> Vec<i64> {
    let all = sql::list(gateway.db(), world.org.id, uuid::Uuid::max(), 100).await;
    let mut told: Vec<i64> = all.expect("listed").iter().map(|a| a.threshold).collect();
    told.sort_unstable();
    told
}

async fn mails(world: &World) -> Vec<String> {
    let page = accounts::PageRequest::new(Some(500), None).expect("valid");
    let outbox = world.accounts.list_outbox(page).await.expect("listed");
    outbox.data.into_iter().map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn each_threshold_is_told_once_per_period_by_whichever_instance_sees_it() {
    for_each_db(|db| async move {
        let world = World::new(db).await;
        let people = [("ada@x.org", Role::Owner), ("bob@x.org", Role::Viewer)];
        for (email, role) in people {
            let added = world
                .accounts
                .add_member(&world.actor, email, email, role)
                .await;
            added.expect("added");
        }
        let id = budget(&world, 1_000).await;
        let (none, org) = (HashSet::new(), world.org.id);
        let other = world.other_process(GatewayConfig::default()).await;
        let look = async || {
            for gateway in [&world.gateway, &other, &world.gateway] {
                check(gateway, org, &none).await.expect("checked");
            }
        };
        spend(&world, TODAY, 499).await;
        look().await;
        assert!(told(&other, &world).await.is_empty());
        spend(&world, TODAY, 1).await;
        look().await;
        assert_eq!(told(&other, &world).await, [50]);
        // From 50 to 100 at once: 80 is noted too, and one mail tells of the highest.
        spend(&world, TODAY, 500).await;
        look().await;
        assert_eq!(told(&other, &world).await, [50, 80, 100]);
        let subjects = mails(&world).await;
        assert_eq!(
            subjects.len(),
            2,
            "to the owner, not to the viewer: {subjects:?}"
        );
        assert!(subjects[0].starts_with("100 %") && subjects[1].starts_with("50 %"));
        // A restarted process remembers through the database.
        let third = world.other_process(GatewayConfig::default()).await;
        check(&third, org, &none).await.expect("checked");
        assert_eq!(told(&other, &world).await, [50, 80, 100]);
        // The next period starts anew.
        world.clock.set(Micros(TODAY + DAY + 1));
        spend(&world, TODAY + DAY, 600).await;
        look().await;
        assert_eq!(told(&other, &world).await, [50, 50, 80, 100]);
        // Crumbs are left, but the limiter refuses what would need them.
        spend(&world, TODAY + DAY, 350).await;
        check(&world.gateway, org, &HashSet::from([id]))
            .await
            .expect("checked");
        assert_eq!(told(&other, &world).await, [50, 50, 80, 80, 100, 100]);
    })
    .await;
}

/// Takes one request and answers it; gives its head and body.
async fn receive(listener: &TcpListener, answer: &str) -> (String, String) {
    let (mut socket, _) = listener.accept().await.expect("a connection");
    let mut seen = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let read = socket.read(&mut buffer).await.expect("bytes");
        assert_ne!(read, 0, "closed before the whole request was there");
        seen.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").parse::<usize>();
            if body.len() < length.expect("a length") {
                continue;
            }
            let response = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
            socket.write_all(response.as_bytes()).await.expect("sent");
            return (head.to_owned(), body.to_owned());
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).unwrap_or_default()
}

#[tokio::test]
async fn a_webhook_gets_signed_messages_again_until_it_takes_them() {
    for_each_db(|db| async move {
        let mut config = GatewayConfig::default();
        config.gateway.allow_private_webhooks = true;
        let world = World::with(db, config).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
        let put = world
            .accounts
            .put_webhook(&world.actor, PutWebhook { url })
            .await;
        put.expect("set");
        let signing = world.accounts.signing_webhook(world.org.id).await;
        let signing = signing.expect("opens").expect("there");
        budget(&world, 100).await;
        spend(&world, TODAY, 85).await;
        check(&world.gateway, world.org.id, &HashSet::new())
            .await
            .expect("checked");

        let mut ids = Vec::new();
        for answer in ["500 Broken", "204 Taken"] {
            // The task of the gateway may be the one that sends: both claim, one succeeds.
            let send = alerts::delivery::send_due(&world.gateway);
            let (sent, (head, body)) = tokio::join!(send, receive(&listener, answer));
            sent.expect("tried");
            let (id, at) = (
                header(&head, "webhook-id"),
                header(&head, "webhook-timestamp"),
            );
            let wanted = signing.signature(id, at.parse().expect("seconds"), &body);
            assert_eq!(header(&head, "webhook-signature"), wanted);
            let message: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            assert_eq!(message["type"], "budget.alert");
            assert_eq!(message["data"]["alert"]["threshold"], 80);
            ids.push(id.to_owned());
            // Only then: the pause before the next attempt is counted from when this one is written down.
            settled(&world, answer == "204 Taken").await;
            world.clock.advance(std::time::Duration::from_secs(61));
        }
        assert_eq!(
            ids[0], ids[1],
            "the same message, so that receivers can tell"
        );
    })
    .await;
}

/// Waits until the newest message's last attempt is written down.
async fn settled(world: &World, delivered: bool) {
    for _ in 0..200 {
        let db = world.gateway.db();
        let all = sql::list_deliveries(db, world.org.id, uuid::Uuid::max(), 1).await;
        let newest = all.expect("listed").remove(0);
        let done = newest.last_status.is_some() && newest.delivered_at.is_some() == delivered;
        if done {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the attempt was never written down");
}

#[tokio::test]
async fn a_webhook_in_the_private_network_is_not_called() {
    for_each_db(|db| async move {
        let world = World::new(db).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
        let put = world
            .accounts
            .put_webhook(&world.actor, PutWebhook { url })
            .await;
        put.expect("set");
        let outcome = alerts::test(&world.gateway, world.org.id)
            .await
            .expect("tried");
        assert!(!outcome.delivered);
        let error = outcome.error.expect("says why");
        assert!(error.contains("private"), "{error}");
    })
    .await;
}
