use std::time::{Duration, Instant};

use accounts::{PageRequest, Registration, Role};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::site::{OTHER_PASSWORD, PASSWORD, Site, at_each_site};

fn ada() -> Value {
    json!({"email": " Ada@Example.org", "name": "Ada Lovelace", "password": PASSWORD})
}

async fn register_ada(site: &Site) {
    let visitor = site.visitor();
    let answer = visitor.post("/api/v1/auth/register", ada()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{:?}", answer.body);
    let (kind, token) = site.mail_to("ada@example.org").await.expect("a mail");
    assert_eq!(kind, "verify_email");
    let early = visitor.login("ada@example.org", PASSWORD).await;
    assert_eq!(
        (early.status, early.code()),
        (StatusCode::FORBIDDEN, "email_not_verified")
    );
    let body = json!({"token": token});
    let verified = visitor
        .post("/api/v1/auth/verify-email", body.clone())
        .await;
    assert_eq!(
        verified.status,
        StatusCode::NO_CONTENT,
        "{:?}",
        verified.body
    );
    let twice = visitor.post("/api/v1/auth/verify-email", body).await;
    assert_eq!(
        (twice.status, twice.code()),
        (StatusCode::BAD_REQUEST, "invalid_token")
    );
}

#[tokio::test]
async fn the_setup_link_makes_one_owner_of_the_instance_and_its_organization() {
    at_each_site(Registration::Invitation, |site| async move {
        let visitor = site.visitor();
        let state = visitor.get("/api/v1/setup?token=guessed").await;
        assert_eq!(state.body["needed"], true);
        assert_eq!(state.body["token_is_valid"], false);
        let spare = site
            .accounts
            .setup_token()
            .await
            .expect("made")
            .expect("needed");
        let owner = site.owner().await;
        let me = owner.get("/api/v1/auth/me").await.body;
        assert_eq!(me["is_instance_owner"], true);
        assert_eq!(me["organizations"][0]["name"], "Acme");
        assert_eq!(me["organizations"][0]["role"], "owner");
        assert_eq!(me["current"]["id"], me["organizations"][0]["id"]);
        let allowed = me["current"]["permissions"].as_array().expect("a list");
        assert!(
            allowed.contains(&json!("outbox:read")) && allowed.contains(&json!("billing:write"))
        );
        assert_eq!(
            me["mfa"],
            json!({"enabled": false, "methods": [], "required": false})
        );

        assert!(site.accounts.setup_token().await.expect("asked").is_none());
        let state = visitor.get("/api/v1/setup").await;
        assert_eq!(state.body["needed"], false);
        let again =
            json!({"token": spare.expose(), "email": "b@x.org", "name": "B", "password": PASSWORD});
        let again = visitor.post("/api/v1/setup", again).await;
        assert_eq!(
            (again.status, again.code()),
            (StatusCode::BAD_REQUEST, "invalid_token")
        );
    })
    .await;
}

#[tokio::test]
async fn of_two_setups_at_once_one_wins() {
    at_each_site(Registration::Invitation, |site| async move {
        let make = |email: &'static str| {
            let site = &site;
            async move {
                let token = site.accounts.setup_token().await.expect("made").expect("needed");
                let body = json!({"token": token.expose(), "email": email, "name": "O", "password": PASSWORD});
                site.visitor().post("/api/v1/setup", body).await.status
            }
        };
        let (a, b) = tokio::join!(make("a@x.org"), make("b@x.org"));
        let wins = [a, b].iter().filter(|status| status.is_success()).count();
        assert_eq!(wins, 1, "{a} {b}");
    })
    .await;
}

