use accounts::{Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::authenticator::{
    Authenticator, BACKED_UP, BACKUP_ELIGIBLE, Key, PRESENT, Says, VERIFIED,
};
use crate::site::{Answer, OTHER_PASSWORD, PASSWORD, Site, Visitor, at_each_configured_site};

/// At a site with a name and TLS, where browsers offer passkeys.
async fn at_each_named_site<T: Future<Output = ()>>(test: impl Fn(Site) -> T) {
    let named = |config: &mut accounts::AccountsConfig| {
        config.registration = Registration::Invitation;
        config.public_url = Some("https://ai.test".to_owned());
    };
    at_each_configured_site(named, test).await;
}

async fn creation_options(person: &Visitor, password: &str) -> Value {
    let proof = json!({"password": password});
    let answer = person.post("/api/v1/auth/passkeys/options", proof).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    answer.body
}

async fn store(person: &Visitor, name: &str, credential: Value) -> Answer {
    let body = json!({"name": name, "credential": credential});
    person.post("/api/v1/auth/passkeys", body).await
}

/// A passkey of a person, and the person with a session that has shown it.
async fn enrolled(
    person: &Visitor,
    visitor: Visitor,
    key: Key,
    says: &Says,
) -> (Authenticator, Visitor) {
    let mut device = Authenticator::new(key);
    let options = creation_options(person, PASSWORD).await;
    let credential = device.create(&options, says);
    let stored = store(person, "Laptop", credential).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{:?}", stored.body);
    (device, visitor.with_token(&stored))
}

async fn login_options(visitor: &Visitor) -> Value {
    let answer = visitor
        .post("/api/v1/auth/passkeys/login/options", json!({}))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    answer.body
}

async fn login(visitor: &Visitor, credential: Value) -> Answer {
    let body = json!({"credential": credential});
    visitor.post("/api/v1/auth/passkeys/login", body).await
}

#[tokio::test]
async fn a_passkey_of_each_kind_signs_in_by_itself() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let visitor = site.visitor();
        let mut person = owner;
        for (number, key) in [Key::es256(), Key::ed25519(), Key::rs256()]
            .into_iter()
            .enumerate()
        {
            let says = Says {
                extensions: number == 1,
                ..Says::default()
            };
            let (mut device, strong) = enrolled(&person, site.visitor(), key, &says).await;
            person = strong;
            let options = login_options(&visitor).await;
            assert_eq!(options["public_key"]["userVerification"], "required");
            assert_eq!(options["public_key"]["allowCredentials"], json!([]));
            let answer = login(&visitor, device.get(&options, &says)).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
            let me = visitor
                .clone()
                .with_token(&answer)
                .get("/api/v1/auth/me")
                .await;
            assert_eq!(me.body["user"]["email"], "owner@example.org");
            assert_eq!(
                me.body["mfa"]["methods"],
                json!(["passkey", "recovery_code"])
            );
        }
        let list = person.get("/api/v1/auth/passkeys").await.body;
        assert_eq!(list["data"].as_array().map(Vec::len), Some(3));
        assert!(list["data"][0]["last_used_at"].is_string());
        let options = creation_options(&person, PASSWORD).await;
        let excluded = options["public_key"]["excludeCredentials"].as_array();
        assert_eq!(excluded.map(Vec::len), Some(3));
        let sessions = person.get("/api/v1/auth/sessions").await.body;
        assert!(
            sessions["data"]
                .as_array()
                .expect("a list")
                .iter()
                .any(|s| s["method"] == "passkey")
        );
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_of_a_login_by_password() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let (mut device, _) =
            enrolled(&owner, site.visitor(), Key::es256(), &Says::default()).await;
        let visitor = site.visitor();
        let first = visitor.login("owner@example.org", PASSWORD).await;
        assert_eq!(first.body["methods"], json!(["passkey", "recovery_code"]));
        let token = json!({"mfa_token": first.body["mfa_token"]});
        let options = visitor
            .post("/api/v1/auth/mfa/passkey-options", token)
            .await
            .body;
        assert_eq!(
            options["public_key"]["allowCredentials"]
                .as_array()
                .map(Vec::len),
            Some(1)
        );
        // It need not verify its person: that was the password's part.
        let says = Says {
            flags: PRESENT,
            ..Says::default()
        };
        let passkey = device.get(&options, &says);
        let body = json!({"mfa_token": first.body["mfa_token"], "passkey": passkey});
        // The challenge is for this person and this step: it does not sign in alone.
        let alone = login(&visitor, device.get(&options, &Says::default())).await;
        assert_eq!(
            (alone.status, alone.code()),
            (StatusCode::UNAUTHORIZED, "invalid_passkey")
        );
        let burnt = visitor.post("/api/v1/auth/mfa/verify", body).await;
        assert_eq!(
            burnt.code(),
            "invalid_passkey",
            "a challenge is answered once"
        );
        let token = json!({"mfa_token": first.body["mfa_token"]});
        let options = visitor
            .post("/api/v1/auth/mfa/passkey-options", token)
            .await
            .body;
        let passkey = device.get(&options, &says);
        let body = json!({"mfa_token": first.body["mfa_token"], "passkey": passkey});
        let answer = visitor.post("/api/v1/auth/mfa/verify", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
    })
    .await;
}

