use std::time::Duration;

use accounts::{Registration, Role};
use axum::http::{Method, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use store::{Clock as _, on_reader};

use crate::site::{Answer, OTHER_PASSWORD, PASSWORD, Site, Visitor, at_each_site};

const STEP: Duration = Duration::from_secs(30);

/// What an app shows now.
fn code_of(secret: &str, site: &Site) -> String {
    let bits: String = secret
        .bytes()
        .map(|letter| {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
            let value = alphabet.iter().position(|known| *known == letter);
            format!("{:05b}", value.expect("base32"))
        })
        .collect();
    let bytes: Vec<u8> = (0..bits.len() / 8)
        .map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).expect("bits"))
        .collect();
    let step = site.clock.now().0 / 30_000_000;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().expect("four"));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// Sets an app up; its secret and the answer to its first code.
pub(crate) async fn enrol(site: &Site, person: &Visitor, password: &str) -> (String, Answer) {
    let proof = json!({"password": password});
    let enrolled = person.post("/api/v1/auth/mfa/totp/enrol", proof).await;
    assert_eq!(enrolled.status, StatusCode::OK, "{:?}", enrolled.body);
    let secret = enrolled.body["secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let url = enrolled.body["otpauth_url"].as_str().expect("an address");
    assert!(
        url.contains(&secret) && url.starts_with("otpauth://totp/"),
        "{url}"
    );
    assert!(
        enrolled.body["qr_svg"]
            .as_str()
            .expect("a picture")
            .contains("<svg")
    );
    let code = json!({"code": code_of(&secret, site)});
    let confirmed = person.post("/api/v1/auth/mfa/totp/confirm", code).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{:?}", confirmed.body);
    (secret, confirmed)
}

async fn first_step(site: &Site) -> String {
    let answer = site.visitor().login("owner@example.org", PASSWORD).await;
    assert_eq!(answer.body["mfa_required"], true, "{:?}", answer.body);
    answer.body["mfa_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

async fn second_step(visitor: &Visitor, token: &str, code: &str) -> Answer {
    let body = json!({"mfa_token": token, "code": code});
    visitor.post("/api/v1/auth/mfa/verify", body).await
}

fn codes_in(answer: &Answer) -> Vec<String> {
    serde_json::from_value(answer.body["recovery_codes"].clone()).expect("codes")
}

#[tokio::test]
async fn codes_of_an_app_are_set_up_asked_for_and_work_once() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let wrong = json!({"password": OTHER_PASSWORD});
        let refused = owner.post("/api/v1/auth/mfa/totp/enrol", wrong).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::FORBIDDEN, "wrong_password")
        );
        let none = owner
            .post("/api/v1/auth/mfa/totp/confirm", json!({"code": "000000"}))
            .await;
        assert_eq!(
            (none.status, none.code()),
            (StatusCode::CONFLICT, "totp_not_begun")
        );
        let (secret, confirmed) = enrol(&site, &owner, PASSWORD).await;
        assert_eq!(codes_in(&confirmed).len(), 10);
        let owner = site.visitor().with_token(&confirmed);
        let me = owner.get("/api/v1/auth/me").await.body;
        let wanted =
            json!({"enabled": true, "methods": ["totp", "recovery_code"], "required": false});
        assert_eq!(me["mfa"], wanted);
        let proof = json!({"password": PASSWORD});
        let again = owner.post("/api/v1/auth/mfa/totp/enrol", proof).await;
        assert_eq!(
            (again.status, again.code()),
            (StatusCode::CONFLICT, "totp_enabled")
        );

        let visitor = site.visitor();
        let token = first_step(&site).await;
        let used = second_step(&visitor, &token, &code_of(&secret, &site)).await;
        assert_eq!(
            (used.status, used.code()),
            (StatusCode::UNAUTHORIZED, "wrong_code"),
            "used"
        );
        site.clock.advance(STEP);
        let code = code_of(&secret, &site);
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        let session = second_step(&visitor, &token, &spaced).await;
        assert_eq!(session.status, StatusCode::OK, "{:?}", session.body);
        let signed_in = site.visitor().with_token(&session);
        let sessions = signed_in.get("/api/v1/auth/sessions").await.body;
        let methods: Vec<&Value> = sessions["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|session| &session["method"])
            .collect();
        assert!(methods.contains(&&json!("second_factor")), "{methods:?}");
        let over = second_step(&visitor, &token, &code_of(&secret, &site)).await;
        assert_ne!(over.status, StatusCode::OK, "the first step counts once");
        let token = first_step(&site).await;
        let replayed = second_step(&visitor, &token, &code).await;
        assert_eq!(replayed.code(), "wrong_code", "replayed");
        site.clock.advance(Duration::from_secs(301));
        let late = second_step(&visitor, &token, &code_of(&secret, &site)).await;
        assert_eq!(
            (late.status, late.code()),
            (StatusCode::BAD_REQUEST, "invalid_token")
        );
    })
    .await;
}