#[tokio::test]
async fn in_open_registration_a_confirmed_person_gets_an_organization() {
    at_each_site(Registration::Open, |site| async move {
        register_ada(&site).await;
        let visitor = site.visitor();
        let answer = visitor.login("ADA@example.org", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        let me = visitor
            .with_token(&answer)
            .get("/api/v1/auth/me")
            .await
            .body;
        assert_eq!(me["organizations"][0]["name"], "Ada Lovelace");
        assert_eq!(me["current"]["role"], "owner");
        assert_eq!(me["is_instance_owner"], false);
    })
    .await;
}

#[tokio::test]
async fn who_may_register_is_configured() {
    for (mode, status) in [
        (Registration::Closed, StatusCode::FORBIDDEN),
        (Registration::Invitation, StatusCode::FORBIDDEN),
        (Registration::Open, StatusCode::ACCEPTED),
    ] {
        at_each_site(mode, |site| async move {
            let answer = site.visitor().post("/api/v1/auth/register", ada()).await;
            assert_eq!(answer.status, status, "{mode}");
            if status == StatusCode::FORBIDDEN {
                assert_eq!(answer.code(), "registration_closed");
                assert!(site.mail_to("ada@example.org").await.is_none());
            }
        })
        .await;
    }
}

#[tokio::test]
async fn answers_about_known_and_unknown_addresses_are_alike_in_words_and_time() {
    at_each_site(Registration::Open, |site| async move {
        register_ada(&site).await;
        let visitor = site.visitor();
        for path in ["forgot-password", "resend-verification", "register"] {
            let path = format!("/api/v1/auth/{path}");
            let mut seen = Vec::new();
            for email in ["ada@example.org", "nobody@example.org"] {
                let body = match path.ends_with("register") {
                    true => json!({"email": email, "name": "X", "password": PASSWORD}),
                    false => json!({"email": email}),
                };
                let began = Instant::now();
                let answer = visitor.post(&path, body).await;
                seen.push((answer.status, answer.body, began.elapsed()));
            }
            assert_eq!(seen[0].0, StatusCode::ACCEPTED);
            assert_eq!((&seen[0].0, &seen[0].1), (&seen[1].0, &seen[1].1), "{path}");
            let (known, unknown) = (seen[0].2, seen[1].2);
            assert!(
                known.min(unknown) >= Duration::from_millis(290),
                "{path}: {known:?} {unknown:?}"
            );
        }
        // What differs went to the addresses.
        let (kind, _) = site.mail_to("ada@example.org").await.expect("a mail");
        assert_eq!(kind, "account_exists");
        let (kind, _) = site.mail_to("nobody@example.org").await.expect("a mail");
        assert_eq!(kind, "verify_email");
        assert!(
            visitor
                .login("ada@example.org", PASSWORD)
                .await
                .status
                .is_success(),
            "unchanged"
        );
    })
    .await;
}

#[tokio::test]
async fn a_stranger_cannot_prepare_an_account_for_somebody_elses_address() {
    at_each_site(Registration::Open, |site| async move {
        let visitor = site.visitor();
        let stranger =
            json!({"email": "ada@example.org", "name": "Eve", "password": OTHER_PASSWORD});
        visitor.post("/api/v1/auth/register", stranger).await;
        let (_, old) = site.mail_to("ada@example.org").await.expect("a mail");
        register_ada(&site).await;
        let late = visitor
            .post("/api/v1/auth/verify-email", json!({"token": old}))
            .await;
        assert_eq!(
            late.code(),
            "invalid_token",
            "the stranger's link is withdrawn"
        );
        let answer = visitor.login("ada@example.org", OTHER_PASSWORD).await;
        assert_eq!(answer.code(), "invalid_credentials");
        assert!(
            visitor
                .login("ada@example.org", PASSWORD)
                .await
                .status
                .is_success()
        );
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_a_link_that_works_once_and_not_for_long() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let visitor = site.visitor();
        let ask = || {
            visitor.post(
                "/api/v1/auth/forgot-password",
                json!({"email": "owner@example.org"}),
            )
        };
        ask().await;
        let (_, late) = site.mail_to("owner@example.org").await.expect("a mail");
        site.clock.advance(Duration::from_secs(3_601));
        let set = |token: String, password: &'static str| {
            let body = json!({"token": token, "password": password});
            let visitor = &visitor;
            async move { visitor.post("/api/v1/auth/reset-password", body).await }
        };
        assert_eq!(set(late, OTHER_PASSWORD).await.code(), "invalid_token");
        ask().await;
        let (kind, token) = site.mail_to("owner@example.org").await.expect("a mail");
        assert_eq!(kind, "reset_password");
        assert_eq!(
            set(token.clone(), "password123").await.code(),
            "weak_password"
        );
        let done = set(token.clone(), OTHER_PASSWORD).await;
        assert_eq!(
            done.status,
            StatusCode::NO_CONTENT,
            "a weak try did not use it up"
        );
        assert_eq!(set(token, PASSWORD).await.code(), "invalid_token");
        let old = owner.get("/api/v1/auth/me").await;
        assert_eq!(old.status, StatusCode::UNAUTHORIZED);
        let wrong = visitor.login("owner@example.org", PASSWORD).await;
        assert_eq!(wrong.code(), "invalid_credentials");
        let right = visitor.login("owner@example.org", OTHER_PASSWORD).await;
        assert_eq!(right.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_outbox_is_for_the_owner_of_the_instance_alone() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let admin = site.member(Role::Admin, "admin@example.org").await;
        site.visitor().post("/api/v1/auth/register", ada()).await;
        let seen = owner.get("/api/v1/outbox").await;
        assert_eq!(seen.status, StatusCode::OK);
        let mail = &seen.body["data"][0];
        assert_eq!(
            (&mail["status"], &mail["kind"]),
            (&json!("held"), &json!("verify_email"))
        );
        assert!(
            mail["link"]
                .as_str()
                .expect("a link")
                .contains("/verify-email?token=")
        );
        let refused = admin.get("/api/v1/outbox").await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(
            refused.body["error"]["details"]["permission"],
            "outbox:read"
        );
        let page = site.accounts.list_outbox(PageRequest::first()).await;
        assert_eq!(page.expect("listed").data.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn registering_does_not_hand_over_a_membership_that_waits_for_its_person() {
    at_each_site(Registration::Open, |site| async move {
        let org = site
            .accounts
            .default_organization()
            .await
            .expect("there")
            .id;
        let actor = accounts::Actor::system(org);
        let added = site
            .accounts
            .add_member(&actor, "ada@example.org", "Ada", Role::Admin);
        added.await.expect("added");
        let stranger = json!({"email": "ada@example.org", "name": "Eve", "password": PASSWORD});
        let visitor = site.visitor();
        let answer = visitor.post("/api/v1/auth/register", stranger).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "like any other");
        let (kind, token) = site.mail_to("ada@example.org").await.expect("a mail");
        assert_eq!(kind, "reset_password");
        let confirmed = visitor
            .post("/api/v1/auth/verify-email", json!({"token": token}))
            .await;
        assert_eq!(confirmed.code(), "invalid_token", "a link has one purpose");
        let body = json!({"token": token, "password": OTHER_PASSWORD});
        visitor.post("/api/v1/auth/reset-password", body).await;
        let eve = visitor.login("ada@example.org", PASSWORD).await;
        assert_eq!(eve.code(), "invalid_credentials");
        let ada = visitor.login("ada@example.org", OTHER_PASSWORD).await;
        assert_eq!(ada.status, StatusCode::OK);
    })
    .await;
}