#[tokio::test]
async fn every_lie_in_a_login_is_refused() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let says = Says::default();
        let (mut device, _) = enrolled(&owner, site.visitor(), Key::es256(), &says).await;
        let visitor = site.visitor();
        let lies: [(&str, Says); 11] = [
            (
                "origin",
                Says {
                    origin: "https://evil.test".to_owned(),
                    ..says.clone()
                },
            ),
            (
                "port",
                Says {
                    origin: "https://ai.test:444".to_owned(),
                    ..says.clone()
                },
            ),
            (
                "scheme",
                Says {
                    origin: "http://ai.test".to_owned(),
                    ..says.clone()
                },
            ),
            (
                "site",
                Says {
                    rp_id: "test".to_owned(),
                    ..says.clone()
                },
            ),
            (
                "ceremony",
                Says {
                    ceremony: Some("webauthn.create"),
                    ..says.clone()
                },
            ),
            (
                "challenge",
                Says {
                    challenge: Some("x".repeat(43)),
                    ..says.clone()
                },
            ),
            (
                "frame",
                Says {
                    cross_origin: true,
                    ..says.clone()
                },
            ),
            (
                "presence",
                Says {
                    flags: VERIFIED,
                    ..says.clone()
                },
            ),
            (
                "verification",
                Says {
                    flags: PRESENT,
                    ..says.clone()
                },
            ),
            (
                "backup",
                Says {
                    flags: PRESENT | VERIFIED | BACKUP_ELIGIBLE,
                    ..says.clone()
                },
            ),
            (
                "person",
                Says {
                    handle: Some(vec![7; 16]),
                    ..says.clone()
                },
            ),
        ];
        for (what, lie) in lies {
            let options = login_options(&visitor).await;
            let answer = login(&visitor, device.get(&options, &lie)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "invalid_passkey"),
                "{what}: {:?}",
                answer.body
            );
        }
        // Every part that is signed.
        for part in ["authenticatorData", "signature", "clientDataJSON"] {
            let options = login_options(&visitor).await;
            let mut credential = device.get(&options, &says);
            let text = credential["response"][part]
                .as_str()
                .expect("text")
                .to_owned();
            let changed = match part {
                // Another space in JSON is another text.
                "clientDataJSON" => reencode(&text, |bytes| bytes.push(b' ')),
                // The counter's last byte.
                "authenticatorData" => reencode(&text, |bytes| bytes[36] ^= 0x40),
                _ => reencode(&text, |bytes| *bytes.last_mut().expect("bytes") ^= 1),
            };
            credential["response"][part] = json!(changed);
            let answer = login(&visitor, credential).await;
            assert_eq!(answer.code(), "invalid_passkey", "{part}");
        }
        let options = login_options(&visitor).await;
        let credential = device.get(&options, &says);
        let good = login(&visitor, credential.clone()).await;
        assert_eq!(good.status, StatusCode::OK, "{:?}", good.body);
        let replayed = login(&visitor, credential).await;
        assert_eq!(replayed.code(), "invalid_passkey", "replayed");
        // A copy of the authenticator counts from an earlier number.
        device.count -= 1;
        let options = login_options(&visitor).await;
        let copied = login(&visitor, device.get(&options, &says)).await;
        assert_eq!(copied.code(), "invalid_passkey", "copied");
        let options = login_options(&visitor).await;
        site.clock.advance(std::time::Duration::from_secs(301));
        let late = login(&visitor, device.get(&options, &says)).await;
        assert_eq!(late.code(), "invalid_passkey", "too late");
        let mut stranger = Authenticator::new(Key::es256());
        stranger.handle.clone_from(&device.handle);
        let options = login_options(&visitor).await;
        let unknown = login(&visitor, stranger.get(&options, &says)).await;
        assert_eq!(unknown.code(), "invalid_passkey", "unknown");
        stranger.id.clone_from(&device.id);
        stranger.count = 1_000;
        let options = login_options(&visitor).await;
        let forged = login(&visitor, stranger.get(&options, &says)).await;
        assert_eq!(forged.code(), "invalid_passkey", "forged");
    })
    .await;
}

