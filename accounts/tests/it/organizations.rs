//! Organizations, members, teams and plans, as people and keys see them.

use accounts::{Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::site::{Answer, Site, Visitor, at_each_site};

pub(crate) async fn current(visitor: &Visitor) -> String {
    let seen = visitor.get("/api/v1/organizations/current").await;
    assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
    seen.body["id"].as_str().expect("an id").to_owned()
}

async fn me(visitor: &Visitor) -> String {
    let seen = visitor.get("/api/v1/auth/me").await;
    let id = seen.body["user"]["id"].as_str();
    id.or_else(|| seen.body["id"].as_str())
        .expect("an id")
        .to_owned()
}

async fn patch(visitor: &Visitor, path: &str, body: Value) -> Answer {
    visitor.send(Method::PATCH, path, body.to_string()).await
}

async fn delete(visitor: &Visitor, path: &str) -> Answer {
    visitor.send(Method::DELETE, path, String::new()).await
}

#[tokio::test]
async fn a_person_makes_organizations_and_works_in_each_by_its_id() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let first = current(&owner).await;
        let body = json!({"name": "Second", "slug": "second"});
        let made = owner.post("/api/v1/organizations", body.clone()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        assert_eq!((&made.body["role"], &made.body["plan"]), (&json!("owner"), &json!("unlimited")));
        let taken = owner.post("/api/v1/organizations", body).await;
        assert_eq!(taken.status, StatusCode::CONFLICT);

        let list = owner.get("/api/v1/organizations").await;
        let rows = list.body["data"].as_array().expect("a list");
        assert_eq!(rows.len(), 2);
        let second = made.body["id"].as_str().expect("an id");
        assert_eq!(rows[0]["id"], made.body["id"], "newest first");
        // The session works in the first one; the path decides.
        for id in [first.as_str(), second] {
            let seen = owner.get(&format!("/api/v1/organizations/{id}")).await;
            assert_eq!((seen.status, &seen.body["id"]), (StatusCode::OK, &json!(id)));
        }
        let path = format!("/api/v1/organizations/{second}");
        let changed = patch(&owner, &path, json!({
            "name": "Renamed", "slug": "renamed", "log_bodies": true, "billing_email": "Bills@X.org",
            "settings": {"allowed_models": ["openai/*"], "retention_days": 3},
        }))
        .await;
        assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
        assert_eq!(changed.body["billing_email"], "bills@x.org");
        assert_eq!(changed.body["settings"]["retention_days"], 3);
        let kept = patch(&owner, &path, json!({"settings": {"require_mfa": true}})).await;
        assert_eq!(kept.body["settings"]["retention_days"], 3, "the others stay");
        let replaced = owner.send(Method::PUT, &path, json!({
            "name": "Renamed", "slug": "renamed", "settings": {}, "log_bodies": false,
        }).to_string())
        .await;
        assert_eq!(replaced.body["settings"], json!({
            "require_mfa": false, "allowed_models": [], "retention_days": null,
        }));
        assert_eq!(replaced.body["billing_email"], Value::Null);
        let wrong = patch(&owner, &path, json!({"slug": "Not a slug"})).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);

        let stranger = site.member(Role::Owner, "mia@example.org").await;
        for (method, body) in [(Method::GET, ""), (Method::PATCH, "{}"), (Method::DELETE, "")] {
            let path = format!("{path}?confirm_name=Renamed");
            let answer = stranger.send(method, &path, body).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND);
        }
    })
    .await;
}

#[tokio::test]
async fn an_organization_is_deleted_by_its_name_with_all_that_belongs_to_it() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let body = json!({"name": "Short lived", "slug": "short"});
        let made = owner.post("/api/v1/organizations", body).await;
        let id = made.body["id"].as_str().expect("an id");
        let actor = accounts::Actor::system(id.parse().expect("an id"));
        let key = accounts::CreateKey {
            name: "k".to_owned(),
            ..Default::default()
        };
        let key = site.accounts.create_key(&actor, key).await.expect("made");
        let team = site
            .accounts
            .create_team(&actor, "Team")
            .await
            .expect("made");
        let owner_id = me(&owner).await.parse().expect("an id");
        site.accounts
            .add_team_member(&actor, team.id, owner_id)
            .await
            .expect("added");

        let other = site.other_process().await;
        assert!(other.authenticate(key.key.expose()).await.is_ok());
        let path = format!("/api/v1/organizations/{id}");
        assert_eq!(delete(&owner, &path).await.status, StatusCode::BAD_REQUEST);
        let wrong = delete(&owner, &format!("{path}?confirm_name=short")).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
        let gone = delete(&owner, &format!("{path}?confirm_name=Short%20lived")).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{:?}", gone.body);
        assert_eq!(owner.get(&path).await.status, StatusCode::NOT_FOUND);
        assert!(site.accounts.authenticate(key.key.expose()).await.is_err());
        let since = store::Micros(0);
        let deleted = site
            .accounts
            .deleted_organizations(since)
            .await
            .expect("listed");
        assert_eq!(deleted[0].name, "Short lived");
    })
    .await;
}

