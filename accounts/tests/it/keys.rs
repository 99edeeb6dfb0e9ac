use std::collections::BTreeSet;
use std::time::Duration;

use accounts::{AuditFilter, CreateKey, ErrorKind, PageRequest, UpdateKey};
use store::{Clock as _, KeyId, TeamId, UserId, on_reader};

use crate::support::{in_each_world, named};

#[tokio::test]
async fn a_key_is_shown_once_and_stored_as_a_hash() {
    in_each_world(|world| async move {
        let new = world.key(named("k")).await;
        let key = new.key.expose();
        assert!(key.starts_with(&new.record.prefix) && key.ends_with(&new.record.last_four));
        assert_eq!(new.record.prefix.len(), 8);
        let shown = format!("{new:?}") + &serde_json::to_string(&new.record).expect("serializes");
        assert!(!shown.contains(key));
        let audit = world
            .accounts
            .list_audit(world.org.id, &AuditFilter::default(), PageRequest::first())
            .await;
        assert!(!format!("{audit:?}").contains(key));
        let hash: Vec<u8> = on_reader!(world.db, c => sqlx::query_scalar(
            "SELECT key_hash FROM api_keys WHERE id = $1",
        ).bind(new.record.id).fetch_one(c).await)
        .expect("stored");
        assert_eq!(hash.len(), 32);
    })
    .await;
}

#[tokio::test]
async fn what_is_stored_comes_back() {
    in_each_world(|world| async move {
        let new = world.key(named("k")).await;
        let read = world
            .accounts
            .get_key(world.org.id, new.record.id)
            .await
            .expect("found");
        assert_eq!(read, new.record);
        let update = UpdateKey {
            name: Some("renamed".to_owned()),
            tags: Some(vec!["a".to_owned()]),
            expires_at: Some(Some(world.clock.now().plus(Duration::from_secs(5)))),
            ..UpdateKey::default()
        };
        let changed = world
            .accounts
            .update_key(&world.actor, read.id, update)
            .await
            .expect("ok");
        let read = world
            .accounts
            .get_key(world.org.id, read.id)
            .await
            .expect("found");
        assert_eq!(read, changed);
        assert_eq!(
            (read.name.as_str(), read.tags[0].as_str()),
            ("renamed", "a")
        );
        let clear = UpdateKey {
            expires_at: Some(None),
            ..UpdateKey::default()
        };
        let cleared = world
            .accounts
            .update_key(&world.actor, read.id, clear)
            .await
            .expect("ok");
        assert_eq!(
            (cleared.expires_at, cleared.name.as_str()),
            (None, "renamed")
        );
    })
    .await;
}

#[tokio::test]
async fn another_organizations_key_does_not_exist() {
    in_each_world(|world| async move {
        let new = world.key(named("k")).await;
        let id = new.record.id;
        let stranger = world.stranger().await;
        let accounts = &world.accounts;
        let outcomes = [
            accounts.get_key(stranger.org_id(), id).await.map(|_| ()),
            accounts
                .update_key(&stranger, id, UpdateKey::default())
                .await
                .map(|_| ()),
            accounts.revoke_key(&stranger, id).await.map(|_| ()),
            accounts.delete_key(&stranger, id).await,
            accounts
                .get_key(world.org.id, KeyId::new())
                .await
                .map(|_| ()),
        ];
        for outcome in outcomes {
            assert_eq!(outcome.expect_err("foreign").kind, ErrorKind::NotFound);
        }
        let page = PageRequest::first();
        let listed = accounts
            .list_keys(stranger.org_id(), page)
            .await
            .expect("listed");
        assert!(listed.data.is_empty());
        assert!(
            accounts.authenticate(new.key.expose()).await.is_ok(),
            "untouched"
        );
    })
    .await;
}

