//! Getting a file from an address, redirects followed.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, LOCATION, USER_AGENT};
use http::{Request, Response, StatusCode, Uri};
use outbound::{Client, InBody, OutBody};

use crate::{Error, ErrorKind, Result};

/// Redirects that are followed; each hop is judged by the client's guard.
const MOST_HOPS: usize = 5;
const HEAD: Duration = Duration::from_secs(30);
const LONGEST: usize = 2048;

/// Whether an address may be fetched at all.
///
/// # Errors
/// `Invalid`, saying what is wrong with it.
pub(crate) fn check(url: &str) -> Result<Uri> {
    let wrong = |why: &str| Err(Error::invalid(format!("`url` {why}")));
    if url.len() > LONGEST {
        return wrong("may have 2048 letters at most");
    }
    let Ok(uri) = url.parse::<Uri>() else {
        return wrong("is no address");
    };
    let scheme = uri.scheme_str().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || uri.host().unwrap_or_default().is_empty() {
        return wrong("must begin with `https://` or `http://` and name a host");
    }
    if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
        return wrong("must hold no user name or password");
    }
    Ok(uri)
}

/// Sends a GET and follows redirects until there is an answer of success.
///
/// # Errors
/// `Invalid` with what the address answered, `Unavailable` when it did not or may be asked again.
pub(crate) async fn get(client: &Client, mut uri: Uri) -> Result<Response<InBody>> {
    for _ in 0..=MOST_HOPS {
        let response = ask(client, &uri).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|v| v.to_str().ok());
        match location {
            Some(location) if status.is_redirection() => {
                uri = check(&join(&uri, location))?;
            }
            _ => return Err(refusal(&uri, status)),
        }
    }
    Err(Error::invalid(format!(
        "the address leads on more than {MOST_HOPS} times"
    )))
}

async fn ask(client: &Client, uri: &Uri) -> Result<Response<InBody>> {
    let request = Request::get(uri)
        .header(USER_AGENT, "nocode-ai")
        .header(ACCEPT, "*/*")
        .body(OutBody::full(Bytes::new()))
        .map_err(|error| Error::invalid(format!("`url`: {error}")))?;
    let sent = tokio::time::timeout(HEAD, client.send(request)).await;
    let sent = sent.map_err(|_| late(&uri.to_string()))?;
    sent.map_err(|error| {
        let kind = match error.kind {
            outbound::ErrorKind::Refused => ErrorKind::Invalid,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, format!("the address cannot be reached: {error}"))
    })
}

/// What took too long.
pub(crate) fn late(url: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("{url} takes too long"))
}

fn refusal(uri: &Uri, status: StatusCode) -> Error {
    let kind = match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        true => ErrorKind::Unavailable,
        false => ErrorKind::Invalid,
    };
    Error::new(kind, format!("{uri} answered {status}"))
}

/// Where a redirect leads.
fn join(from: &Uri, location: &str) -> String {
    let scheme = from.scheme_str().unwrap_or("https");
    let host = from.authority().map_or("", http::uri::Authority::as_str);
    if location.contains("://") {
        return location.to_owned();
    }
    if let Some(rest) = location.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    if location.starts_with('/') {
        return format!("{scheme}://{host}{location}");
    }
    let folder = from.path().rfind('/').map_or("/", |at| &from.path()[..=at]);
    format!("{scheme}://{host}{folder}{location}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_where_browsers_go() {
        let from: Uri = "https://a.example/b/c?d=1".parse().expect("an address");
        for (location, wanted) in [
            ("https://x.example/y", "https://x.example/y"),
            ("//x.example/y", "https://x.example/y"),
            ("/y", "https://a.example/y"),
            ("y?z=2", "https://a.example/b/y?z=2"),
        ] {
            assert_eq!(join(&from, location), wanted);
        }
    }

    #[test]
    fn only_plain_web_addresses_are_fetched() {
        for url in [
            "file:///etc/passwd",
            "ftp://x/y",
            "/x",
            "https://u:p@x/",
            "x",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
        assert!(check("http://example.org/a.pdf").is_ok());
    }
}