#[tokio::test]
async fn nobody_gives_a_role_above_their_own_and_the_last_owner_stays() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let org = current(&owner).await;
        let admin = site.member(Role::Admin, "admin@example.org").await;
        let viewer = site.member(Role::Viewer, "viewer@example.org").await;
        let member = |id: &str| format!("/api/v1/organizations/{org}/members/{id}");
        let (owner_id, viewer_id) = (me(&owner).await, me(&viewer).await);
        let to = |role: &str| json!({"role": role});

        let up = patch(&admin, &member(&viewer_id), to("owner")).await;
        assert_eq!(
            (up.status, up.code()),
            (StatusCode::FORBIDDEN, "role_too_low")
        );
        let down = patch(&admin, &member(&owner_id), to("viewer")).await;
        assert_eq!(down.status, StatusCode::FORBIDDEN);
        let removed = delete(&admin, &member(&owner_id)).await;
        assert_eq!(removed.status, StatusCode::FORBIDDEN);
        let invited = json!({"email": "new@example.org", "role": "owner"});
        let invited = admin.post("/api/v1/invitations", invited).await;
        assert_eq!(invited.status, StatusCode::FORBIDDEN);
        let asks = patch(&viewer, &member(&viewer_id), to("admin")).await;
        assert_eq!(
            (asks.status, asks.code()),
            (StatusCode::FORBIDDEN, "forbidden")
        );
        assert_eq!(
            patch(&admin, &member(&viewer_id), to("editor"))
                .await
                .status,
            StatusCode::OK
        );

        for answer in [
            patch(&owner, &member(&owner_id), to("admin")).await,
            delete(&owner, &member(&owner_id)).await,
        ] {
            assert_eq!(answer.status, StatusCode::CONFLICT, "{:?}", answer.body);
        }
        // With a second owner the first may go. Anybody may leave.
        assert_eq!(
            patch(&owner, &member(&viewer_id), to("owner")).await.status,
            StatusCode::OK
        );
        assert_eq!(
            delete(&owner, &member(&owner_id)).await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            owner.get(&member(&owner_id)).await.status,
            StatusCode::NOT_FOUND
        );
        let admin_id = me(&admin).await;
        assert_eq!(
            delete(&admin, &member(&admin_id)).await.status,
            StatusCode::NO_CONTENT
        );
    })
    .await;
}

#[tokio::test]
async fn two_last_owners_who_leave_at_once_leave_one() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let org = current(&owner).await;
        let second = site.member(Role::Owner, "second@example.org").await;
        let (a, b) = (me(&owner).await, me(&second).await);
        let path = |id: &str| format!("/api/v1/organizations/{org}/members/{id}");
        let (pa, pb) = (path(&a), path(&b));
        let (x, y) = tokio::join!(delete(&owner, &pa), delete(&second, &pb));
        let mut statuses = [x.status, y.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::CONFLICT]);
    })
    .await;
}