fn reencode(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    change(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn every_lie_in_a_registration_is_refused() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let says = Says::default();
        let lies: [(&str, Says); 9] = [
            (
                "origin",
                Says {
                    origin: "https://evil.test".to_owned(),
                    ..says.clone()
                },
            ),
            (
                "site",
                Says {
                    rp_id: "evil.test".to_owned(),
                    ..says.clone()
                },
            ),
            (
                "ceremony",
                Says {
                    ceremony: Some("webauthn.get"),
                    ..says.clone()
                },
            ),
            (
                "challenge",
                Says {
                    challenge: Some("x".repeat(43)),
                    ..says.clone()
                },
            ),
            (
                "frame",
                Says {
                    cross_origin: true,
                    ..says.clone()
                },
            ),
            (
                "presence",
                Says {
                    flags: VERIFIED,
                    ..says.clone()
                },
            ),
            (
                "backup",
                Says {
                    flags: PRESENT | BACKED_UP,
                    ..says.clone()
                },
            ),
            (
                "attestation",
                Says {
                    format: "fido-u2f",
                    ..says.clone()
                },
            ),
            (
                "attestation",
                Says {
                    format: "tpm",
                    ..says.clone()
                },
            ),
        ];
        for (what, lie) in lies {
            let mut device = Authenticator::new(Key::es256());
            let options = creation_options(&owner, PASSWORD).await;
            let answer = store(&owner, "x", device.create(&options, &lie)).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::BAD_REQUEST, "passkey_refused"),
                "{what}: {:?}",
                answer.body
            );
        }
        let mut device = Authenticator::new(Key::es256());
        let options = creation_options(&owner, PASSWORD).await;
        let mut renamed = device.create(&options, &says);
        renamed["id"] = json!("AAAA");
        assert_eq!(store(&owner, "x", renamed).await.code(), "passkey_refused");
        // Somebody else's challenge.
        let member = site.member(Role::Viewer, "m@example.org").await;
        let theirs = creation_options(&member, OTHER_PASSWORD).await;
        let answer = store(&owner, "x", device.create(&theirs, &says)).await;
        assert_eq!(answer.code(), "passkey_refused");
        // A challenge for signing in is none for a registration.
        let mut other = login_options(&owner).await;
        other["public_key"]["user"] = json!({"id": "AAAA"});
        other["public_key"]["attestation"] = json!("none");
        let answer = store(&owner, "x", device.create(&other, &says)).await;
        assert_eq!(answer.code(), "passkey_refused");
        assert_eq!(
            owner.get("/api/v1/auth/me").await.body["mfa"]["enabled"],
            false
        );
        // Signed by the new key itself, which claims nothing; and not signed by it.
        let options = creation_options(&owner, PASSWORD).await;
        let packed = Says {
            format: "packed",
            ..says.clone()
        };
        let credential = device.create(&options, &packed);
        let stored = store(&owner, "Key", credential.clone()).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{:?}", stored.body);
        let owner = site.visitor().with_token(&stored);
        let again = store(&owner, "Key", credential).await;
        assert_eq!(again.code(), "passkey_refused", "replayed");
        let options = creation_options(&owner, PASSWORD).await;
        let again = store(&owner, "Key", device.create(&options, &says)).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "the same passkey twice");
        let mut device = Authenticator::new(Key::ed25519());
        let options = creation_options(&owner, PASSWORD).await;
        let mut forged = device.create(&options, &packed);
        let text = forged["response"]["clientDataJSON"]
            .as_str()
            .expect("text")
            .to_owned();
        forged["response"]["clientDataJSON"] = json!(reencode(&text, |bytes| bytes.push(b' ')));
        assert_eq!(store(&owner, "x", forged).await.code(), "passkey_refused");
    })
    .await;
}

