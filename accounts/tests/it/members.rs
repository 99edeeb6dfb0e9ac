use accounts::{AuthError, CreateKey, ErrorKind, PageRequest, Role};
use store::{TeamId, UserId};

use crate::support::{in_each_world, named};

#[tokio::test]
async fn a_person_is_one_user_in_all_organizations() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let stranger = world.stranger().await;
        let here = accounts
            .add_member(&world.actor, " Ada@X.org", "Ada", Role::Owner)
            .await;
        let there = accounts
            .add_member(&stranger, "ada@x.ORG", "A.", Role::Editor)
            .await;
        let (here, there) = (here.expect("joined"), there.expect("joined"));
        assert_eq!((here.id, here.email.as_str()), (there.id, "ada@x.org"));
        assert_eq!((here.role, there.role), (Role::Owner, Role::Editor));
        let twice = accounts
            .add_member(&stranger, "ada@x.org", "A.", Role::Editor)
            .await;
        assert_eq!(
            twice.expect_err("a member already").kind,
            ErrorKind::Conflict
        );
        let page = accounts
            .list_members(world.org.id, PageRequest::first())
            .await;
        assert_eq!(page.expect("listed").data, [here]);
    })
    .await;
}

#[tokio::test]
async fn who_leaves_loses_the_keys_here_and_keeps_those_elsewhere() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let stranger = world.stranger().await;
        let user = accounts
            .add_member(&world.actor, "a@x.org", "A", Role::Editor)
            .await;
        let user = user.expect("joined").id;
        accounts
            .add_member(&stranger, "a@x.org", "A", Role::Editor)
            .await
            .expect("joined");
        let wanted = || CreateKey {
            user_id: Some(user),
            ..named("k")
        };
        let here = world.key(wanted()).await;
        let there = accounts
            .create_key(&stranger, wanted())
            .await
            .expect("made");
        accounts
            .remove_member(&world.actor, user)
            .await
            .expect("removed");
        let error = accounts
            .authenticate(here.key.expose())
            .await
            .expect_err("revoked");
        assert_eq!(error, AuthError::Revoked);
        assert!(accounts.authenticate(there.key.expose()).await.is_ok());
        let gone = accounts
            .get_member(world.org.id, user)
            .await
            .expect_err("gone");
        assert_eq!(gone.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_team_with_keys_cannot_be_deleted() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let team = accounts
            .create_team(&world.actor, "Shop")
            .await
            .expect("made");
        let wanted = CreateKey {
            team_id: Some(team.id),
            ..named("k")
        };
        let key = world.key(wanted).await.record.id;
        let error = accounts
            .delete_team(&world.actor, team.id)
            .await
            .expect_err("in use");
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert!(error.message.contains("Shop"), "{error}");
        accounts
            .delete_key(&world.actor, key)
            .await
            .expect("deleted");
        accounts
            .delete_team(&world.actor, team.id)
            .await
            .expect("free now");
    })
    .await;
}

#[tokio::test]
async fn team_names_are_unique_in_an_organization_only() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let team = accounts
            .create_team(&world.actor, "Shop")
            .await
            .expect("made");
        let twice = accounts
            .create_team(&world.actor, "Shop")
            .await
            .expect_err("taken");
        assert_eq!(twice.kind, ErrorKind::Conflict);
        let stranger = world.stranger().await;
        let theirs = accounts
            .create_team(&stranger, "Shop")
            .await
            .expect("another organization");
        let foreign = accounts
            .rename_team(&stranger, team.id, "X")
            .await
            .expect_err("foreign");
        assert_eq!(foreign.kind, ErrorKind::NotFound);
        let renamed = accounts
            .rename_team(&stranger, theirs.id, "Store")
            .await
            .expect("renamed");
        let listed = accounts
            .list_teams(stranger.org_id(), PageRequest::first())
            .await;
        assert_eq!(listed.expect("listed").data, [renamed]);
    })
    .await;
}

#[tokio::test]
async fn strangers_and_unknown_ids_are_not_found() {
    in_each_world(|world| async move {
        let accounts = &world.accounts;
        let stranger = world.stranger().await;
        let user = accounts
            .add_member(&world.actor, "a@x.org", "A", Role::Editor)
            .await;
        let user = user.expect("joined").id;
        for outcome in [
            accounts
                .get_member(stranger.org_id(), user)
                .await
                .map(|_| ()),
            accounts
                .set_role(&stranger, user, Role::Owner)
                .await
                .map(|_| ()),
            accounts.remove_member(&stranger, user).await,
            accounts.remove_member(&world.actor, UserId::new()).await,
            accounts.delete_team(&world.actor, TeamId::new()).await,
        ] {
            assert_eq!(outcome.expect_err("not theirs").kind, ErrorKind::NotFound);
        }
        let changed = accounts
            .set_role(&world.actor, user, Role::Admin)
            .await
            .expect("changed");
        let read = accounts
            .get_member(world.org.id, user)
            .await
            .expect("found");
        assert_eq!((read.role, read), (Role::Admin, changed));
    })
    .await;
}
