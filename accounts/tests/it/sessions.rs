use std::time::{Duration, Instant};

use accounts::{AuthError, Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::site::{Answer, OTHER_PASSWORD, PASSWORD, Site, Visitor, at_each_site};

const ME: &str = "/api/v1/auth/me";
const REFRESH: &str = "/api/v1/auth/refresh";

async fn refresh(visitor: &Visitor, answer: &Answer) -> Answer {
    let body = json!({"refresh_token": answer.body["refresh_token"]});
    visitor.post(REFRESH, body).await
}

async fn browser(site: &Site) -> (Visitor, Answer) {
    site.set_up().await;
    let answer = site
        .visitor()
        .login_in_browser("owner@example.org", PASSWORD)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    (site.visitor().with_cookies(&answer), answer)
}

#[tokio::test]
async fn a_browser_gets_cookies_that_scripts_and_other_sites_cannot_use() {
    at_each_site(Registration::Invitation, |site| async move {
        let (browser, answer) = browser(&site).await;
        for (name, http_only, path) in [
            ("nab_access", true, "Path=/;"),
            ("nab_refresh", true, "Path=/api/v1/auth;"),
            ("nab_csrf", false, "Path=/;"),
        ] {
            let (value, attributes) = answer.cookie(name).expect("a cookie");
            assert!(value.len() >= 43, "{name}");
            assert!(
                attributes.contains("SameSite=Strict") && attributes.contains(path),
                "{name}"
            );
            assert_eq!(attributes.contains("HttpOnly"), http_only, "{name}");
            assert!(!attributes.contains("Secure"), "this is plain HTTP");
        }
        assert!(
            answer.body.get("access_token").is_none() && answer.body.get("refresh_token").is_none()
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(browser.get(ME).await.status, StatusCode::OK);
        let tls = site.visitor().with("x-forwarded-proto", "https");
        let tls = tls.login_in_browser("owner@example.org", PASSWORD).await;
        for name in ["nab_access", "nab_refresh", "nab_csrf"] {
            assert!(
                tls.cookie(name).expect("a cookie").1.ends_with("; Secure"),
                "{name}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_with_a_cookie_needs_the_token_of_the_page() {
    at_each_site(Registration::Invitation, |site| async move {
        let (browser, answer) = browser(&site).await;
        let csrf = answer.cookie("nab_csrf").expect("a cookie").0;
        let change = |visitor: Visitor| async move {
            visitor
                .send(Method::PATCH, ME, json!({"name": "O"}).to_string())
                .await
        };
        let without = change(browser.clone()).await;
        assert_eq!(
            (without.status, without.code()),
            (StatusCode::FORBIDDEN, "wrong_csrf_token")
        );
        let wrong = change(browser.clone().with("x-nab-csrf", "guessed")).await;
        assert_eq!(wrong.code(), "wrong_csrf_token");
        let ours = browser.clone().with("x-nab-csrf", &csrf);
        assert_eq!(change(ours.clone()).await.status, StatusCode::OK);
        let page = change(ours.clone().with("origin", "http://ai.test")).await;
        assert_eq!(page.status, StatusCode::OK);
        for origin in ["https://evil.test", "null", "http://ai.test.evil.test"] {
            let foreign = change(ours.clone().with("origin", origin)).await;
            assert_eq!(foreign.code(), "wrong_csrf_token", "{origin}");
        }
        // Calls of models change something whatever their method.
        let mut headers = axum::http::HeaderMap::new();
        let cookie = ours.headers[0].1.parse().expect("valid");
        headers.insert("cookie", cookie);
        let refused = accounts::http::authenticate(&site.accounts, &headers).await;
        assert_eq!(refused.expect_err("no token"), AuthError::Csrf);
        headers.insert("x-nab-csrf", csrf.parse().expect("valid"));
        let who = accounts::http::authenticate(&site.accounts, &headers)
            .await
            .expect("let in");
        assert_eq!((who.key_id(), who.role()), (None, Some(Role::Owner)));
    })
    .await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_sign_a_browser_in() {
    at_each_site(Registration::Open, |site| async move {
        site.set_up().await;
        let page = site.visitor().with("origin", "https://evil.test");
        let answer = page.login_in_browser("owner@example.org", PASSWORD).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::FORBIDDEN, "wrong_origin")
        );
        assert!(answer.cookie("nab_access").is_none());
    })
    .await;
}

#[tokio::test]
async fn an_access_token_lasts_ten_minutes_and_is_followed_by_the_next() {
    at_each_site(Registration::Invitation, |site| async move {
        let first = site.set_up().await;
        let visitor = site.visitor();
        site.clock.advance(Duration::from_secs(599));
        let early = visitor.clone().with_token(&first).get(ME).await;
        assert_eq!(early.status, StatusCode::OK);
        site.clock.advance(Duration::from_secs(2));
        let late = visitor.clone().with_token(&first).get(ME).await;
        assert_eq!(
            (late.status, late.code()),
            (StatusCode::UNAUTHORIZED, "expired_session")
        );
        let second = refresh(&visitor, &first).await;
        assert_eq!(second.status, StatusCode::OK, "{:?}", second.body);
        assert_ne!(second.body["refresh_token"], first.body["refresh_token"]);
        let again = visitor.clone().with_token(&second).get(ME).await;
        assert_eq!(again.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_turns_up_again_ends_the_session() {
    at_each_site(Registration::Invitation, |site| async move {
        let first = site.set_up().await;
        let visitor = site.visitor();
        let second = refresh(&visitor, &first).await;
        let at_once = refresh(&visitor, &first).await;
        assert_eq!(
            (at_once.status, at_once.code()),
            (StatusCode::CONFLICT, "already_refreshed")
        );
        assert!(at_once.body.get("access_token").is_none());
        site.clock.advance(Duration::from_secs(11));
        let third = refresh(&visitor, &second).await;
        assert_eq!(
            third.status,
            StatusCode::OK,
            "the tab's mistake did no harm"
        );
        let stolen = refresh(&visitor, &first).await;
        assert_eq!(
            (stolen.status, stolen.code()),
            (StatusCode::UNAUTHORIZED, "refresh_token_reused")
        );
        let thief = visitor.clone().with_token(&third).get(ME).await;
        assert_eq!(
            (thief.status, thief.code()),
            (StatusCode::UNAUTHORIZED, "revoked_session")
        );
        let next = refresh(&visitor, &third).await;
        assert_eq!(
            (next.status, next.code()),
            (StatusCode::UNAUTHORIZED, "invalid_refresh_token")
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_gets_tokens() {
    at_each_site(Registration::Invitation, |site| async move {
        let first = site.set_up().await;
        let visitor = site.visitor();
        let (a, b, c) = tokio::join!(
            refresh(&visitor, &first),
            refresh(&visitor, &first),
            refresh(&visitor, &first)
        );
        let mut statuses = [a.status, b.status, c.status];
        statuses.sort();
        assert_eq!(
            statuses,
            [StatusCode::OK, StatusCode::CONFLICT, StatusCode::CONFLICT]
        );
    })
    .await;
}

#[tokio::test]
async fn a_browsers_refresh_needs_the_page_and_its_token_is_of_no_use_elsewhere() {
    at_each_site(Registration::Invitation, |site| async move {
        let (browser, answer) = browser(&site).await;
        let without = browser.send(Method::POST, REFRESH, "").await;
        assert_eq!(
            (without.status, without.code()),
            (StatusCode::FORBIDDEN, "wrong_csrf_token")
        );
        let token = answer.cookie("nab_refresh").expect("a cookie").0;
        let body = site
            .visitor()
            .post(REFRESH, json!({"refresh_token": token}))
            .await;
        assert_eq!(body.code(), "invalid_refresh_token");
        let csrf = answer.cookie("nab_csrf").expect("a cookie").0;
        let page = browser.clone().with("x-nab-csrf", &csrf);
        let next = page.send(Method::POST, REFRESH, "").await;
        assert_eq!(next.status, StatusCode::OK, "{:?}", next.body);
        assert_ne!(next.cookie("nab_refresh").expect("a cookie").0, token);
        assert_eq!(
            next.cookie("nab_csrf").expect("a cookie").0,
            csrf,
            "open pages stay good"
        );
        assert!(next.body.get("access_token").is_none());
    })
    .await;
}

#[tokio::test]
async fn sessions_end_when_nobody_uses_them_and_after_ninety_days() {
    at_each_site(Registration::Invitation, |site| async move {
        let visitor = site.visitor();
        let idle = site.set_up().await;
        let mut used = visitor.login("owner@example.org", PASSWORD).await;
        for _ in 0..6 {
            site.clock
                .advance(Duration::from_secs(13 * 86_400 + 43_200));
            used = refresh(&visitor, &used).await;
            assert_eq!(used.status, StatusCode::OK, "{:?}", used.body);
        }
        assert_eq!(
            refresh(&visitor, &idle).await.code(),
            "invalid_refresh_token"
        );
        site.clock.advance(Duration::from_secs(10 * 86_400));
        assert_eq!(
            refresh(&visitor, &used).await.code(),
            "invalid_refresh_token"
        );
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookies() {
    at_each_site(Registration::Invitation, |site| async move {
        let (browser, _) = browser(&site).await;
        let out = browser.post("/api/v1/auth/logout", json!({})).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        for name in ["nab_access", "nab_refresh", "nab_csrf"] {
            let (value, attributes) = out.cookie(name).expect("a cookie");
            assert!(
                value.is_empty() && attributes.contains("Max-Age=0"),
                "{name}"
            );
        }
        assert_eq!(browser.get(ME).await.code(), "revoked_session");
        let again = browser.post("/api/v1/auth/logout", json!({})).await;
        assert_eq!(
            again.status,
            StatusCode::NO_CONTENT,
            "whatever is left of it"
        );
        // Long after, with nothing but the refresh token.
        let late = site
            .visitor()
            .login_in_browser("owner@example.org", PASSWORD)
            .await;
        site.clock.advance(Duration::from_secs(3_600));
        let tab = site.visitor().with_cookies(&late);
        tab.post("/api/v1/auth/logout", json!({})).await;
        let csrf = late.cookie("nab_csrf").expect("a cookie").0;
        let refreshed = tab
            .with("x-nab-csrf", &csrf)
            .send(Method::POST, REFRESH, "")
            .await;
        assert_eq!(refreshed.code(), "invalid_refresh_token");
    })
    .await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_person_alone() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let other = site.member(Role::Admin, "a@example.org").await;
        let phone = site
            .visitor()
            .with("user-agent", "Phone/1")
            .at("203.0.113.5");
        let phone_answer = phone.login("owner@example.org", PASSWORD).await;
        let phone = phone.with_token(&phone_answer);
        let list = owner.get("/api/v1/auth/sessions").await.body;
        assert_eq!(list["data"].as_array().expect("a list").len(), 2);
        let theirs = list["data"].as_array().expect("a list").iter();
        let seen = theirs
            .clone()
            .find(|s| s["user_agent"] == "Phone/1")
            .expect("listed");
        assert_eq!(
            (&seen["address"], &seen["method"]),
            (&json!("203.0.113.5"), &json!("password"))
        );
        assert!(!list.to_string().contains("csrf"));
        let path = format!(
            "/api/v1/auth/sessions/{}",
            seen["id"].as_str().expect("an id")
        );
        let foreign = other.send(Method::DELETE, &path, "").await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        assert_eq!(phone.get(ME).await.status, StatusCode::OK);
        assert_eq!(
            owner.send(Method::DELETE, &path, "").await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(phone.get(ME).await.code(), "revoked_session");
        let all = owner
            .send(Method::DELETE, "/api/v1/auth/sessions", "")
            .await;
        assert_eq!(all.status, StatusCode::NO_CONTENT);
        assert_eq!(
            owner.get(ME).await.status,
            StatusCode::OK,
            "the one that asks stays"
        );
    })
    .await;
}

#[tokio::test]
async fn another_instance_hears_of_the_end_of_a_session_within_a_second() {
    at_each_site(Registration::Invitation, |site| async move {
        let answer = site.set_up().await;
        let token = answer.body["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        let there = site.other_process().await;
        assert!(
            there.authenticate_session(&token).is_ok(),
            "both sign alike"
        );
        let watching = tokio::spawn(there.clone().watch(std::future::pending()));
        let owner = site.visitor().with_token(&answer);
        owner.post("/api/v1/auth/logout", json!({})).await;
        let began = Instant::now();
        while there.authenticate_session(&token).is_ok() {
            assert!(began.elapsed() < Duration::from_secs(1), "still let in");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        watching.abort();
        // One that starts later knows it too.
        let later = site.other_process().await;
        let refused = later.authenticate_session(&token).expect_err("ended");
        assert_eq!(refused, AuthError::RevokedSession);
    })
    .await;
}

#[tokio::test]
async fn a_session_works_in_one_organization_of_its_person_at_a_time() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let me = owner.get(ME).await.body;
        let user: store::UserId = me["user"]["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        let second = site
            .accounts
            .create_organization("Beta", "beta")
            .await
            .expect("made");
        let foreign = site
            .accounts
            .create_organization("Foreign", "foreign")
            .await
            .expect("made");
        let actor = accounts::Actor::system(second.id);
        let joined = site
            .accounts
            .add_member(&actor, "owner@example.org", "O", Role::Viewer)
            .await;
        assert_eq!(joined.expect("joined").id, user);
        let switch = |org: store::OrgId| {
            let owner = owner.clone();
            async move {
                let body = json!({"organization_id": org});
                owner.post("/api/v1/auth/switch-organization", body).await
            }
        };
        assert_eq!(switch(foreign.id).await.status, StatusCode::NOT_FOUND);
        let switched = switch(second.id).await;
        assert_eq!(switched.status, StatusCode::OK, "{:?}", switched.body);
        let there = site.visitor().with_token(&switched);
        let me = there.get(ME).await.body;
        assert_eq!(
            (&me["current"]["id"], &me["current"]["role"]),
            (&json!(second.id), &json!("viewer"))
        );
        let refused = there.post("/api/v1/keys", json!({"name": "k"})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        // The next session begins where the last one was.
        let next = site.visitor().login("owner@example.org", PASSWORD).await;
        assert!(next.body["organization_id"].is_string());
    })
    .await;
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let other = site.visitor().login("owner@example.org", PASSWORD).await;
        let other = site.visitor().with_token(&other);
        let change = |current: &str, new: &str| {
            let body = json!({"current_password": current, "new_password": new});
            let owner = owner.clone();
            async move { owner.post("/api/v1/auth/change-password", body).await }
        };
        let wrong = change(OTHER_PASSWORD, OTHER_PASSWORD).await;
        assert_eq!(
            (wrong.status, wrong.code()),
            (StatusCode::FORBIDDEN, "wrong_password")
        );
        let weak = change(PASSWORD, "owner@example.org").await;
        assert_eq!(weak.code(), "weak_password");
        assert!(weak.body["error"]["details"]["suggestions"].is_array());
        let done = change(PASSWORD, OTHER_PASSWORD).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT);
        assert_eq!(owner.get(ME).await.status, StatusCode::OK);
        assert_eq!(other.get(ME).await.code(), "revoked_session");
    })
    .await;
}

#[tokio::test]
async fn an_api_key_is_no_person() {
    at_each_site(Registration::Invitation, |site| async move {
        let org = site
            .accounts
            .default_organization()
            .await
            .expect("there")
            .id;
        let wanted = accounts::CreateKey {
            name: "k".to_owned(),
            admin: true,
            ..accounts::CreateKey::default()
        };
        let new = site
            .accounts
            .create_key(&accounts::Actor::system(org), wanted)
            .await;
        let key = site
            .visitor()
            .with("x-api-key", new.expect("made").key.expose());
        assert_eq!(key.get("/api/v1/keys").await.status, StatusCode::OK);
        for path in [ME, "/api/v1/auth/sessions", "/api/v1/outbox"] {
            assert_eq!(key.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let nobody = site.visitor().get(ME).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
        let forged = site
            .visitor()
            .with("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
        assert_eq!(forged.get(ME).await.code(), "invalid_session");
    })
    .await;
}