#[tokio::test]
async fn synchronized_passkeys_do_not_count_and_say_where_they_are_kept() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let eligible = PRESENT | VERIFIED | BACKUP_ELIGIBLE;
        let says = Says {
            flags: eligible,
            ..Says::default()
        };
        let (mut device, owner) = enrolled(&owner, site.visitor(), Key::es256(), &says).await;
        let list = owner.get("/api/v1/auth/passkeys").await.body;
        assert_eq!(list["data"][0]["is_backed_up"], false);
        let says = Says {
            flags: eligible | BACKED_UP,
            ..Says::default()
        };
        for _ in 0..2 {
            let options = login_options(&owner).await;
            let credential = device.get_at(0, &options, &says);
            let answer = login(&site.visitor(), credential).await;
            assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        }
        let list = owner.get("/api/v1/auth/passkeys").await.body;
        assert_eq!(list["data"][0]["is_backed_up"], true);
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_renamed_by_its_person_alone() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let (_, owner) = enrolled(&owner, site.visitor(), Key::es256(), &Says::default()).await;
        let list = owner.get("/api/v1/auth/passkeys").await.body;
        let id = list["data"][0]["id"].as_str().expect("an id");
        let path = format!("/api/v1/auth/passkeys/{id}");
        let name = |name: &str| json!({"name": name}).to_string();
        let member = site.member(Role::Admin, "m@example.org").await;
        let foreign = member.send(Method::PATCH, &path, name("Mine")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let empty = owner.send(Method::PATCH, &path, name(" ")).await;
        assert_eq!(empty.status, StatusCode::BAD_REQUEST);
        let renamed = owner.send(Method::PATCH, &path, name("Phone")).await;
        assert_eq!(renamed.status, StatusCode::OK, "{:?}", renamed.body);
        assert_eq!(renamed.body["name"], "Phone");
        let list = owner.get("/api/v1/auth/passkeys").await.body;
        assert_eq!(list["data"][0]["name"], "Phone");
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_removed_by_its_person_alone() {
    at_each_named_site(|site| async move {
        let owner = site.owner().await;
        let (mut device, owner) =
            enrolled(&owner, site.visitor(), Key::es256(), &Says::default()).await;
        let list = owner.get("/api/v1/auth/passkeys").await.body;
        let id = list["data"][0]["id"].as_str().expect("an id");
        let path = format!("/api/v1/auth/passkeys/{id}/delete");
        let member = site.member(Role::Admin, "m@example.org").await;
        let foreign = member
            .post(&path, json!({"password": OTHER_PASSWORD}))
            .await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        let unproved = owner.post(&path, json!({})).await;
        assert_eq!(
            (unproved.status, unproved.code()),
            (StatusCode::FORBIDDEN, "wrong_password")
        );
        let removed = owner.post(&path, json!({"password": PASSWORD})).await;
        assert_eq!(removed.status, StatusCode::NO_CONTENT, "{:?}", removed.body);
        let options = login_options(&owner).await;
        let answer = login(&site.visitor(), device.get(&options, &Says::default())).await;
        assert_eq!(answer.code(), "invalid_passkey");
        let state = owner.get("/api/v1/auth/mfa").await.body;
        let nothing = json!({
            "enabled": false, "totp": false, "passkeys": 0, "recovery_codes_left": 0,
        });
        assert_eq!(state, nothing);
        let answer = site.visitor().login("owner@example.org", PASSWORD).await;
        assert_eq!(answer.body["mfa_required"], false);
    })
    .await;
}

#[tokio::test]
async fn without_a_public_address_only_this_machine_has_passkeys() {
    let plain = |config: &mut accounts::AccountsConfig| config.public_url = None;
    at_each_configured_site(plain, |site| async move {
        let visitor = site.visitor();
        let path = "/api/v1/auth/passkeys/login/options";
        let refused = visitor.post(path, json!({})).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::CONFLICT, "passkeys_unavailable")
        );
        let mut local = visitor;
        local.host = "localhost:8080".to_owned();
        let answer = local.send(Method::POST, path, "").await;
        assert_eq!(
            answer.body["public_key"]["rpId"], "localhost",
            "{:?}",
            answer.body
        );
    })
    .await;
}