#[tokio::test]
async fn of_two_who_send_the_same_code_at_once_one_gets_in() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let (secret, _) = enrol(&site, &owner, PASSWORD).await;
        site.clock.advance(STEP);
        let code = code_of(&secret, &site);
        let (one, two) = (first_step(&site).await, first_step(&site).await);
        let visitor = site.visitor();
        let answers = tokio::join!(
            second_step(&visitor, &one, &code),
            second_step(&visitor, &two, &code)
        );
        let let_in = [&answers.0, &answers.1]
            .iter()
            .filter(|a| a.status == StatusCode::OK)
            .count();
        assert_eq!(let_in, 1, "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn recovery_codes_work_once_and_new_ones_replace_them() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let proof = || json!({"password": PASSWORD});
        let path = "/api/v1/auth/mfa/recovery-codes";
        let early = owner.post(path, proof()).await;
        assert_eq!(
            (early.status, early.code()),
            (StatusCode::CONFLICT, "no_second_factor")
        );
        let (_, confirmed) = enrol(&site, &owner, PASSWORD).await;
        let owner = site.visitor().with_token(&confirmed);
        let codes = codes_in(&confirmed);
        let visitor = site.visitor();
        let token = first_step(&site).await;
        let typed = codes[0].to_uppercase().replace('-', " ");
        let session = second_step(&visitor, &token, &typed).await;
        assert_eq!(session.status, StatusCode::OK, "{:?}", session.body);
        let token = first_step(&site).await;
        let again = second_step(&visitor, &token, &codes[0]).await;
        assert_eq!(again.code(), "wrong_code");
        let state = owner.get("/api/v1/auth/mfa").await.body;
        assert_eq!(state["recovery_codes_left"], 9);
        let renewed = owner.post(path, proof()).await;
        assert_eq!(renewed.status, StatusCode::OK, "{:?}", renewed.body);
        assert_eq!(
            second_step(&visitor, &token, &codes[1]).await.code(),
            "wrong_code",
            "replaced"
        );
        let fresh = codes_in(&renewed);
        assert_eq!(
            second_step(&visitor, &token, &fresh[9]).await.status,
            StatusCode::OK
        );
        // Nobody else's codes open the account.
        let member = site.member(Role::Viewer, "m@example.org").await;
        let (_, theirs) = enrol(&site, &member, OTHER_PASSWORD).await;
        let token = first_step(&site).await;
        assert_eq!(
            second_step(&visitor, &token, &codes_in(&theirs)[0])
                .await
                .code(),
            "wrong_code"
        );
    })
    .await;
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_wherever_it_comes_from() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let (secret, _) = enrol(&site, &owner, PASSWORD).await;
        site.clock.advance(STEP);
        let token = first_step(&site).await;
        let right = code_of(&secret, &site);
        let wrong = if right == "111111" {
            "222222"
        } else {
            "111111"
        };
        for number in 0..10 {
            let guesser = site.visitor().at(&format!("198.51.100.{number}"));
            let answer = second_step(&guesser, &token, wrong).await;
            assert_eq!(answer.code(), "wrong_code", "{number}");
        }
        let answer = second_step(&site.visitor(), &token, &right).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts")
        );
        assert!(answer.headers.contains_key("retry-after"));
        site.clock.advance(Duration::from_secs(900));
        let token = first_step(&site).await;
        let answer = second_step(&site.visitor(), &token, &code_of(&secret, &site)).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    })
    .await;
}

#[tokio::test]
async fn a_password_alone_does_not_change_factors_that_a_session_has_not_shown() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let answer = site.visitor().login("owner@example.org", PASSWORD).await;
        let thief = site.visitor().with_token(&answer);
        let (secret, confirmed) = enrol(&site, &owner, PASSWORD).await;
        let proof = || json!({"password": PASSWORD});
        for path in ["mfa/totp/disable", "mfa/recovery-codes", "mfa/totp/enrol"] {
            let answer = thief.post(&format!("/api/v1/auth/{path}"), proof()).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "mfa_required"),
                "{path}"
            );
        }
        let path = "/api/v1/auth/mfa/totp/disable";
        let used = json!({"code": code_of(&secret, &site)});
        assert_eq!(
            thief.post(path, used).await.code(),
            "wrong_code",
            "used at the start"
        );
        site.clock.advance(STEP);
        let owner = site.visitor().with_token(&confirmed);
        let off = owner
            .post(path, json!({"code": code_of(&secret, &site)}))
            .await;
        assert_eq!(off.status, StatusCode::NO_CONTENT, "{:?}", off.body);
        assert_eq!(
            owner.get("/api/v1/auth/mfa").await.body["recovery_codes_left"],
            0
        );
        let answer = site.visitor().login("owner@example.org", PASSWORD).await;
        assert_eq!(answer.body["mfa_required"], false);
        assert_eq!(
            owner.post(path, proof()).await.status,
            StatusCode::NOT_FOUND
        );
    })
    .await;
}

