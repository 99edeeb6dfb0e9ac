use std::time::Duration;

use accounts::{AccountsConfig, Registration, Role};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::oidc_provider::{CLIENT, Provider, Signing};
use crate::oidc_site::*;
use crate::site::{OTHER_PASSWORD, PASSWORD};

#[tokio::test]
async fn an_account_signs_in_by_its_verified_address_and_stays_linked() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            let by_password = ada(&world).await;
            for signing in [Signing::Rs256, Signing::Es256] {
                world.corp.turn(|corp| corp.signing = signing);
                let person = signed_in(&world, &round_trip(&world, "corp").await);
                let me_now = me(&person).await;
                assert_eq!(me_now["user"]["email"], "ada@example.org");
                assert_eq!(me_now["current"]["role"], "editor");
            }
            // The link is to the person there, whatever its address is later.
            world.corp.turn(|corp| {
                corp.person["email"] = json!("lovelace@example.org");
                corp.person["email_verified"] = json!(false);
            });
            let person = signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(
                me(&person).await["user"]["id"],
                me(&by_password).await["user"]["id"]
            );
            let identities = person.get("/api/v1/auth/identities").await.body;
            let identities = identities["data"].as_array().expect("a list");
            assert_eq!(identities.len(), 1);
            assert_eq!(identities[0]["subject"], "248289761001");
            assert_eq!(identities[0]["email"], "lovelace@example.org");
            assert!(identities[0].get("user_id").is_none());
            // Asked once for many logins.
            for path in ["/.well-known/openid-configuration", "/jwks"] {
                assert_eq!(world.corp.asked(path), 1, "{path}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn the_login_page_learns_its_providers() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            let answer = world.site.visitor().get("/api/v1/auth/providers").await;
            let list = answer.body["data"].as_array().expect("a list").clone();
            assert_eq!(list.len(), 3);
            assert_eq!(
                list[1],
                json!({"id": "github", "kind": "github", "title": "GitHub",
                "start_url": "/api/v1/auth/oidc/github/start"})
            );
            let nobody = world
                .site
                .visitor()
                .get("/api/v1/auth/oidc/nobody/start")
                .await;
            assert_eq!(nobody.status, StatusCode::NOT_FOUND);
            for page in ["//evil.test", "https://evil.test", "/%5Cevil.test", "x"] {
                let path = format!("/api/v1/auth/oidc/corp/start?return_to={page}");
                let answer = world.site.visitor().get(&path).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{page}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn only_the_browser_that_went_out_comes_back_and_once() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            ada(&world).await;
            let visitor = world.site.visitor();
            let (way, other) = (start(&visitor, "corp").await, start(&visitor, "corp").await);
            let back = world.corp.visit(&way.url).await;
            // Without its cookie, and in another browser: somebody sent the link of its own login.
            let without = visitor
                .get(back.strip_prefix("https://ai.test").expect("ours"))
                .await;
            assert_eq!(error_of(&without), "invalid_state");
            let used_up = come_back(&visitor, &way, &back).await;
            assert_eq!(
                error_of(&used_up),
                "invalid_state",
                "the first try used it up"
            );
            let back = world.corp.visit(&other.url).await;
            let elsewhere = come_back(&visitor, &way, &back).await;
            assert_eq!(error_of(&elsewhere), "invalid_state");
            // A state that is made up, missing, old, or used.
            let way = start(&visitor, "corp").await;
            let back = world.corp.visit(&way.url).await;
            let code = back.split("code=").nth(1).expect("a code");
            let path = "https://ai.test/api/v1/auth/oidc/corp/callback";
            for made_up in [
                format!("{path}?code={code}"),
                format!("{path}?code={code}&state=x"),
            ] {
                let answer = come_back(&visitor, &way, &made_up).await;
                assert_eq!(error_of(&answer), "invalid_state", "{made_up}");
            }
            let good = come_back(&visitor, &way, &back).await;
            signed_in(&world, &good);
            assert_eq!(
                error_of(&come_back(&visitor, &way, &back).await),
                "invalid_state",
                "used"
            );
            let way = start(&visitor, "corp").await;
            let back = world.corp.visit(&way.url).await;
            world.site.clock.advance(Duration::from_secs(601));
            assert_eq!(
                error_of(&come_back(&visitor, &way, &back).await),
                "invalid_state",
                "old"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_code_of_another_login_is_worth_nothing() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            ada(&world).await;
            let visitor = world.site.visitor();
            for provider in ["corp", "github"] {
                world.corp.turn(|corp| {
                    corp.names_issuer = (provider == "corp").then(|| corp_issuer(&world.corp));
                });
                let (attacker, victim) = (
                    start(&visitor, provider).await,
                    start(&visitor, provider).await,
                );
                let stolen = world.corp.visit(&attacker.url).await;
                let back = world.corp.visit(&victim.url).await;
                let code = |url: &str| {
                    let after = url.split("code=").nth(1).expect("a code");
                    after.split('&').next().expect("a code").to_owned()
                };
                let injected = back.replace(&code(&back), &code(&stolen));
                let answer = come_back(&visitor, &victim, &injected).await;
                assert_eq!(
                    error_of(&answer),
                    "provider_not_believed",
                    "PKCE at {provider}"
                );
            }
        },
    )
    .await;
}

fn corp_issuer(provider: &Provider) -> String {
    provider.issuer.clone()
}

#[tokio::test]
async fn one_provider_does_not_answer_for_another() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            ada(&world).await;
            let visitor = world.site.visitor();
            // The honest provider's answer is brought to the other one's address.
            let way = start(&visitor, "corp").await;
            let back = world
                .corp
                .visit(&way.url)
                .await
                .replace("/corp/", "/other/");
            assert_eq!(
                error_of(&come_back(&visitor, &way, &back).await),
                "invalid_state"
            );
            assert_eq!(world.other.asked("/token"), 0, "it never sees the code");
            // It names another issuer, or none although it promised to.
            for (names, what) in [
                (Some(world.other.issuer.clone()), "another"),
                (None, "none"),
            ] {
                world.corp.turn(|corp| corp.names_issuer = names);
                let answer = round_trip(&world, "corp").await;
                assert_eq!(error_of(&answer), "provider_not_believed", "{what}");
            }
            assert_eq!(
                world.corp.asked("/token"),
                0,
                "refused before the code is shown to anybody"
            );
            // A token of the other provider for the same person there.
            let issuer = world.corp.issuer.clone();
            world.corp.turn(|corp| {
                corp.names_issuer = Some(issuer);
                corp.claims = |claims| claims["iss"] = json!("http://127.0.0.1:1");
            });
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "provider_not_believed"
            );
            // The same id at another provider is another person.
            world.corp.turn(|corp| corp.claims = |_| {});
            signed_in(&world, &round_trip(&world, "corp").await);
            world
                .other
                .turn(|other| other.person["email"] = json!("eve@example.org"));
            assert_eq!(
                error_of(&round_trip(&world, "other").await),
                "registration_closed"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn an_id_token_that_is_not_for_this_login_is_refused() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            ada(&world).await;
            let lies: [(&str, Change<Value>); 11] = [
                ("nonce", |c| c["nonce"] = json!("another")),
                ("no nonce", |c| c["nonce"] = json!(null)),
                ("audience", |c| c["aud"] = json!("another client")),
                ("party", |c| c["azp"] = json!("another client")),
                ("many audiences", |c| {
                    c["aud"] = json!([CLIENT, "another client"]);
                }),
                ("issuer", |c| {
                    c["iss"] = json!("https://accounts.google.com");
                }),
                ("expired", |c| {
                    c["exp"] = json!(c["iat"].as_i64().expect("a time") - 60);
                }),
                ("future", |c| {
                    c["iat"] = json!(c["iat"].as_i64().expect("a time") + 120);
                }),
                ("no time", |c| c["exp"] = json!(null)),
                ("nobody", |c| c["sub"] = json!("")),
                ("no subject", |c| c["sub"] = json!(null)),
            ];
            for (what, lie) in lies {
                world.corp.turn(|corp| corp.claims = lie);
                assert_eq!(
                    error_of(&round_trip(&world, "corp").await),
                    "provider_not_believed",
                    "{what}"
                );
            }
            world.corp.turn(|corp| corp.claims = |_| {});
            for signing in [Signing::None, Signing::Hs256, Signing::Stranger] {
                world.corp.turn(|corp| corp.signing = signing);
                let answer = round_trip(&world, "corp").await;
                assert_eq!(error_of(&answer), "provider_not_believed", "{signing:?}");
            }
            world.corp.turn(|corp| corp.signing = Signing::Rs256);
            signed_in(&world, &round_trip(&world, "corp").await);
        },
    )
    .await;
}

