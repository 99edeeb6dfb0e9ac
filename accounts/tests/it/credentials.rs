use std::sync::Arc;

use accounts::{
    Accounts, AccountsConfig, AuditFilter, CreateCredential, ErrorKind, MasterKey, PageRequest,
    Secret, UpdateCredential,
};
use store::on_reader;
use store::testing::second_handle;

use crate::support::{World, config, in_each_world};

const SECRET: &str = "sk-very-secret-1234567890";

fn openai(name: &str) -> CreateCredential {
    CreateCredential {
        provider: "openai".to_owned(),
        name: name.to_owned(),
        kind: "api_key".to_owned(),
        secret: Secret::new(SECRET),
    }
}

async fn reopen(world: &World, config: &AccountsConfig) -> accounts::Result<Accounts> {
    let db = second_handle(&world.db).await;
    Accounts::open(db, Arc::new(world.clock.clone()), config).await
}

#[tokio::test]
async fn a_secret_goes_in_encrypted_and_is_seen_nowhere() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let made = accounts
            .create_credential(&world.actor, openai("main"))
            .await
            .expect("stored");
        let opened = accounts
            .credential_secret(world.org.id, made.id)
            .await
            .expect("opens");
        assert_eq!(opened.expose(), SECRET);
        let named = accounts
            .credential_secret_by_name(world.org.id, "openai", "main")
            .await;
        assert_eq!(named.expect("opens").expose(), SECRET);
        let stored: Vec<u8> = on_reader!(world.db, c => sqlx::query_scalar(
            "SELECT encrypted_data FROM credentials",
        ).fetch_one(c).await)
        .expect("stored");
        assert!(
            !stored
                .windows(SECRET.len())
                .any(|window| window == SECRET.as_bytes())
        );
        let log = accounts
            .list_audit(world.org.id, &AuditFilter::default(), PageRequest::first())
            .await
            .expect("listed");
        let shown = serde_json::to_string(&(&made, &log)).expect("serializes");
        assert!(
            shown.contains("credential.create") && !shown.contains(SECRET),
            "{shown}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_credential_is_changed_switched_off_and_deleted() {
    in_each_world(|world| async move {
        let (accounts, org) = (&world.accounts, world.org.id);
        let id = accounts
            .create_credential(&world.actor, openai("main"))
            .await
            .expect("stored")
            .id;
        let update = UpdateCredential {
            secret: Some(Secret::new("sk-2")),
            name: Some("renamed".to_owned()),
            is_active: None,
        };
        let changed = accounts
            .update_credential(&world.actor, id, update)
            .await
            .expect("changed");
        assert_eq!(changed.name, "renamed");
        let opened = accounts.credential_secret(org, id).await.expect("opens");
        assert_eq!(opened.expose(), "sk-2");
        let off = UpdateCredential {
            is_active: Some(false),
            ..UpdateCredential::default()
        };
        accounts
            .update_credential(&world.actor, id, off)
            .await
            .expect("changed");
        let error = accounts.credential_secret(org, id).await.expect_err("off");
        assert_eq!(error.kind, ErrorKind::NotFound);
        accounts
            .delete_credential(&world.actor, id)
            .await
            .expect("deleted");
        let error = accounts.get_credential(org, id).await.expect_err("gone");
        assert_eq!(error.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_and_strangers_see_nothing() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let id = accounts
            .create_credential(&world.actor, openai("main"))
            .await
            .expect("stored")
            .id;
        let twice = accounts
            .create_credential(&world.actor, openai("main"))
            .await;
        assert_eq!(twice.expect_err("taken").kind, ErrorKind::Conflict);
        let stranger = world.stranger().await;
        let org = stranger.org_id();
        for outcome in [
            accounts.get_credential(org, id).await.map(|_| ()),
            accounts.credential_secret(org, id).await.map(|_| ()),
            accounts
                .credential_secret_by_name(org, "openai", "main")
                .await
                .map(|_| ()),
            accounts.delete_credential(&stranger, id).await,
            accounts
                .update_credential(&stranger, id, UpdateCredential::default())
                .await
                .map(|_| ()),
        ] {
            assert_eq!(outcome.expect_err("foreign").kind, ErrorKind::NotFound);
        }
        let page = accounts
            .list_credentials(org, PageRequest::first())
            .await
            .expect("listed");
        assert!(page.data.is_empty());
        accounts
            .create_credential(&stranger, openai("main"))
            .await
            .expect("another organization");
    })
    .await;
}

#[tokio::test]
async fn rotation_re_encrypts_everything_and_other_processes_follow_the_file() {
    in_each_world(|world| async move {
        let (accounts, org) = (&world.accounts, world.org.id);
        let one = accounts
            .create_credential(&world.actor, openai("one"))
            .await
            .expect("stored");
        let other = world.other_process().await;
        let path = world.dir.path().join("master.key");
        let before = std::fs::read(&path).expect("there");

        let rotation = accounts.rotate_master_key(None).await.expect("rotated");
        assert_eq!(
            (rotation.credentials, rotation.version),
            (1, one.key_version + 1)
        );
        assert_ne!(std::fs::read(&path).expect("there"), before);
        let read = accounts.get_credential(org, one.id).await.expect("found");
        assert_eq!(read.key_version, rotation.version);
        for handle in [accounts, &other] {
            let opened = handle.credential_secret(org, one.id).await.expect("opens");
            assert_eq!(opened.expose(), SECRET);
        }
        let two = other
            .create_credential(&world.actor, openai("two"))
            .await
            .expect("stored");
        assert_eq!(two.key_version, rotation.version);
        let again = reopen(&world, &config(&world.dir)).await.expect("opens");
        let opened = again.credential_secret(org, two.id).await.expect("opens");
        assert_eq!(opened.expose(), SECRET);
        other.db().close().await;
        again.db().close().await;
    })
    .await;
}

#[tokio::test]
async fn a_process_with_an_outdated_key_in_its_environment_writes_nothing() {
    in_each_world(|world| async move {
        let (old, new) = (MasterKey::generate(), MasterKey::generate());
        let given = |key: &MasterKey| AccountsConfig {
            data_dir: "unused".into(),
            master_key: Some(key.to_base64()),
            ..AccountsConfig::default()
        };
        let one = reopen(&world, &given(&old))
            .await
            .expect("no credentials yet: taken over");
        let two = reopen(&world, &given(&old)).await.expect("the same key");
        let made = one
            .create_credential(&world.actor, openai("one"))
            .await
            .expect("stored");
        let error = one.rotate_master_key(None).await.expect_err("which key?");
        assert_eq!(error.kind, ErrorKind::Invalid);
        one.rotate_master_key(Some(new.clone()))
            .await
            .expect("rotated");
        let opened = one
            .credential_secret(world.org.id, made.id)
            .await
            .expect("opens");
        assert_eq!(opened.expose(), SECRET);

        let error = two
            .create_credential(&world.actor, openai("two"))
            .await
            .expect_err("stale");
        assert_eq!(error.kind, ErrorKind::Vault);
        let error = two
            .credential_secret(world.org.id, made.id)
            .await
            .expect_err("stale");
        assert_eq!(error.kind, ErrorKind::Vault);
        let error = reopen(&world, &given(&old))
            .await
            .expect_err("the old key is wrong now");
        assert!(
            error.message.contains("is not the one that encrypts"),
            "{error}"
        );
        let three = reopen(&world, &given(&new)).await.expect("the new key");
        let opened = three
            .credential_secret(world.org.id, made.id)
            .await
            .expect("opens");
        assert_eq!(opened.expose(), SECRET);
        for handle in [one, two, three] {
            handle.db().close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_lost_key_file_is_not_replaced_while_credentials_exist() {
    in_each_world(|world| async move {
        let path = world.dir.path().join("master.key");
        world
            .accounts
            .create_credential(&world.actor, openai("one"))
            .await
            .expect("stored");
        let kept = std::fs::read(&path).expect("there");
        std::fs::remove_file(&path).expect("ours");
        let error = reopen(&world, &config(&world.dir)).await.expect_err("lost");
        assert_eq!(error.kind, ErrorKind::Vault);
        assert!(
            error
                .message
                .contains("is missing, but the database holds 1 credentials"),
            "{error}"
        );
        assert!(!path.exists(), "no new key was made");

        let wrong = AccountsConfig {
            master_key: Some(MasterKey::generate().to_base64()),
            ..config(&world.dir)
        };
        let error = reopen(&world, &wrong).await.expect_err("another key");
        assert!(
            error.message.contains("is not the one that encrypts"),
            "{error}"
        );

        let right = AccountsConfig {
            master_key: Some(Secret::new(String::from_utf8(kept).expect("base64"))),
            ..config(&world.dir)
        };
        reopen(&world, &right)
            .await
            .expect("the same key from elsewhere")
            .db()
            .close()
            .await;
    })
    .await;
}