#[tokio::test]
async fn secrets_are_encrypted_and_follow_a_new_master_key() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let (secret, _) = enrol(&site, &owner, PASSWORD).await;
        let sealed = async || -> Vec<u8> {
            on_reader!(site.db, c => sqlx::query_scalar("SELECT encrypted_data FROM totp_factors")
                .fetch_one(c).await)
            .expect("stored")
        };
        let before = sealed().await;
        assert_eq!(
            before.len(),
            1 + 12 + 20 + 16,
            "version, nonce, secret, tag"
        );
        site.accounts
            .rotate_master_key(None)
            .await
            .expect("rotated");
        assert_ne!(sealed().await, before);
        site.clock.advance(STEP);
        let token = first_step(&site).await;
        let answer = second_step(&site.visitor(), &token, &code_of(&secret, &site)).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    })
    .await;
}

#[tokio::test]
async fn the_operator_takes_lost_factors_away() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        enrol(&site, &owner, PASSWORD).await;
        site.accounts
            .reset_second_factors("Owner@example.org")
            .await
            .expect("reset");
        assert_eq!(
            owner.get("/api/v1/auth/me").await.status,
            StatusCode::UNAUTHORIZED,
            "ended"
        );
        let answer = site.visitor().login("owner@example.org", PASSWORD).await;
        assert_eq!(answer.body["mfa_required"], false);
        assert!(
            site.accounts
                .reset_second_factors("nobody@example.org")
                .await
                .is_err()
        );
    })
    .await;
}

#[tokio::test]
async fn an_organization_that_wants_two_factors_gets_them() {
    at_each_site(Registration::Invitation, |site| async move {
        let owner = site.owner().await;
        let member = site.member(Role::Admin, "m@example.org").await;
        assert_eq!(member.get("/api/v1/keys").await.status, StatusCode::OK);
        let org = site
            .accounts
            .default_organization()
            .await
            .expect("there")
            .id;
        let wanted = json!({"settings": {"require_mfa": true}}).to_string();
        let path = format!("/api/v1/organizations/{org}");
        let set = owner.send(Method::PATCH, &path, wanted).await;
        assert_eq!(set.status, StatusCode::OK, "{:?}", set.body);
        // At once, in sessions that are open.
        let refused = member.get("/api/v1/keys").await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::FORBIDDEN, "mfa_required")
        );
        let me = member.get("/api/v1/auth/me").await;
        assert_eq!(
            (me.status, &me.body["current"]),
            (StatusCode::OK, &json!(null))
        );
        assert_eq!(me.body["mfa"]["required"], true);
        // In new ones, and in those that come over from elsewhere.
        let answer = site.visitor().login("m@example.org", OTHER_PASSWORD).await;
        let fresh = site.visitor().with_token(&answer);
        assert_eq!(fresh.get("/api/v1/keys").await.code(), "mfa_required");
        let switch = json!({"organization_id": org});
        let over = fresh
            .post("/api/v1/auth/switch-organization", switch.clone())
            .await;
        assert_eq!(
            (over.status, over.code()),
            (StatusCode::FORBIDDEN, "mfa_required")
        );
        // A factor opens it: in this session, after its refresh, and at the next login.
        let (_, confirmed) = enrol(&site, &fresh, OTHER_PASSWORD).await;
        let strong = site.visitor().with_token(&confirmed);
        assert_eq!(strong.get("/api/v1/keys").await.status, StatusCode::OK);
        assert_eq!(
            strong
                .post("/api/v1/auth/switch-organization", switch)
                .await
                .status,
            StatusCode::OK
        );
        let refresh = json!({"refresh_token": answer.body["refresh_token"]});
        let refreshed = site.visitor().post("/api/v1/auth/refresh", refresh).await;
        let refreshed = site.visitor().with_token(&refreshed);
        assert_eq!(refreshed.get("/api/v1/keys").await.status, StatusCode::OK);
        assert_eq!(
            member.get("/api/v1/keys").await.code(),
            "mfa_required",
            "another session"
        );
        // Keys are not people.
        let key = accounts::CreateKey {
            name: "k".to_owned(),
            admin: true,
            ..Default::default()
        };
        let actor = accounts::Actor::system(org);
        let key = site.accounts.create_key(&actor, key).await.expect("made");
        let program = site.visitor().with("x-api-key", key.key.expose());
        assert_eq!(program.get("/api/v1/keys").await.status, StatusCode::OK);
    })
    .await;
}
