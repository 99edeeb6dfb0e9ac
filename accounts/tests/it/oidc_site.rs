//! A site whose people may sign in by other providers.

use accounts::{AccountsConfig, ProviderConfig, ProviderKind, Role, Secret};
use axum::http::StatusCode;
use serde_json::Value;
use store::TestClock;
use store::testing::for_each_db;

use crate::oidc_provider::{CLIENT, Provider, SECRET};
use crate::site::{Answer, Site, Visitor};

pub(crate) fn config(issuer: &str, kind: ProviderKind) -> ProviderConfig {
    ProviderConfig {
        kind: Some(kind),
        title: None,
        issuer: Some(issuer.to_owned()),
        client_id: CLIENT.to_owned(),
        client_secret: Some(Secret::new(SECRET)),
        scopes: None,
        domains: Vec::new(),
        registration: None,
        email_is_verified: false,
    }
}

/// A site with the providers `corp` (OpenID Connect), `other` (another one) and `github`.
pub(crate) struct Federated {
    pub(crate) site: Site,
    pub(crate) corp: Provider,
    pub(crate) other: Provider,
}

/// Makes one thing wrong.
pub(crate) type Change<T> = fn(&mut T);

pub(crate) async fn at_each_federated_site<T: Future<Output = ()>>(
    change: impl Fn(&mut AccountsConfig),
    test: impl Fn(Federated) -> T,
) {
    for_each_db(|db| async {
        let clock = TestClock::default();
        let corp = Provider::start(clock.clone()).await;
        let other = Provider::start(clock.clone()).await;
        let configured = |settings: &mut AccountsConfig| {
            settings.public_url = Some("https://ai.test".to_owned());
            settings.oidc = [
                ("corp".to_owned(), config(&corp.issuer, ProviderKind::Oidc)),
                (
                    "other".to_owned(),
                    config(&other.issuer, ProviderKind::Oidc),
                ),
                (
                    "github".to_owned(),
                    config(&corp.issuer, ProviderKind::GitHub),
                ),
            ]
            .into();
            change(settings);
        };
        let site = Site::at(db, clock, configured).await;
        test(Federated { site, corp, other }).await;
    })
    .await;
}

/// A browser on its way to a provider.
pub(crate) struct Way {
    pub(crate) url: String,
    pub(crate) browser: String,
}

pub(crate) async fn start(visitor: &Visitor, provider: &str) -> Way {
    let path = format!("/api/v1/auth/oidc/{provider}/start?return_to=/keys");
    way(&visitor.get(&path).await)
}

pub(crate) fn way(answer: &Answer) -> Way {
    let (browser, attributes) = answer.cookie("nab_oidc").expect("a cookie");
    for wanted in [
        "SameSite=Lax",
        "HttpOnly",
        "Secure",
        "Path=/api/v1/auth/oidc;",
    ] {
        assert!(attributes.contains(wanted), "{attributes}");
    }
    let url = match answer.status {
        StatusCode::SEE_OTHER => location(answer),
        _ => answer.body["url"].as_str().expect("a way").to_owned(),
    };
    Way { url, browser }
}

pub(crate) fn location(answer: &Answer) -> String {
    let location = answer.headers.get("location");
    let location = location.unwrap_or_else(|| panic!("sent on: {answer:?}"));
    location.to_str().expect("text").to_owned()
}

/// The browser comes back from the provider.
pub(crate) async fn come_back(visitor: &Visitor, way: &Way, url: &str) -> Answer {
    let path = url.strip_prefix("https://ai.test").expect("back to us");
    let cookie = format!("nab_oidc={}", way.browser);
    visitor.clone().with("cookie", &cookie).get(path).await
}

pub(crate) async fn round_trip(world: &Federated, provider: &str) -> Answer {
    let visitor = world.site.visitor();
    let way = start(&visitor, provider).await;
    let at = if provider == "other" {
        &world.other
    } else {
        &world.corp
    };
    come_back(&visitor, &way, &at.visit(&way.url).await).await
}

/// The word on the page of somebody who was not let in.
pub(crate) fn error_of(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert!(
        answer.cookie("nab_access").is_none(),
        "no session: {answer:?}"
    );
    let to = location(answer);
    to.split_once("error=")
        .map(|(_, code)| code.to_owned())
        .unwrap_or(to)
}

pub(crate) fn signed_in(world: &Federated, answer: &Answer) -> Visitor {
    assert_eq!(location(answer), "/keys", "{answer:?}");
    world.site.visitor().with_cookies(answer)
}

/// Makes an account with a confirmed address and a password.
pub(crate) async fn ada(world: &Federated) -> Visitor {
    world.site.set_up().await;
    world.site.member(Role::Editor, "ada@example.org").await
}

pub(crate) async fn me(person: &Visitor) -> Value {
    let answer = person.get("/api/v1/auth/me").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body
}