#[tokio::test]
async fn teams_have_members_and_a_persons_own_calls_count_for_the_first_one() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let viewer = site.member(Role::Viewer, "viewer@example.org").await;
        let viewer_id = me(&viewer).await;
        let mut teams = Vec::new();
        for name in ["One", "Two"] {
            let made = owner.post("/api/v1/teams", json!({"name": name})).await;
            assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
            let id = made.body["id"].as_str().expect("an id").to_owned();
            let path = format!("/api/v1/teams/{id}/members/{viewer_id}");
            for _ in 0..2 {
                let added = owner.send(Method::PUT, &path, String::new()).await;
                assert_eq!(added.status, StatusCode::NO_CONTENT, "{:?}", added.body);
            }
            site.clock.advance(std::time::Duration::from_secs(1));
            teams.push(id);
        }
        let people = owner
            .get(&format!("/api/v1/teams/{}/members", teams[0]))
            .await;
        assert_eq!(people.body["data"][0]["email"], "viewer@example.org");
        let limit = json!({"scope": "team", "scope_id": teams[0], "metric": "requests",
            "window": "hour", "max": 5});
        let limit = owner.post("/api/v1/limits", limit).await;
        assert_eq!(limit.status, StatusCode::CREATED);
        let token = &viewer.headers.last().expect("signed in").1;
        let token = token.strip_prefix("Bearer ").expect("a token");
        let of = |token: &str| {
            let signed_in = site.accounts.authenticate_session(token).expect("good");
            let principal = signed_in.principal().expect("a member").clone();
            (
                principal.team_id().map(|id| id.to_string()),
                principal.limits().len(),
            )
        };
        assert_eq!(of(token), (Some(teams[0].clone()), 1));
        let path = format!("/api/v1/teams/{}/members/{viewer_id}", teams[0]);
        assert_eq!(delete(&owner, &path).await.status, StatusCode::NO_CONTENT);
        assert_eq!(delete(&owner, &path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(of(token), (Some(teams[1].clone()), 0));
        let refused = viewer.post("/api/v1/teams", json!({"name": "Three"})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn a_plan_limits_callers_and_seats() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let org = current(&owner).await;
        let admin = site.member(Role::Admin, "admin@example.org").await;
        let system = accounts::Actor::system(org.parse().expect("an id"));
        let changed = site.accounts.set_plan(&system, "free").await;
        assert_eq!(changed.expect("changed").plan, "free");
        assert!(site.accounts.set_plan(&system, "gold").await.is_err());
        let nobody = accounts::Actor::system(store::OrgId::new());
        assert!(site.accounts.set_plan(&nobody, "free").await.is_err());
        // Three seats: two are taken, an invitation holds the third.
        let invite = async |email: &str| {
            let body = json!({"email": email, "role": "viewer"});
            admin.post("/api/v1/invitations", body).await
        };
        assert_eq!(invite("one@example.org").await.status, StatusCode::CREATED);
        let full = invite("two@example.org").await;
        assert_eq!(full.status, StatusCode::CONFLICT, "{:?}", full.body);
        let plans = admin.get("/api/v1/plans").await;
        assert_eq!(plans.body["data"][1]["id"], "free");
        let all = owner.get("/api/v1/admin/organizations").await;
        assert_eq!(all.body["data"][0]["members"], 2);
        assert_eq!(
            admin.get("/api/v1/admin/organizations").await.status,
            StatusCode::FORBIDDEN
        );

        // The plan's limits apply to every caller, and no list shows them as the organization's own.
        let org = org.parse().expect("an id");
        let actor = accounts::Actor::system(org);
        let key = accounts::CreateKey {
            name: "k".to_owned(),
            ..Default::default()
        };
        let key = site.accounts.create_key(&actor, key).await.expect("made");
        let principal = site
            .accounts
            .authenticate(key.key.expose())
            .await
            .expect("good");
        assert_eq!(
            (principal.limits().len(), principal.budgets().len()),
            (3, 1)
        );
        let other = site.other_process().await;
        let there = other.authenticate(key.key.expose()).await.expect("good");
        assert_eq!(
            there.limits()[0].id,
            principal.limits()[0].id,
            "one counter for all instances"
        );
        assert_eq!(admin.get("/api/v1/limits").await.body["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_plan_that_somebody_is_on_cannot_be_taken_out_of_the_configuration() {
    at_each_site(Registration::Open, |site| async move {
        // The whole site, so that its folder stays.
        let site = site;
        let wanted = "[gold]\ntitle = \"Gold\"\nretention_days = 1";
        let configured = toml::from_str(wanted).expect("TOML");
        let with_gold = accounts::AccountsConfig {
            plans: accounts::Plans::new(configured, None).expect("plans"),
            ..site.config.clone()
        };
        let open = async |config| {
            let clock = std::sync::Arc::new(site.clock.clone());
            accounts::Accounts::open(site.db.clone(), clock, config).await
        };
        let org = site
            .accounts
            .default_organization()
            .await
            .expect("there")
            .id;
        let gold = open(&with_gold).await.expect("opens");
        let changed = gold.set_plan(&accounts::Actor::system(org), "gold").await;
        changed.expect("changed");
        let error = open(&site.config).await.expect_err("gold is gone");
        assert!(error.message.contains("[plans.gold]"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn an_export_holds_everything_and_no_secret() {
    at_each_site(Registration::Open, |site: Site| async move {
        let owner = site.owner().await;
        let org = current(&owner).await;
        let secret = "canary-secret-of-a-vendor";
        for (path, body) in [
            (
                "credentials",
                json!({"provider": "openai", "name": "main", "secret": secret}),
            ),
            ("teams", json!({"name": "Team"})),
            (
                "invitations",
                json!({"email": "new@example.org", "role": "viewer"}),
            ),
        ] {
            let made = owner.post(&format!("/api/v1/{path}"), body).await;
            assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        }
        let key = owner.post("/api/v1/keys", json!({"name": "k"})).await;
        let key = key.body["key"].as_str().expect("shown");
        let export = owner
            .post(&format!("/api/v1/organizations/{org}/export"), json!({}))
            .await;
        assert_eq!(export.status, StatusCode::OK);
        let body = &export.body;
        assert_eq!(body["organization"]["id"], org);
        for (section, rows) in [
            ("members", 1),
            ("teams", 1),
            ("invitations", 1),
            ("credentials", 1),
        ] {
            assert_eq!(
                body[section].as_array().map(Vec::len),
                Some(rows),
                "{section}"
            );
        }
        assert_eq!(body["api_keys"].as_array().map(Vec::len), Some(2));
        assert!(body["audit_log"].as_array().expect("a list").len() > 3);
        let text = body.to_string();
        assert!(!text.contains(secret) && !text.contains(key) && !text.contains("argon2"));
        let audit = owner.get("/api/v1/audit?action=organization.export").await;
        assert_eq!(audit.body["data"].as_array().map(Vec::len), Some(1));
        let viewer = site.member(Role::Viewer, "viewer@example.org").await;
        let refused = viewer
            .post(&format!("/api/v1/organizations/{org}/export"), json!({}))
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    })
    .await;
}
