use std::time::{Duration, Instant};

use accounts::{Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::json;
use store::on_writer;

use crate::site::{OTHER_PASSWORD, PASSWORD, at_each_site};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        let visitor = site.visitor();
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..3 {
            let mut bodies = Vec::new();
            for (kind, email) in ["owner@example.org", "nobody@example.org"]
                .iter()
                .enumerate()
            {
                let began = Instant::now();
                let answer = visitor.login(email, OTHER_PASSWORD).await;
                times[kind].push(began.elapsed());
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
                let error = &answer.body["error"];
                bodies.push((error["code"].clone(), error["message"].clone()));
            }
            assert_eq!(bodies[0], bodies[1]);
        }
        // The first unknown address also makes the hash that nobody's password is compared with.
        let least = |times: &[Duration]| *times.iter().min().expect("measured");
        let (known, unknown) = (least(&times[0]), least(&times[1]));
        assert!(
            known < unknown * 3 && unknown < known * 3,
            "both hash once: known {known:?}, unknown {unknown:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_address() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        let (guesser, home) = (site.visitor(), site.visitor().at("198.51.100.7"));
        for number in 0..10 {
            let answer = guesser.login("Owner@example.org ", OTHER_PASSWORD).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{number}");
        }
        let refused = guesser.login("owner@example.org", PASSWORD).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.code(), "too_many_attempts");
        let wait: u64 = refused.headers["retry-after"]
            .to_str()
            .expect("text")
            .parse()
            .expect("seconds");
        assert!((1..=900).contains(&wait), "{wait}");
        let elsewhere = home.login("owner@example.org", PASSWORD).await;
        assert_eq!(
            elsewhere.status,
            StatusCode::OK,
            "the person itself is not locked out"
        );
        site.clock.advance(Duration::from_secs(wait));
        let later = guesser.login("owner@example.org", PASSWORD).await;
        assert_eq!(later.status, StatusCode::OK, "{:?}", later.body);
    })
    .await;
}

#[tokio::test]
async fn unknown_accounts_are_slowed_down_like_known_ones() {
    at_each_site(Registration::Invitation, |site| async move {
        let guesser = site.visitor();
        for _ in 0..10 {
            let answer = guesser.login("nobody@example.org", PASSWORD).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
        let answer = guesser.login("nobody@example.org", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    })
    .await;
}

#[tokio::test]
async fn a_right_password_makes_the_mistakes_before_it_forgotten() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        let person = site.visitor();
        for _ in 0..3 {
            for _ in 0..4 {
                person.login("owner@example.org", OTHER_PASSWORD).await;
            }
            let answer = person.login("owner@example.org", PASSWORD).await;
            assert_eq!(answer.status, StatusCode::OK);
        }
    })
    .await;
}

#[tokio::test]
async fn a_flood_is_turned_away_at_the_door() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        let began = Instant::now();
        let visitor = site.visitor();
        let logins = (0..1_000).map(|n| {
            let visitor = visitor.clone().at(&format!("10.{}.{}.1", n / 250, n % 250));
            async move { visitor.login("owner@example.org", OTHER_PASSWORD).await }
        });
        let answers = join_all(logins).await;
        let turned = |code: &str| answers.iter().filter(|a| a.code() == code).count();
        let (busy, wrong) = (turned("busy"), turned("invalid_credentials"));
        assert!(busy > 800 && wrong >= 1, "{busy} busy, {wrong} judged");
        let hurried = answers.iter().filter(|a| a.code() == "busy");
        assert!(
            hurried
                .clone()
                .all(|a| a.headers.contains_key("retry-after"))
        );
        assert!(began.elapsed() < Duration::from_secs(60));
        // Afterwards there is room again.
        let answer = visitor
            .at("203.0.113.9")
            .login("owner@example.org", PASSWORD)
            .await;
        assert_ne!(answer.code(), "busy");
    })
    .await;
}

