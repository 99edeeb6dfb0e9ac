//! The key-value store of projects, on both databases.

use axum::http::{Method, StatusCode};
use flows::node::{NodeError, NodeErrorKind, Outcome, Output};
use flows::testing::World;
use serde_json::{Map, Value, json};

use crate::support::{Client, in_each_world};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

async fn act(world: &World, settings: Value) -> Result<Output, NodeError> {
    let registry = world.flows.registry();
    let node = registry.get("data.key_value").expect("the type is there");
    let outcome = world.run(node, &object(settings), Map::new()).await?;
    match outcome {
        Outcome::Done(output) => Ok(output),
        other => panic!("not done: {other:?}"),
    }
}

async fn got(world: &World, settings: Value) -> (Value, Value) {
    let output = act(world, settings).await.expect("done");
    (
        output.values["value"].clone(),
        output.values["found"].clone(),
    )
}

#[tokio::test]
async fn a_value_is_kept_until_it_is_deleted_or_expires() {
    in_each_world(|world| async move {
        let get = json!({"operation": "get", "key": " order/7 ", "default": "none"});
        assert_eq!(
            got(&world, get.clone()).await,
            (json!("none"), json!(false))
        );
        let set = json!({"operation": "set", "key": "order/7", "value": {"total": 12.5}});
        assert_eq!(
            got(&world, set).await,
            (json!({"total": 12.5}), json!(false))
        );
        assert_eq!(
            got(&world, get.clone()).await,
            (json!({"total": 12.5}), json!(true))
        );
        let set = json!({"operation": "set", "key": "order/7", "value": null, "expires_s": 60});
        assert_eq!(got(&world, set).await, (Value::Null, json!(true)));
        assert_eq!(
            got(&world, get.clone()).await,
            (Value::Null, json!(true)),
            "null is a value"
        );
        world.clock.advance(std::time::Duration::from_secs(60));
        assert_eq!(
            got(&world, get.clone()).await,
            (json!("none"), json!(false))
        );
        let delete = json!({"operation": "delete", "key": "order/7"});
        assert_eq!(
            got(&world, delete).await,
            (Value::Null, json!(false)),
            "it had expired"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_adds_and_all_are_counted() {
    in_each_world(|world| async move {
        let add =
            |n: u32| json!({"operation": "add", "key": "seen/7", "value": n, "expires_s": 3600});
        let adds = (0..8).map(|n| got(&world, add(n)));
        let adds = futures_util::future::join_all(adds).await;
        let first: Vec<_> = adds
            .iter()
            .filter(|(_, found)| *found == json!(false))
            .collect();
        assert_eq!(first.len(), 1, "{adds:?}");
        let winner = &first[0].0;
        assert!(
            adds.iter().all(|(value, _)| value == winner),
            "all see the first: {adds:?}"
        );

        let count = json!({"operation": "increment", "key": "visits", "by": 3});
        let counts = (0..20).map(|_| got(&world, count.clone()));
        futures_util::future::join_all(counts).await;
        let all = json!({"operation": "get", "key": "visits"});
        assert_eq!(got(&world, all).await, (json!(60), json!(true)));
        let half = json!({"operation": "increment", "key": "visits", "by": -0.5});
        assert_eq!(got(&world, half).await.0, json!(59.5));
    })
    .await;
}

#[tokio::test]
async fn an_increments_expiry_counts_from_the_first() {
    in_each_world(|world| async move {
        let count = json!({"operation": "increment", "key": "hour", "expires_s": 3600});
        assert_eq!(got(&world, count.clone()).await, (json!(1), json!(false)));
        world.clock.advance(std::time::Duration::from_secs(3_000));
        assert_eq!(got(&world, count.clone()).await, (json!(2), json!(true)));
        world.clock.advance(std::time::Duration::from_secs(600));
        assert_eq!(got(&world, count.clone()).await, (json!(1), json!(false)));
    })
    .await;
}

#[tokio::test]
async fn a_list_has_the_values_under_a_prefix_in_order() {
    in_each_world(|world| async move {
        for key in ["b/2", "a/1", "b/1", "b%"] {
            let set = json!({"operation": "set", "key": key, "value": key});
            act(&world, set).await.expect("kept");
        }
        let list = json!({"operation": "list", "key": "b/"});
        let output = act(&world, list).await.expect("read");
        let items = json!([{"key": "b/1", "value": "b/1"}, {"key": "b/2", "value": "b/2"}]);
        assert_eq!(output.values["items"], items);
        let list = json!({"operation": "list", "limit": 1});
        let output = act(&world, list).await.expect("read");
        assert_eq!(output.values["items"][0]["key"], "a/1");
        assert_eq!(output.values["items"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_kept_says_why() {
    in_each_world(|world| async move {
        act(
            &world,
            json!({"operation": "set", "key": "name", "value": "Ada"}),
        )
        .await
        .expect("kept");
        for (settings, word) in [
            (
                json!({"operation": "set", "key": " ", "value": 1}),
                "must not be empty",
            ),
            (
                json!({"operation": "get", "key": "k".repeat(201)}),
                "201 characters",
            ),
            (
                json!({"operation": "set", "key": "big", "value": "x".repeat(300_000)}),
                "262144 at most",
            ),
            (
                json!({"operation": "increment", "key": "name"}),
                "holds no number",
            ),
        ] {
            let error = act(&world, settings).await.expect_err("refused");
            assert_eq!(error.kind, NodeErrorKind::Input);
            assert!(error.message.contains(word), "{error:?}");
        }
        let name = json!({"operation": "get", "key": "name"});
        assert_eq!(
            got(&world, name).await.0,
            "Ada",
            "a failed increment changes nothing"
        );
    })
    .await;
}

#[tokio::test]
async fn people_see_and_delete_what_flows_keep_in_their_own_organization_only() {
    in_each_world(|world| async move {
        let set = json!({"operation": "set", "key": "a/b c", "value": [1]});
        act(&world, set).await.expect("kept");
        let client = Client::new(&world, &world.key);
        let (_, projects) = client
            .send(Method::GET, "/api/v1/projects", Value::Null)
            .await;
        let project = projects["data"][0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let path = format!("/api/v1/projects/{project}/values");
        let (status, page) = client.send(Method::GET, &path, Value::Null).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(page["data"][0]["key"], "a/b c");
        assert_eq!(page["data"][0]["value"], json!([1]));

        let (_, stranger) = world.stranger().await;
        let stranger = Client::new(&world, &stranger);
        let one = format!("{path}/a%2Fb%20c");
        for (method, path) in [(Method::GET, &path), (Method::DELETE, &one)] {
            let (status, _) = stranger.send(method, path, Value::Null).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
        }
        let (status, _) = client.send(Method::DELETE, &one, Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (status, _) = client.send(Method::DELETE, &one, Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    })
    .await;
}
