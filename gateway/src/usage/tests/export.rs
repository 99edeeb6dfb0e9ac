use bytes::Bytes;
use futures_util::TryStreamExt as _;
use providers::{DialectId, Operation};
use serde_json::{Value, json};
use store::testing::for_each_db;

use accounts::CreateKey;

use crate::call::{Call, CallContext, Caller};
use crate::testing::World;

#[tokio::test]
async fn a_call_that_was_just_answered_is_in_the_export() {
    for_each_db(|db| async move {
        let world = World::new(db).await;
        let wanted = CreateKey {
            name: "admin".to_owned(),
            admin: true,
            ..CreateKey::default()
        };
        let key = world.accounts.create_key(&world.actor, wanted).await;
        let key = key.expect("made").key;
        let who = world
            .accounts
            .authenticate(key.expose())
            .await
            .expect("good");
        let body =
            json!({"model": "builtin/echo", "messages": [{"role": "user", "content": "Hi"}]});
        let context = CallContext::internal(Caller::Http, world.gateway.now_us());
        let request_id = context.request_id.to_string();
        let operation = Operation::Chat(DialectId::Chat);
        let body = Bytes::from(body.to_string());
        let call = Call::read("/v1/chat/completions", operation, body, context).expect("a call");
        let reply = world.gateway.call(&who, call).await.expect("answered");
        drop(reply);

        let export = world.accounts.export_organization(world.org.id).await;
        let pieces: Vec<String> = export.expect("begun").try_collect().await.expect("whole");
        let export: Value = serde_json::from_str(&pieces.concat()).expect("JSON");
        let rows = export["usage"].as_array().cloned().unwrap_or_default();
        assert_eq!(rows.len(), 1, "{export}");
        assert_eq!(rows[0]["request_id"], json!(request_id));
    })
    .await;
}