/// Polls all futures together.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        match waiting {
            true => std::task::Poll::Pending,
            false => std::task::Poll::Ready(()),
        }
    })
    .await;
    running
        .into_iter()
        .filter_map(|(_, output)| output)
        .collect()
}

#[tokio::test]
async fn who_has_a_second_factor_is_asked_for_it() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        on_writer!(site.db, execute => sqlx::query("UPDATE users SET second_factors = '[\"totp\"]'"))
            .expect("set");
        let answer = site.visitor().login_in_browser("owner@example.org", PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body["mfa_required"], true);
        assert_eq!(answer.body["methods"], json!(["totp"]));
        let token = answer.body["mfa_token"].as_str().expect("a token");
        assert!(answer.cookie("nab_access").is_none() && answer.body.get("access_token").is_none());
        let purpose = accounts::TokenPurpose::SecondFactor;
        let token = accounts::Secret::new(token);
        let stored = site.accounts.read_token(purpose, &token).await.expect("good");
        assert_eq!(stored.data.0["first_step"], "password");
        site.clock.advance(Duration::from_secs(301));
        assert!(site.accounts.read_token(purpose, &token).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn roles_open_what_the_table_says_and_name_what_is_missing() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        let table = site.visitor().get("/api/v1/permissions").await.body;
        for (role, email) in [
            (Role::Admin, "a@example.org"),
            (Role::Editor, "e@example.org"),
            (Role::Viewer, "v@example.org"),
        ] {
            let member = site.member(role, email).await;
            let allowed = table["roles"][role.word()]
                .as_array()
                .expect("a list")
                .clone();
            for (method, path, body, permission) in [
                (Method::GET, "/api/v1/keys", json!(null), "keys:read"),
                (
                    Method::POST,
                    "/api/v1/keys",
                    json!({"name": "k"}),
                    "keys:write",
                ),
                (Method::GET, "/api/v1/limits", json!(null), "limits:read"),
                (
                    Method::GET,
                    "/api/v1/credentials",
                    json!(null),
                    "credentials:read",
                ),
                (
                    Method::GET,
                    "/api/v1/organizations/current",
                    json!(null),
                    "organization:read",
                ),
                (
                    Method::PATCH,
                    "/api/v1/organizations/current",
                    json!({}),
                    "organization:update",
                ),
            ] {
                let answer = member.send(method.clone(), path, body.to_string()).await;
                let may = allowed.contains(&json!(permission));
                assert_eq!(
                    answer.status.is_success(),
                    may,
                    "{role} {method} {path}: {:?}",
                    answer.body
                );
                if !may {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN);
                    let details = &answer.body["error"]["details"];
                    assert_eq!(*details, json!({"permission": permission, "role": role}));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_role_counts_at_once() {
    at_each_site(Registration::Invitation, |site| async move {
        site.set_up().await;
        let member = site.member(Role::Admin, "m@example.org").await;
        assert_eq!(
            member.get("/api/v1/credentials").await.status,
            StatusCode::OK
        );
        let me = member.get("/api/v1/auth/me").await.body;
        let user = me["user"]["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        let org = site
            .accounts
            .default_organization()
            .await
            .expect("there")
            .id;
        let actor = accounts::Actor::system(org);
        site.accounts
            .set_role(&actor, user, Role::Viewer)
            .await
            .expect("set");
        assert_eq!(
            member.get("/api/v1/credentials").await.status,
            StatusCode::FORBIDDEN
        );
        site.accounts
            .remove_member(&actor, user)
            .await
            .expect("removed");
        let gone = member.get("/api/v1/keys").await;
        assert_eq!(
            (gone.status, gone.code()),
            (StatusCode::FORBIDDEN, "no_organization")
        );
        let me = member.get("/api/v1/auth/me").await;
        assert_eq!(
            (me.status, &me.body["current"]),
            (StatusCode::OK, &json!(null))
        );
    })
    .await;
}
