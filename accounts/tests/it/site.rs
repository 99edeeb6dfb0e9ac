//! A server's `/api/v1` with people in front of it.

use std::net::IpAddr;
use std::sync::Arc;

use accounts::http::{PeerAddress, router};
use accounts::{Accounts, AccountsConfig, PageRequest, Registration};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use store::testing::{TempDir, for_each_db, second_handle};
use store::{Db, TestClock};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "lupine-orbit-mackerel-41";
pub(crate) const OTHER_PASSWORD: &str = "granite-teapot-voyage-77";

/// An instance after its first start, and what it is made of.
pub(crate) struct Site {
    pub(crate) accounts: Accounts,
    pub(crate) clock: TestClock,
    pub(crate) db: Db,
    pub(crate) config: AccountsConfig,
    _dir: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The value and the attributes of a cookie that the answer sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<(String, String)> {
        let lines = self.headers.get_all("set-cookie").iter();
        lines
            .filter_map(|line| line.to_str().ok())
            .find_map(|line| {
                let (value, attributes) =
                    line.strip_prefix(&format!("{name}="))?.split_once(';')?;
                Some((value.to_owned(), attributes.to_owned()))
            })
    }
}

/// Somebody with a client.
#[derive(Clone)]
pub(crate) struct Visitor {
    app: Router,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) address: IpAddr,
    pub(crate) host: String,
}

impl Site {
    /// With other settings, by this clock.
    pub(crate) async fn at(
        db: Db,
        clock: TestClock,
        change: impl FnOnce(&mut AccountsConfig),
    ) -> Self {
        let dir = TempDir::new();
        let mut config = AccountsConfig {
            data_dir: dir.path().to_owned(),
            ..AccountsConfig::default()
        };
        change(&mut config);
        let accounts = Accounts::open(db.clone(), Arc::new(clock.clone()), &config).await;
        let accounts = accounts.expect("opens");
        accounts.first_start().await.expect("started");
        Self {
            accounts,
            clock,
            db,
            config,
            _dir: dir,
        }
    }

    /// Another process on the same database and data directory.
    pub(crate) async fn other_process(&self) -> Accounts {
        let db = second_handle(&self.db).await;
        let opened = Accounts::open(db, Arc::new(self.clock.clone()), &self.config).await;
        opened.expect("opens")
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::of(&self.accounts)
    }

    /// The owner's answer from the setup, by bearer.
    pub(crate) async fn set_up(&self) -> Answer {
        let token = self.accounts.setup_token().await.expect("made");
        let token = token.expect("there is no owner yet");
        let body = json!({
            "token": token.expose(), "email": "owner@example.org", "name": "Olga Owner",
            "password": PASSWORD, "organization": "Acme",
        });
        let answer = self.visitor().post("/api/v1/setup", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer
    }

    /// The owner, signed in.
    pub(crate) async fn owner(&self) -> Visitor {
        let answer = self.set_up().await;
        self.visitor().with_token(&answer)
    }

    /// A member of the default organization with this role, who can sign in.
    pub(crate) async fn member(&self, role: accounts::Role, email: &str) -> Visitor {
        let org = self.accounts.default_organization().await.expect("there");
        let actor = accounts::Actor::system(org.id);
        let added = self.accounts.add_member(&actor, email, "Mia", role).await;
        added.expect("added");
        let link = self.accounts.make_reset_link(email).await.expect("made");
        let token = token_in(link.expose());
        let visitor = self.visitor();
        let body = json!({"token": token, "password": OTHER_PASSWORD});
        let reset = visitor.post("/api/v1/auth/reset-password", body).await;
        assert_eq!(reset.status, StatusCode::NO_CONTENT, "{:?}", reset.body);
        let answer = visitor.login(email, OTHER_PASSWORD).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        visitor.with_token(&answer)
    }

    /// The secret part of the link in the newest mail to somebody, and what kind of mail it is.
    pub(crate) async fn mail_to(&self, recipient: &str) -> Option<(String, String)> {
        let mails = self.accounts.list_outbox(PageRequest::first()).await;
        let mails = mails.expect("listed").data;
        let mail = mails.into_iter().find(|mail| mail.recipient == recipient)?;
        let link = mail.link.expect("not sent yet");
        Some((mail.kind, token_in(&link)))
    }
}

pub(crate) fn token_in(link: &str) -> String {
    let token = link.split_once("token=").map(|(_, token)| token);
    token.unwrap_or_default().to_owned()
}

/// Runs `test` on a fresh instance on each database.
pub(crate) async fn at_each_site<T: Future<Output = ()>>(
    registration: Registration,
    test: impl Fn(Site) -> T,
) {
    at_each_configured_site(|config| config.registration = registration, test).await;
}

/// The same with other settings.
pub(crate) async fn at_each_configured_site<T: Future<Output = ()>>(
    change: impl Fn(&mut AccountsConfig),
    test: impl Fn(Site) -> T,
) {
    for_each_db(|db| async { test(Site::at(db, TestClock::default(), &change).await).await }).await;
}

impl Visitor {
    pub(crate) fn of(accounts: &Accounts) -> Self {
        Self {
            app: router(accounts.clone()).into(),
            headers: Vec::new(),
            address: [192, 0, 2, 1].into(),
            host: "ai.test".to_owned(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same client at another place.
    pub(crate) fn at(mut self, address: &str) -> Self {
        self.address = address.parse().expect("an address");
        self
    }

    /// With the access token of a bearer answer.
    pub(crate) fn with_token(self, answer: &Answer) -> Self {
        let token = answer.body["access_token"].as_str().expect("a token");
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// With the cookies of an answer, as a browser sends them.
    pub(crate) fn with_cookies(self, answer: &Answer) -> Self {
        let value = |name| answer.cookie(name).expect("a cookie").0;
        let line = format!(
            "nab_access={}; nab_csrf={}; nab_refresh={}",
            value("nab_access"),
            value("nab_csrf"),
            value("nab_refresh")
        );
        self.with("cookie", &line)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.extension(PeerAddress(self.address));
        let request = request.body(body.into()).expect("valid");
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("whole");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body.to_string()).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        self.post("/api/v1/auth/login", body).await
    }

    pub(crate) async fn login_in_browser(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password, "transport": "cookie"});
        self.post("/api/v1/auth/login", body).await
    }
}
