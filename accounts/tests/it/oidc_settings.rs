use std::time::Duration;

use accounts::{AccountsConfig, ProviderConfig, ProviderKind, Registration, Secret};
use axum::http::StatusCode;
use serde_json::{Value, json};
use store::TestClock;
use store::testing::for_each_db;

use crate::oidc_provider::FORGOTTEN;
use crate::oidc_site::*;
use crate::site::{OTHER_PASSWORD, at_each_site};

#[tokio::test]
async fn a_second_factor_is_asked_for_after_the_provider_too() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            let person = ada(&world).await;
            crate::totp::enrol(&world.site, &person, OTHER_PASSWORD).await;
            let answer = round_trip(&world, "corp").await;
            assert!(answer.cookie("nab_access").is_none(), "{answer:?}");
            let to = location(&answer);
            let fragment = to.strip_prefix("/login#").expect("the login page");
            let pairs: std::collections::HashMap<_, _> =
                form_urlencoded::parse(fragment.as_bytes())
                    .into_owned()
                    .collect();
            assert_eq!(pairs["methods"], "totp,recovery_code");
            assert_eq!(pairs["return_to"], "/keys");
            let token = Secret::new(pairs["mfa_token"].clone());
            let purpose = accounts::TokenPurpose::SecondFactor;
            let stored = world
                .site
                .accounts
                .read_token(purpose, &token)
                .await
                .expect("good");
            assert_eq!(stored.data.0["first_step"], "provider");
        },
    )
    .await;
}

#[tokio::test]
async fn new_keys_are_found_and_made_up_ones_do_not_press_the_provider() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            ada(&world).await;
            signed_in(&world, &round_trip(&world, "corp").await);
            world.corp.turn(|corp| corp.kid = "2");
            // Just asked: a token with another key does not make us ask again at once.
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "provider_not_believed"
            );
            assert_eq!(world.corp.asked("/jwks"), 1);
            world.site.clock.advance(Duration::from_secs(60));
            signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(world.corp.asked("/jwks"), 2);
            world.site.clock.advance(FORGOTTEN);
            signed_in(&world, &round_trip(&world, "corp").await);
            assert_eq!(world.corp.asked("/jwks"), 3);
            assert_eq!(world.corp.asked("/.well-known/openid-configuration"), 2);
        },
    )
    .await;
}

#[tokio::test]
async fn what_a_provider_says_about_itself_is_checked() {
    at_each_federated_site(
        |_| {},
        |world| async move {
            let visitor = world.site.visitor();
            let start = async || visitor.get("/api/v1/auth/oidc/corp/start").await;
            let lies: [fn(&mut Value); 3] = [
                |document| document["issuer"] = json!("https://accounts.google.com"),
                |document| document["token_endpoint"] = json!("http://evil.test/token"),
                |document| document["jwks_uri"] = json!(null),
            ];
            for lie in lies {
                world.corp.turn(|corp| corp.metadata = lie);
                assert_eq!(error_of(&start().await), "provider_unavailable");
            }
            world.corp.turn(|corp| corp.is_down = true);
            assert_eq!(error_of(&start().await), "provider_unavailable");
            world.corp.turn(|corp| {
                corp.is_down = false;
                corp.metadata = |document| {
                    let methods = json!(["client_secret_post"]);
                    document["token_endpoint_auth_methods_supported"] = methods;
                };
            });
            ada(&world).await;
            signed_in(&world, &round_trip(&world, "corp").await);
            // Down later: what is known goes on for a day.
            world.site.clock.advance(FORGOTTEN);
            world.corp.turn(|corp| corp.is_down = true);
            assert_eq!(start().await.status, StatusCode::SEE_OTHER);
            assert!(location(&start().await).starts_with(&world.corp.issuer));
            world.site.clock.advance(Duration::from_secs(86_400));
            assert_eq!(error_of(&start().await), "provider_unavailable");
            world
                .corp
                .turn(|corp| (corp.is_down, corp.denies) = (false, true));
            assert_eq!(
                error_of(&round_trip(&world, "corp").await),
                "provider_refused"
            );
        },
    )
    .await;
}

#[tokio::test]
async fn github_signs_in_by_its_number_and_a_verified_address() {
    at_each_federated_site(|_| {}, |world| async move {
        ada(&world).await;
        world.corp.turn(|corp| corp.names_issuer = None);
        let address = |email: &str, primary: bool, verified: bool| {
            json!({"email": email, "primary": primary, "verified": verified, "visibility": null})
        };
        world.corp.turn(|corp| {
            corp.addresses = json!([address("ada@example.org", true, false)]);
        });
        assert_eq!(error_of(&round_trip(&world, "github").await), "provider_email_not_verified");
        world.corp.turn(|corp| {
            corp.addresses = json!([
                address("old@example.org", false, true), address("ada@example.org", true, true),
            ]);
        });
        let person = signed_in(&world, &round_trip(&world, "github").await);
        assert_eq!(me(&person).await["user"]["email"], "ada@example.org");
        let list = person.get("/api/v1/auth/identities").await.body;
        assert_eq!(list["data"][0]["subject"], "583231");
        assert_eq!(list["data"][0]["provider"], "github");
        world.corp.turn(|corp| corp.addresses = json!([]));
        signed_in(&world, &round_trip(&world, "github").await);
    })
    .await;
}

#[tokio::test]
async fn without_providers_there_are_none() {
    at_each_site(Registration::Open, |site| async move {
        let answer = site.visitor().get("/api/v1/auth/providers").await;
        assert_eq!(answer.body, json!({"data": []}));
        let start = site.visitor().get("/api/v1/auth/oidc/google/start").await;
        assert_eq!(start.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_the_start() {
    for_each_db(|db| async move {
        let wrong: [(&str, Change<ProviderConfig>, &str); 5] = [
            (
                "corp",
                |c| c.issuer = None,
                "`auth.oidc.corp.issuer` is missing",
            ),
            (
                "corp",
                |c| c.issuer = Some("http://id.test".to_owned()),
                "is no https address",
            ),
            (
                "corp",
                |c| c.client_id = String::new(),
                "`auth.oidc.corp.client_id` is empty",
            ),
            (
                "corp",
                |c| c.scopes = Some(vec!["email".to_owned()]),
                "must hold `openid`",
            ),
            ("Corp Inc", |_| {}, "a provider's name"),
        ];
        for (name, change, wanted) in wrong {
            let dir = store::testing::TempDir::new();
            let mut provider = config("https://id.test", ProviderKind::Oidc);
            change(&mut provider);
            let settings = AccountsConfig {
                data_dir: dir.path().to_owned(),
                oidc: [(name.to_owned(), provider)].into(),
                ..AccountsConfig::default()
            };
            let clock = std::sync::Arc::new(TestClock::default());
            let opened = accounts::Accounts::open(db.clone(), clock, &settings).await;
            let error = opened.expect_err("refused").to_string();
            assert!(error.contains(wanted), "{error}");
        }
    })
    .await;
}
