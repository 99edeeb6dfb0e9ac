//! A provider on this machine: OpenID Connect with discovery, authorization code, PKCE, ID tokens and
//! userinfo, and GitHub's own way beside it. It refuses what a real one refuses, and lies on demand.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use store::{Clock as _, TestClock};

use crate::authenticator::RSA;

pub(crate) const CLIENT: &str = "nocode ai";
pub(crate) const SECRET: &str = "shared+secret/of:both";

/// How the next ID tokens are signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Signing {
    Rs256,
    Es256,
    /// Not at all, and says so.
    None,
    /// With the client's secret, which the provider's metadata does not offer.
    Hs256,
    /// By a key that is not in the set, under the name of one that is.
    Stranger,
}

/// What the provider does; tests turn it.
pub(crate) struct Behaviour {
    pub(crate) signing: Signing,
    /// Changes the claims of ID tokens.
    pub(crate) claims: fn(&mut Value),
    /// Changes what `/userinfo` says.
    pub(crate) userinfo: fn(&mut Value),
    /// Changes the discovery document.
    pub(crate) metadata: fn(&mut Value),
    /// The person at the provider.
    pub(crate) person: Value,
    /// Addresses of the person at GitHub.
    pub(crate) addresses: Value,
    /// What `iss` the answers name.
    pub(crate) names_issuer: Option<String>,
    /// The name of the keys in use.
    pub(crate) kid: &'static str,
    pub(crate) is_down: bool,
    /// The person says no.
    pub(crate) denies: bool,
}

struct Granted {
    redirect_uri: String,
    nonce: Value,
    challenge: String,
}

pub(crate) struct Shared {
    pub(crate) behaviour: Mutex<Behaviour>,
    /// How often each path was asked for.
    pub(crate) asked: Mutex<HashMap<String, usize>>,
    issuer: String,
    clock: TestClock,
    codes: Mutex<HashMap<String, Granted>>,
    tokens: Mutex<Vec<String>>,
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) shared: Arc<Shared>,
}

type Ask = State<Arc<Shared>>;
type Pairs = HashMap<String, String>;

impl Provider {
    pub(crate) async fn start(clock: TestClock) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address: SocketAddr = listener.local_addr().expect("bound");
        let issuer = format!("http://{address}");
        let rng = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let ec = EcdsaKeyPair::generate_pkcs8(algorithm, &rng).expect("random");
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(Behaviour {
                signing: Signing::Rs256,
                claims: |_| {},
                userinfo: |_| {},
                metadata: |_| {},
                person: json!({
                    "sub": "248289761001", "email": "ada@example.org", "email_verified": true,
                    "name": "Ada Lovelace",
                }),
                addresses: json!([]),
                names_issuer: Some(issuer.clone()),
                kid: "1",
                is_down: false,
                denies: false,
            }),
            asked: Mutex::default(),
            issuer: issuer.clone(),
            clock,
            codes: Mutex::default(),
            tokens: Mutex::default(),
            rsa: RsaKeyPair::from_pkcs8(RSA).expect("a key"),
            ec: EcdsaKeyPair::from_pkcs8(algorithm, ec.as_ref(), &rng).expect("a key"),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/jwks", get(jwks))
            .route("/userinfo", get(userinfo))
            .route("/login/oauth/authorize", get(authorize))
            .route("/login/oauth/access_token", post(github_token))
            .route("/api/v3/user", get(github_user))
            .route("/api/v3/user/emails", get(github_emails))
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&shared),
                counted,
            ))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { issuer, shared }
    }

    pub(crate) fn turn(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour.lock());
    }

    pub(crate) fn asked(&self, path: &str) -> usize {
        self.shared
            .asked
            .lock()
            .get(path)
            .copied()
            .unwrap_or_default()
    }

    /// A browser opens the provider's page and the person there agrees; where it is sent back to.
    pub(crate) async fn visit(&self, url: &str) -> String {
        let client = outbound::Client::trusted(&outbound::Settings::default());
        let request =
            axum::http::Request::get(url).body(outbound::OutBody::full(bytes::Bytes::new()));
        let response = client
            .send(request.expect("a request"))
            .await
            .expect("an answer");
        assert_eq!(response.status(), StatusCode::FOUND, "{url}");
        response.headers()[LOCATION]
            .to_str()
            .expect("text")
            .to_owned()
    }
}

