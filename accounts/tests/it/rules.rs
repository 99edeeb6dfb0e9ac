use accounts::{
    Actor, CreateBudget, CreateKey, CreateLimit, ErrorKind, Metric, PageRequest, Period, Role,
    Scope, ScopeKind, Unit, UpdateOrganization, UpdateRule, Window,
};
use uuid::Uuid;

use crate::support::{World, in_each_world, named};

fn limit(scope: ScopeKind, scope_id: Option<Uuid>, max: i64) -> CreateLimit {
    CreateLimit {
        scope,
        scope_id,
        model: None,
        metric: Metric::Requests,
        window: Some(Window::Minute),
        max,
    }
}

fn budget(scope: ScopeKind, scope_id: Option<Uuid>, max: i64) -> CreateBudget {
    CreateBudget {
        scope,
        scope_id,
        model: Some("gpt-*".to_owned()),
        period: Period::Month,
        unit: Unit::NanoUsd,
        max,
    }
}

async fn set(world: &World, actor: &Actor, wanted: CreateLimit) {
    world
        .accounts
        .create_limit(actor, wanted)
        .await
        .expect("set");
}

#[tokio::test]
async fn a_principal_carries_the_rules_of_all_its_scopes_and_no_others() {
    in_each_world(|world| async move {
        let (accounts, actor) = (&world.accounts, &world.actor);
        let team = accounts.create_team(actor, "Shop").await.expect("made").id;
        let idle = accounts.create_team(actor, "Idle").await.expect("made").id;
        let user = accounts
            .add_member(actor, "a@x.org", "A", Role::Editor)
            .await
            .expect("made")
            .id;
        let stranger = world.stranger().await;
        accounts
            .add_member(&stranger, "a@x.org", "A", Role::Editor)
            .await
            .expect("the same user");
        let wanted = CreateKey {
            team_id: Some(team),
            user_id: Some(user),
            ..named("k")
        };
        let new = world.key(wanted).await;
        let (key, bare) = (new.record.id, world.key(named("bare")).await);

        set(&world, actor, limit(ScopeKind::Key, Some(key.uuid()), 1)).await;
        set(&world, actor, limit(ScopeKind::User, Some(user.uuid()), 2)).await;
        set(&world, actor, limit(ScopeKind::Team, Some(team.uuid()), 3)).await;
        set(&world, actor, limit(ScopeKind::Team, Some(idle.uuid()), 4)).await;
        set(&world, actor, limit(ScopeKind::Organization, None, 5)).await;
        set(&world, &stranger, limit(ScopeKind::Organization, None, 6)).await;
        let other_model = CreateLimit {
            model: Some("gpt-4o".to_owned()),
            ..limit(ScopeKind::Organization, None, 7)
        };
        set(&world, actor, other_model).await;
        for (scope, id, max) in [
            (ScopeKind::Key, key.uuid(), 10),
            (ScopeKind::Organization, world.org.id.uuid(), 50),
        ] {
            accounts
                .create_budget(actor, budget(scope, Some(id), max))
                .await
                .expect("set");
        }

        let principal = accounts
            .authenticate(new.key.expose())
            .await
            .expect("let in");
        let maxima: Vec<i64> = principal.limits().iter().map(|limit| limit.max).collect();
        assert_eq!(maxima, [5, 7, 3, 2, 1]);
        assert_eq!(principal.limits()[2].scope(), Scope::Team(team));
        assert!(principal.limits()[1].covers("gpt-4o") && !principal.limits()[1].covers("o3"));
        let maxima: Vec<i64> = principal
            .budgets()
            .iter()
            .map(|budget| budget.max)
            .collect();
        assert_eq!(maxima, [50, 10]);
        let bare = accounts
            .authenticate(bare.key.expose())
            .await
            .expect("let in");
        assert_eq!(bare.limits().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_users_limit_in_one_organization_does_not_bind_another() {
    in_each_world(|world| async move {
        let (accounts, actor) = (&world.accounts, &world.actor);
        let stranger = world.stranger().await;
        let user = accounts
            .add_member(actor, "a@x.org", "A", Role::Editor)
            .await
            .expect("made")
            .id;
        accounts
            .add_member(&stranger, "a@x.org", "A", Role::Editor)
            .await
            .expect("the same user");
        set(
            &world,
            &stranger,
            limit(ScopeKind::User, Some(user.uuid()), 1),
        )
        .await;
        let wanted = CreateKey {
            user_id: Some(user),
            ..named("k")
        };
        let new = world.key(wanted).await;
        let principal = accounts
            .authenticate(new.key.expose())
            .await
            .expect("let in");
        assert!(principal.limits().is_empty());
    })
    .await;
}

#[tokio::test]
async fn changed_and_deleted_rules_reach_the_principal_at_once() {
    in_each_world(|world| async move {
        let (accounts, actor) = (&world.accounts, &world.actor);
        let new = world.key(named("k")).await;
        let held = async || {
            let principal = accounts
                .authenticate(new.key.expose())
                .await
                .expect("let in");
            let limits: Vec<i64> = principal.limits().iter().map(|limit| limit.max).collect();
            let budgets: Vec<i64> = principal
                .budgets()
                .iter()
                .map(|budget| budget.max)
                .collect();
            (limits, budgets)
        };
        let wanted = limit(ScopeKind::Organization, None, 1);
        let limit = accounts.create_limit(actor, wanted).await.expect("set");
        let wanted = budget(ScopeKind::Organization, None, 2);
        let budget = accounts.create_budget(actor, wanted).await.expect("set");
        assert_eq!(held().await, (vec![1], vec![2]));
        accounts
            .update_limit(actor, limit.id, UpdateRule { max: 0 })
            .await
            .expect("changed");
        accounts
            .update_budget(actor, budget.id, UpdateRule { max: 7 })
            .await
            .expect("changed");
        assert_eq!(held().await, (vec![0], vec![7]));
        let read = accounts
            .get_limit(world.org.id, limit.id)
            .await
            .expect("found");
        assert_eq!(read.max, 0);
        accounts
            .delete_limit(actor, limit.id)
            .await
            .expect("deleted");
        accounts
            .delete_budget(actor, budget.id)
            .await
            .expect("deleted");
        assert_eq!(held().await, (vec![], vec![]));
    })
    .await;
}

#[tokio::test]
async fn wrong_rules_are_refused() {
    in_each_world(|world| async move {
        let (accounts, actor) = (&world.accounts, &world.actor);
        let good = || limit(ScopeKind::Organization, None, 1);
        for (wanted, kind) in [
            (CreateLimit { max: -1, ..good() }, ErrorKind::Invalid),
            (
                CreateLimit {
                    window: None,
                    ..good()
                },
                ErrorKind::Invalid,
            ),
            (
                CreateLimit {
                    metric: Metric::Concurrency,
                    ..good()
                },
                ErrorKind::Invalid,
            ),
            (
                CreateLimit {
                    model: Some(" ".to_owned()),
                    ..good()
                },
                ErrorKind::Invalid,
            ),
            (limit(ScopeKind::Team, None, 1), ErrorKind::Invalid),
            (
                limit(ScopeKind::Team, Some(Uuid::now_v7()), 1),
                ErrorKind::NotFound,
            ),
            (
                limit(ScopeKind::User, Some(Uuid::now_v7()), 1),
                ErrorKind::NotFound,
            ),
            (
                limit(ScopeKind::Key, Some(world.org.id.uuid()), 1),
                ErrorKind::NotFound,
            ),
            (
                limit(ScopeKind::Organization, Some(Uuid::now_v7()), 1),
                ErrorKind::NotFound,
            ),
        ] {
            let text = format!("{wanted:?}");
            let error = accounts.create_limit(actor, wanted).await.expect_err(&text);
            assert_eq!(error.kind, kind, "{text}");
        }
        let concurrency = CreateLimit {
            metric: Metric::Concurrency,
            window: None,
            ..good()
        };
        let limit = accounts
            .create_limit(actor, concurrency)
            .await
            .expect("set");
        assert_eq!(limit.window, Window::None);
        accounts.create_limit(actor, good()).await.expect("set");
        let twice = accounts
            .create_limit(actor, good())
            .await
            .expect_err("twice");
        assert_eq!(twice.kind, ErrorKind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn another_organizations_rules_do_not_exist() {
    in_each_world(|world| async move {
        let (accounts, actor) = (&world.accounts, &world.actor);
        let stranger = world.stranger().await;
        let org = stranger.org_id();
        let limit = accounts
            .create_limit(actor, limit(ScopeKind::Organization, None, 1))
            .await;
        let limit = limit.expect("set").id;
        let budget = accounts
            .create_budget(actor, budget(ScopeKind::Organization, None, 1))
            .await;
        let budget = budget.expect("set").id;
        let update = UpdateRule { max: 9 };
        for outcome in [
            accounts.get_limit(org, limit).await.map(|_| ()),
            accounts
                .update_limit(&stranger, limit, update)
                .await
                .map(|_| ()),
            accounts.delete_limit(&stranger, limit).await,
            accounts.get_budget(org, budget).await.map(|_| ()),
            accounts
                .update_budget(&stranger, budget, update)
                .await
                .map(|_| ()),
            accounts.delete_budget(&stranger, budget).await,
        ] {
            assert_eq!(outcome.expect_err("foreign").kind, ErrorKind::NotFound);
        }
        let page = PageRequest::first();
        assert!(
            accounts
                .list_limits(org, page)
                .await
                .expect("listed")
                .data
                .is_empty()
        );
        assert!(
            accounts
                .list_budgets(org, page)
                .await
                .expect("listed")
                .data
                .is_empty()
        );
        assert_eq!(
            accounts
                .get_limit(world.org.id, limit)
                .await
                .expect("there")
                .max,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_deleted_keys_rules_go_with_it() {
    in_each_world(|world| async move {
        let key = world.key(named("k")).await.record.id;
        set(
            &world,
            &world.actor,
            limit(ScopeKind::Key, Some(key.uuid()), 1),
        )
        .await;
        world
            .accounts
            .delete_key(&world.actor, key)
            .await
            .expect("deleted");
        let left = world
            .accounts
            .list_limits(world.org.id, PageRequest::first())
            .await;
        assert!(left.expect("listed").data.is_empty());
    })
    .await;
}

#[tokio::test]
async fn switching_body_logging_reaches_the_principal() {
    in_each_world(|world| async move {
        let new = world.key(named("k")).await;
        let logs = async || {
            let principal = world.accounts.authenticate(new.key.expose()).await;
            principal.expect("let in").log_bodies()
        };
        assert!(!logs().await);
        let update = UpdateOrganization {
            log_bodies: Some(true),
            ..UpdateOrganization::default()
        };
        world
            .accounts
            .update_organization(&world.actor, update)
            .await
            .expect("changed");
        assert!(logs().await);
    })
    .await;
}
