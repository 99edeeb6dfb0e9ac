//! Inviting people, and joining.

use std::time::Duration;

use accounts::{Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::organizations::current;
use crate::site::{Answer, OTHER_PASSWORD, PASSWORD, Site, Visitor, at_each_site};

const DAY: Duration = Duration::from_secs(86_400);

async fn invite(visitor: &Visitor, email: &str) -> Answer {
    let body = json!({"email": email, "role": "editor", "expires_in_days": 2});
    visitor.post("/api/v1/invitations", body).await
}

async fn accept(site: &Site, token: &str) -> Answer {
    let body = json!({"token": token, "name": "Grace", "password": OTHER_PASSWORD});
    site.visitor()
        .post("/api/v1/invitations/accept", body)
        .await
}

async fn token(site: &Site, email: &str) -> String {
    let (kind, token) = site.mail_to(email).await.expect("a mail");
    assert_eq!(kind, "invitation");
    token
}

#[tokio::test]
async fn somebody_new_joins_with_a_password_of_their_own() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let team = owner.post("/api/v1/teams", json!({"name": "Team"})).await;
        let body =
            json!({"email": "Grace@Example.org", "role": "editor", "team_id": team.body["id"]});
        let made = owner.post("/api/v1/invitations", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        assert_eq!(made.body["email"], "grace@example.org");
        let token = token(&site, "grace@example.org").await;
        assert!(
            !made.body.to_string().contains(&token),
            "the link goes by mail alone"
        );

        let stranger = site.visitor();
        let seen = stranger
            .post("/api/v1/invitations/preview", json!({"token": token}))
            .await;
        assert_eq!(seen.status, StatusCode::OK, "{:?}", seen.body);
        assert_eq!(
            (&seen.body["organization"], &seen.body["has_account"]),
            (&json!("Acme"), &json!(false))
        );
        let bare = stranger
            .post("/api/v1/invitations/accept", json!({"token": token}))
            .await;
        assert_eq!(
            (bare.status, bare.code()),
            (StatusCode::BAD_REQUEST, "account_needed")
        );
        let weak = json!({"token": token, "name": "Grace", "password": "password12"});
        let weak = stranger.post("/api/v1/invitations/accept", weak).await;
        assert_eq!(
            (weak.status, weak.code()),
            (StatusCode::BAD_REQUEST, "weak_password")
        );

        let joined = accept(&site, &token).await;
        assert_eq!(joined.status, StatusCode::OK, "{:?}", joined.body);
        assert_eq!(joined.body["member"]["role"], "editor");
        let again = accept(&site, &token).await;
        assert_eq!(
            (again.status, again.code()),
            (StatusCode::BAD_REQUEST, "invalid_token")
        );
        let login = stranger.login("grace@example.org", OTHER_PASSWORD).await;
        assert_eq!(
            login.status,
            StatusCode::OK,
            "the address is confirmed: {:?}",
            login.body
        );
        let grace = site.visitor().with_token(&login);
        assert_eq!(current(&grace).await, current(&owner).await);
        let people = format!(
            "/api/v1/teams/{}/members",
            team.body["id"].as_str().expect("an id")
        );
        assert_eq!(
            owner.get(&people).await.body["data"][0]["email"],
            "grace@example.org"
        );
        let member = invite(&owner, "grace@example.org").await;
        assert_eq!(member.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn somebody_with_an_account_joins_by_the_link_and_keeps_the_password() {
    at_each_site(Registration::Open, |site| async move {
        let owner = site.owner().await;
        let mia = site.member(Role::Owner, "mia@example.org").await;
        let second = json!({"name": "Second", "slug": "second"});
        let second = mia.post("/api/v1/organizations", second).await;
        let org = second.body["id"].as_str().expect("an id");
        let path = format!("/api/v1/organizations/{org}/members");
        let body = json!({"email": "owner@example.org", "role": "viewer"});
        let made = mia.post(&path, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        let token = token(&site, "owner@example.org").await;
        let body = json!({"token": token, "password": "granite-teapot-voyage-99"});
        let joined = site
            .visitor()
            .post("/api/v1/invitations/accept", body)
            .await;
        assert_eq!(
            (joined.status, &joined.body["org_id"]),
            (StatusCode::OK, &json!(org))
        );
        let login = site
            .visitor()
            .login("owner@example.org", "granite-teapot-voyage-99")
            .await;
        assert_eq!(
            login.status,
            StatusCode::UNAUTHORIZED,
            "a link changes no password"
        );
        let seen = owner.get(&format!("/api/v1/organizations/{org}")).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert_eq!(
            owner.get("/api/v1/organizations").await.body["data"]
                .as_array()
                .map(Vec::len),
            Some(2)
        );
    })
    .await;
}

#[tokio::test]
async fn links_end_with_their_time_when_sent_again_and_when_taken_back() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let made = invite(&owner, "a@example.org").await;
        let id = made.body["id"].as_str().expect("an id").to_owned();
        let first = token(&site, "a@example.org").await;
        let twice = invite(&owner, "a@example.org").await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        site.clock.advance(DAY);
        let login = site.visitor().login("owner@example.org", PASSWORD).await;
        let owner = site.visitor().with_token(&login);
        let resend = format!("/api/v1/invitations/{id}/resend");
        let resent = owner.post(&resend, json!({})).await;
        assert_eq!(resent.status, StatusCode::OK, "{:?}", resent.body);
        let second = token(&site, "a@example.org").await;
        assert_ne!(first, second);
        assert_eq!(accept(&site, &first).await.status, StatusCode::BAD_REQUEST);
        // Good for two days from the second mail on.
        site.clock.advance(DAY + DAY / 2);
        let preview = json!({"token": second});
        let seen = site
            .visitor()
            .post("/api/v1/invitations/preview", preview.clone())
            .await;
        assert_eq!(seen.status, StatusCode::OK);
        site.clock.advance(DAY);
        let seen = site
            .visitor()
            .post("/api/v1/invitations/preview", preview)
            .await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST);
        assert_eq!(accept(&site, &second).await.status, StatusCode::BAD_REQUEST);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_invitation_opens_nothing_and_the_address_can_be_invited_anew() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let made = invite(&owner, "b@example.org").await;
        let path = format!(
            "/api/v1/invitations/{}",
            made.body["id"].as_str().expect("an id")
        );
        let link = token(&site, "b@example.org").await;
        let revoked = owner.send(Method::DELETE, &path, String::new()).await;
        assert_eq!(revoked.status, StatusCode::OK, "{:?}", revoked.body);
        assert!(revoked.body["revoked_at"].is_string());
        assert_eq!(accept(&site, &link).await.code(), "invalid_token");
        // Nor does it open a registration.
        let register = json!({"email": "b@example.org", "name": "B", "password": OTHER_PASSWORD,
            "invitation_token": link});
        let register = site.visitor().post("/api/v1/auth/register", register).await;
        assert_eq!(
            register.status,
            StatusCode::BAD_REQUEST,
            "{:?}",
            register.body
        );
        let twice = owner.send(Method::DELETE, &path, String::new()).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        site.clock.advance(Duration::from_secs(1));
        assert_eq!(
            invite(&owner, "b@example.org").await.status,
            StatusCode::CREATED
        );
        let fresh = token(&site, "b@example.org").await;
        assert_eq!(accept(&site, &fresh).await.status, StatusCode::OK);
        let list = owner.get("/api/v1/invitations").await;
        let rows = list.body["data"].as_array().expect("a list");
        assert!(rows[0]["accepted_at"].is_string() && rows[1]["revoked_at"].is_string());
    })
    .await;
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_joins() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        assert_eq!(
            invite(&owner, "c@example.org").await.status,
            StatusCode::CREATED
        );
        let link = token(&site, "c@example.org").await;
        let (x, y) = tokio::join!(accept(&site, &link), accept(&site, &link));
        let mut statuses = [x.status, y.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::OK, StatusCode::BAD_REQUEST]);
    })
    .await;
}