async fn counted(
    State(shared): Ask,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    *shared
        .asked
        .lock()
        .entry(request.uri().path().to_owned())
        .or_default() += 1;
    if shared.behaviour.lock().is_down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    next.run(request).await
}

async fn metadata(State(shared): Ask) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", shared.issuer);
    let mut document = json!({
        "issuer": shared.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "userinfo_endpoint": at("/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    });
    (shared.behaviour.lock().metadata)(&mut document);
    Json(document)
}

/// RFC 6749 §4.1.1, RFC 7636 §4.3. The person agrees, or says no.
async fn authorize(State(shared): Ask, Query(query): Query<Pairs>) -> Response {
    let given = |name: &str| query.get(name).cloned().unwrap_or_default();
    let redirect_uri = given("redirect_uri");
    let registered = redirect_uri.starts_with("https://ai.test/api/v1/auth/oidc/")
        && redirect_uri.ends_with("/callback");
    let scopes = given("scope");
    let fits = given("client_id") == CLIENT
        && registered
        && given("response_type") == "code"
        && (scopes.split(' ').any(|scope| scope == "openid") || scopes.contains("user:email"))
        && given("code_challenge_method") == "S256"
        && given("code_challenge").len() == 43
        && given("state").len() >= 43;
    if !fits {
        return (StatusCode::BAD_REQUEST, format!("{query:?}")).into_response();
    }
    let (denies, names_issuer) = {
        let behaviour = shared.behaviour.lock();
        (behaviour.denies, behaviour.names_issuer.clone())
    };
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("state", &given("state"));
    if let Some(issuer) = names_issuer {
        answer.append_pair("iss", &issuer);
    }
    if denies {
        answer.append_pair("error", "access_denied");
    } else {
        let code = uuid::Uuid::new_v4().to_string();
        answer.append_pair("code", &code);
        let granted = Granted {
            redirect_uri: redirect_uri.clone(),
            nonce: query.get("nonce").map_or(Value::Null, |nonce| json!(nonce)),
            challenge: given("code_challenge"),
        };
        shared.codes.lock().insert(code, granted);
    }
    let to = format!("{redirect_uri}?{}", answer.finish());
    (StatusCode::FOUND, [(LOCATION, to)]).into_response()
}

/// A code works once, where it was meant to go, for who began (RFC 6749 §4.1.3, RFC 7636 §4.6).
fn redeem(shared: &Shared, form: &Pairs) -> Option<(Granted, String)> {
    let granted = shared.codes.lock().remove(form.get("code")?)?;
    let verifier = digest(&SHA256, form.get("code_verifier")?.as_bytes());
    let fits = form.get("redirect_uri")? == &granted.redirect_uri
        && URL_SAFE_NO_PAD.encode(verifier) == granted.challenge;
    let token = uuid::Uuid::new_v4().to_string();
    shared.tokens.lock().push(token.clone());
    fits.then_some((granted, token))
}

fn fields(body: &str) -> Pairs {
    form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

async fn token(State(shared): Ask, headers: HeaderMap, body: String) -> Response {
    let form = fields(&body);
    let refused =
        |status: StatusCode, error: &str| (status, Json(json!({"error": error}))).into_response();
    let encode =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let basic = STANDARD.encode(format!("{}:{}", encode(CLIENT), encode(SECRET)));
    let by_header = headers
        .get(AUTHORIZATION)
        .is_some_and(|v| *v == format!("Basic {basic}"));
    let by_form = form.get("client_id").is_some_and(|id| id == CLIENT)
        && form
            .get("client_secret")
            .is_some_and(|secret| secret == SECRET);
    let wants_form = {
        let mut document = json!({});
        (shared.behaviour.lock().metadata)(&mut document);
        document["token_endpoint_auth_methods_supported"] == json!(["client_secret_post"])
    };
    if !(if wants_form { by_form } else { by_header }) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    if form
        .get("grant_type")
        .is_none_or(|grant| grant != "authorization_code")
    {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let Some((granted, access_token)) = redeem(&shared, &form) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let answer = json!({
        "token_type": "Bearer", "expires_in": 300, "access_token": access_token,
        "id_token": shared.id_token(&granted.nonce),
    });
    Json(answer).into_response()
}

async fn jwks(State(shared): Ask) -> Json<Value> {
    let kid = shared.behaviour.lock().kid;
    let public = PublicKeyComponents::<Vec<u8>>::from(shared.rsa.public());
    let point = shared.ec.public_key().as_ref();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Json(json!({"keys": [
        {"kty": "oct", "kid": "not for us", "k": "AAAA"},
        {"kty": "RSA", "kid": format!("rsa-{kid}"), "use": "sig", "alg": "RS256",
            "n": text(&public.n), "e": text(&public.e)},
        {"kty": "EC", "kid": format!("ec-{kid}"), "use": "sig", "crv": "P-256",
            "x": text(&point[1..33]), "y": text(&point[33..])},
    ]}))
}

fn bearer_is_known(shared: &Shared, headers: &HeaderMap) -> bool {
    let value = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer "));
    token.is_some_and(|token| shared.tokens.lock().iter().any(|known| known == token))
}

async fn userinfo(State(shared): Ask, headers: HeaderMap) -> Response {
    if !bearer_is_known(&shared, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let behaviour = shared.behaviour.lock();
    let mut info = behaviour.person.clone();
    (behaviour.userinfo)(&mut info);
    Json(info).into_response()
}

impl Shared {
    fn id_token(&self, nonce: &Value) -> String {
        let behaviour = self.behaviour.lock();
        let now = self.clock.now().0 / 1_000_000;
        let mut claims = behaviour.person.clone();
        for (name, value) in [
            ("iss", json!(self.issuer)),
            ("aud", json!(CLIENT)),
            ("iat", json!(now)),
            ("exp", json!(now + 300)),
            ("nonce", nonce.clone()),
        ] {
            claims[name] = value;
        }
        (behaviour.claims)(&mut claims);
        let kid = behaviour.kid;
        let (algorithm, kid) = match behaviour.signing {
            Signing::Rs256 | Signing::Stranger => ("RS256", format!("rsa-{kid}")),
            Signing::Es256 => ("ES256", format!("ec-{kid}")),
            Signing::None => ("none", String::new()),
            Signing::Hs256 => ("HS256", "not for us".to_owned()),
        };
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": kid});
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", text(&header), text(&claims));
        let message = signed.as_bytes();
        let rng = SystemRandom::new();
        let signature = match behaviour.signing {
            Signing::Rs256 => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                let key = &self.rsa;
                key.sign(&RSA_PKCS1_SHA256, &rng, message, &mut signature)
                    .expect("signs");
                signature
            }
            Signing::Es256 => self
                .ec
                .sign(&rng, message)
                .expect("signs")
                .as_ref()
                .to_vec(),
            Signing::None => Vec::new(),
            Signing::Hs256 => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                ring::hmac::sign(&key, message).as_ref().to_vec()
            }
            Signing::Stranger => vec![7; self.rsa.public().modulus_len()],
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// GitHub answers refusals with 200, and forms unless JSON is asked for.
async fn github_token(State(shared): Ask, headers: HeaderMap, body: String) -> Response {
    let form = fields(&body);
    let wants_json = headers
        .get("accept")
        .is_some_and(|v| v == "application/json");
    let known = form.get("client_id").is_some_and(|id| id == CLIENT)
        && form
            .get("client_secret")
            .is_some_and(|secret| secret == SECRET);
    if !wants_json {
        return "access_token=form".into_response();
    }
    let granted = known.then(|| redeem(&shared, &form)).flatten();
    let answer = match granted {
        Some((_, token)) => {
            json!({"access_token": token, "token_type": "bearer", "scope": "user:email"})
        }
        None => json!({"error": "bad_verification_code", "error_description": "expired"}),
    };
    Json(answer).into_response()
}

fn github(shared: &Shared, headers: &HeaderMap, answer: fn(&Behaviour) -> Value) -> Response {
    // GitHub answers 403 to programs without a name.
    if !headers.contains_key("user-agent") {
        return StatusCode::FORBIDDEN.into_response();
    }
    if !bearer_is_known(shared, headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(answer(&shared.behaviour.lock())).into_response()
}

async fn github_user(State(shared): Ask, headers: HeaderMap) -> Response {
    github(
        &shared,
        &headers,
        |_| json!({"login": "ada", "id": 583_231, "name": null, "email": "public@example.org"}),
    )
}

async fn github_emails(State(shared): Ask, headers: HeaderMap) -> Response {
    github(&shared, &headers, |behaviour| behaviour.addresses.clone())
}

/// Longer than documents and keys are remembered.
pub(crate) const FORGOTTEN: Duration = Duration::from_secs(3_601);