#[tokio::test]
async fn an_address_that_is_not_verified_links_nothing() {
    at_each_federated_site(
        |settings| settings.registration = Registration::Open,
        |world| async move {
            ada(&world).await;
            for value in [json!(false), json!("false"), json!(null), json!(1)] {
                world
                    .corp
                    .turn(|corp| corp.person["email_verified"] = value.clone());
                let answer = round_trip(&world, "corp").await;
                assert_eq!(error_of(&answer), "provider_email_not_verified", "{value}");
            }
            world
                .corp
                .turn(|corp| corp.person["email_verified"] = json!(true));
            // Asked from where the ID token leaves it out, and only about the same person.
            world.corp.turn(|corp| {
                corp.claims = |claims| claims["email"] = json!(null);
                corp.userinfo = |info| info["sub"] = json!("somebody else");
            });
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "provider_not_believed"
            );
            world
                .corp
                .turn(|corp| corp.userinfo = |info| info["email_verified"] = json!(false));
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "provider_email_not_verified"
            );
            world.corp.turn(|corp| corp.userinfo = |_| {});
            let person = signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(me(&person).await["user"]["email"], "ada@example.org");
        },
    )
    .await;
}

#[tokio::test]
async fn whoever_registered_first_with_somebody_elses_address_gets_nothing() {
    at_each_federated_site(
        |settings| settings.registration = Registration::Open,
        |world| async move {
            let stranger = world.site.visitor();
            let account = json!({"email": "ada@example.org", "name": "Eve", "password": PASSWORD});
            let made = stranger.post("/api/v1/auth/register", account).await;
            assert_eq!(made.status, StatusCode::ACCEPTED);
            let (_, token) = world.site.mail_to("ada@example.org").await.expect("a mail");
            let person = signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(
                me(&person).await["user"]["password_changed_at"],
                json!(null)
            );
            let answer = stranger.login("ada@example.org", PASSWORD).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "invalid_credentials")
            );
            let answer = stranger
                .post("/api/v1/auth/verify-email", json!({"token": token}))
                .await;
            assert_eq!(answer.code(), "invalid_token");
        },
    )
    .await;
}

