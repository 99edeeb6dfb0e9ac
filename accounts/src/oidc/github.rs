//! GitHub speaks OAuth 2.0 without ID tokens: who came back is asked with the access token, which is
//! used for that and forgotten.
//! <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps> and
//! <https://docs.github.com/en/rest/users> (read 2026-11-22).

use outbound::Client;
use serde::Deserialize;

use super::fetch::{self, Credentials};
use super::provider::{Exchange, Provider};
use super::{Profile, not_believed, unreachable};
use crate::{Result, Secret};

/// GitHub answers 200 also when it refuses.
#[derive(Deserialize)]
#[serde(untagged)]
enum Granted {
    Token { access_token: Secret },
    Refused { error: String },
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

pub(super) fn authorize_at(server: &str) -> String {
    format!("{}/login/oauth/authorize", server.trim_end_matches('/'))
}

/// The address of the API: GitHub's own, or that of a company's server.
fn api_at(server: &str) -> String {
    match server.trim_end_matches('/') {
        "https://github.com" => "https://api.github.com".to_owned(),
        server => format!("{server}/api/v3"),
    }
}

pub(super) async fn profile(
    provider: &Provider,
    client: &Client,
    asked: &Exchange<'_>,
) -> Result<Profile> {
    let server = provider.issuer.trim_end_matches('/');
    let secret = provider.client_secret.as_ref().map_or("", Secret::expose);
    let form = [
        ("client_id", provider.client_id.as_str()),
        ("client_secret", secret),
        ("code", asked.code.expose()),
        ("redirect_uri", asked.redirect_uri),
        ("code_verifier", asked.verifier.expose()),
    ];
    let url = format!("{server}/login/oauth/access_token");
    let answer = fetch::post(client, &url, Credentials::None, &form).await?;
    let token = match answer.successful("the token endpoint")? {
        Granted::Token { access_token } => access_token,
        Granted::Refused { error } => {
            return Err(not_believed(format!("the code was refused ({error})")));
        }
    };
    let api = api_at(server);
    let who = || Credentials::Bearer(&token);
    let user: User = fetch::get(client, &format!("{api}/user"), who())
        .await?
        .successful("the user's data")?;
    if user.id == 0 {
        return Err(unreachable("it names nobody"));
    }
    let addresses: Vec<Address> = fetch::get(client, &format!("{api}/user/emails"), who())
        .await?
        .successful("the user's addresses")?;
    let verified = || addresses.iter().filter(|address| address.verified);
    let email = verified()
        .find(|address| address.primary)
        .or_else(|| verified().next());
    Ok(Profile {
        issuer: provider.issuer.clone(),
        // The name can be changed and taken by another person; the number cannot.
        subject: user.id.to_string(),
        email_is_verified: email.is_some(),
        email: email.map(|address| address.email.clone()),
        name: user
            .name
            .filter(|name| !name.is_empty())
            .or(Some(user.login)),
    })
}