#[tokio::test]
async fn pages_hold_every_key_once_newest_first() {
    in_each_world(|world| async move {
        let mut wanted = Vec::new();
        for number in 0..7 {
            wanted.insert(0, world.key(named(&number.to_string())).await.record.id);
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let request = PageRequest::new(Some(3), cursor.as_deref()).expect("valid");
            let page = world
                .accounts
                .list_keys(world.org.id, request)
                .await
                .expect("listed");
            assert!(page.data.len() <= 3);
            seen.extend(page.data.iter().map(|key| key.id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, wanted);
    })
    .await;
}

#[tokio::test]
async fn wrong_wishes_are_refused_by_field() {
    in_each_world(|world| async move {
        let past = Some(world.clock.now());
        for (wanted, field) in [
            (named(" "), "`name`"),
            (
                CreateKey {
                    models: vec![String::new()],
                    ..named("k")
                },
                "`models[0]`",
            ),
            (
                CreateKey {
                    tags: vec![" a".to_owned()],
                    ..named("k")
                },
                "`tags[0]`",
            ),
            (
                CreateKey {
                    expires_at: past,
                    ..named("k")
                },
                "`expires_at`",
            ),
        ] {
            let error = world
                .accounts
                .create_key(&world.actor, wanted)
                .await
                .expect_err("wrong");
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.message.starts_with(field), "{error}");
        }
        for wanted in [
            CreateKey {
                team_id: Some(TeamId::new()),
                ..named("k")
            },
            CreateKey {
                user_id: Some(UserId::new()),
                ..named("k")
            },
        ] {
            let error = world
                .accounts
                .create_key(&world.actor, wanted)
                .await
                .expect_err("wrong");
            assert_eq!(error.kind, ErrorKind::NotFound);
        }
        let page = world
            .accounts
            .list_keys(world.org.id, PageRequest::first())
            .await;
        assert!(page.expect("listed").data.is_empty(), "nothing was stored");
    })
    .await;
}

#[tokio::test]
async fn a_team_or_user_of_another_organization_cannot_own_a_key() {
    in_each_world(|world| async move {
        let stranger = world.stranger().await;
        let team = world
            .accounts
            .create_team(&stranger, "T")
            .await
            .expect("made");
        let user = world
            .accounts
            .add_member(&stranger, "a@x.org", "A", accounts::Role::Editor)
            .await
            .expect("made");
        for wanted in [
            CreateKey {
                team_id: Some(team.id),
                ..named("k")
            },
            CreateKey {
                user_id: Some(user.id),
                ..named("k")
            },
        ] {
            let error = world
                .accounts
                .create_key(&world.actor, wanted)
                .await
                .expect_err("wrong");
            assert_eq!(error.kind, ErrorKind::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn a_revoked_key_stays_revoked() {
    in_each_world(|world| async move {
        let id = world.key(named("k")).await.record.id;
        let first = world
            .accounts
            .revoke_key(&world.actor, id)
            .await
            .expect("revoked");
        world.clock.advance(Duration::from_secs(5));
        let second = world
            .accounts
            .revoke_key(&world.actor, id)
            .await
            .expect("still revoked");
        assert_eq!(second.revoked_at, first.revoked_at);
        let revive = UpdateKey {
            revoked: Some(false),
            ..UpdateKey::default()
        };
        let error = world
            .accounts
            .update_key(&world.actor, id, revive)
            .await
            .expect_err("no");
        assert_eq!(error.kind, ErrorKind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_with_its_actor() {
    in_each_world(|world| async move {
        let id = world.key(named("k")).await.record.id;
        world
            .accounts
            .revoke_key(&world.actor, id)
            .await
            .expect("revoked");
        world
            .accounts
            .delete_key(&world.actor, id)
            .await
            .expect("deleted");
        let log = world
            .accounts
            .list_audit(world.org.id, &AuditFilter::default(), PageRequest::first())
            .await;
        let log = log.expect("listed").data;
        let actions: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(
            actions,
            [
                "key.delete",
                "key.revoke",
                "key.create",
                "organization.create"
            ]
        );
        let revoke = &log[1];
        assert_eq!(
            (revoke.actor.as_str(), revoke.target.clone()),
            ("command_line", id.to_string())
        );
        let (before, after) = (revoke.before.as_ref(), revoke.after.as_ref());
        assert!(before.expect("there")["revoked_at"].is_null());
        assert!(after.expect("there")["revoked_at"].is_string());
        assert!(log[0].after.is_none() && log[2].before.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_change_cut_off_midway_is_whole_or_absent() {
    in_each_world(|world| async move {
        for number in 0..40_u64 {
            let create = world.accounts.create_key(&world.actor, named("k"));
            let _ = tokio::time::timeout(Duration::from_micros(number * 100), create).await;
        }
        // The writer is free and memory still follows. This change also waits, by the lock on its
        // counter, for a commit that was on its way when its caller was cut off.
        let new = world.key(named("last")).await;
        assert!(world.accounts.authenticate(new.key.expose()).await.is_ok());
        let page = PageRequest::new(Some(500), None).expect("valid");
        let keys = world
            .accounts
            .list_keys(world.org.id, page)
            .await
            .expect("listed")
            .data;
        let log = world
            .accounts
            .list_audit(world.org.id, &AuditFilter::default(), page)
            .await
            .expect("listed")
            .data;
        let keys: BTreeSet<String> = keys.iter().map(|key| key.id.to_string()).collect();
        let logged = log.into_iter().filter(|entry| entry.action == "key.create");
        assert_eq!(keys, logged.map(|entry| entry.target).collect());
    })
    .await;
}