#[tokio::test]
async fn accounts_are_made_as_registration_allows() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            let owner = world.site.owner().await;
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "registration_closed"
            );
            let invited = json!({"email": "ada@example.org", "role": "editor"});
            let invited = owner.post("/api/v1/invitations", invited).await;
            assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
            let person = signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(me(&person).await["user"]["name"], "Ada Lovelace");
            // The invitation is accepted without a password: the account is there.
            let (_, token) = world.site.mail_to("ada@example.org").await.expect("a mail");
            let path = "/api/v1/invitations/accept";
            let joined = world
                .site
                .visitor()
                .post(path, json!({"token": token}))
                .await;
            assert!(joined.status.is_success(), "{joined:?}");
            assert_eq!(me(&person).await["organizations"][0]["role"], "editor");
        },
    )
    .await;
    let change = |settings: &mut AccountsConfig| {
        let corp = settings.oidc.get_mut("corp").expect("configured");
        corp.registration = Some(Registration::Open);
        corp.domains = vec!["Example.org".to_owned()];
        let other = settings.oidc.get_mut("other").expect("configured");
        other.email_is_verified = true;
    };
    at_each_federated_site(change, |world| async move {
        world
            .corp
            .turn(|corp| corp.person["email"] = json!("ada@evil.test"));
        assert_eq!(
            error_of(&round_trip(&world, "corp").await),
            "domain_not_allowed"
        );
        world
            .corp
            .turn(|corp| corp.person["email"] = json!("ada@example.org"));
        let person = signed_in(&world, &round_trip(&world, "corp").await);
        let me_now = me(&person).await;
        assert_eq!(
            me_now["current"]["role"], "owner",
            "with an organization: {me_now}"
        );
        // A provider whose addresses the operator vouches for.
        world
            .other
            .turn(|other| other.person["email_verified"] = json!(null));
        let same = signed_in(&world, &round_trip(&world, "other").await);
        assert_eq!(me(&same).await["user"]["id"], me_now["user"]["id"]);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_linked_by_its_person_and_unlinked_again() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            let owner = world.site.owner().await;
            let path = "/api/v1/auth/oidc/corp/link";
            let body = json!({"password": PASSWORD, "return_to": "/profile"});
            let unproved = owner.post(path, json!({})).await;
            assert_eq!(
                (unproved.status, unproved.code()),
                (StatusCode::FORBIDDEN, "wrong_password")
            );
            let way = way(&owner.post(path, body.clone()).await);
            let back = world.corp.visit(&way.url).await;
            let linked = come_back(&world.site.visitor(), &way, &back).await;
            assert_eq!(location(&linked), "/profile");
            assert!(linked.cookie("nab_access").is_none(), "no new session");
            // Another address there, and still the same person here.
            let person = signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(me(&person).await["user"]["email"], "owner@example.org");
            // Somebody else cannot take it.
            let member = world.site.member(Role::Viewer, "m@example.org").await;
            let theirs = json!({"password": OTHER_PASSWORD, "return_to": "/profile"});
            let begun = member.post(path, theirs).await;
            let way = self::way(&begun);
            let back = world.corp.visit(&way.url).await;
            let taken = come_back(&world.site.visitor(), &way, &back).await;
            assert_eq!(location(&taken), "/profile?error=identity_taken");
            let list = owner.get("/api/v1/auth/identities").await.body;
            let id = list["data"][0]["id"].as_str().expect("an id");
            let path = format!("/api/v1/auth/identities/{id}");
            let foreign = member.send(Method::DELETE, &path, "").await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND);
            let gone = owner.send(Method::DELETE, &path, "").await;
            assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "registration_closed"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays() {
    at_each_federated_site(
        |settings| settings.registration = Registration::Open,
        |world| async move {
            let answer = round_trip(&world, "corp").await;
            let csrf = answer.cookie("nab_csrf").expect("a cookie").0;
            let person = signed_in(&world, &answer).with("x-nab-csrf", &csrf);
            let list = person.get("/api/v1/auth/identities").await.body;
            let id = list["data"][0]["id"].as_str().expect("an id");
            let path = format!("/api/v1/auth/identities/{id}");
            let kept = person.send(Method::DELETE, &path, "").await;
            assert_eq!(
                (kept.status, kept.code()),
                (StatusCode::CONFLICT, "last_login_method")
            );
            let set = json!({"new_password": PASSWORD});
            let set = person.post("/api/v1/auth/change-password", set).await;
            assert_eq!(set.status, StatusCode::NO_CONTENT, "{set:?}");
            let gone = person.send(Method::DELETE, &path, "").await;
            assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
        },
    )
    .await;
}
