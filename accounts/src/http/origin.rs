//! Which pages may send requests with cookies: those of this server.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::Accounts;

impl Accounts {
    /// Whether a request comes from a page of this server, or from no page at all. Browsers name the
    /// page's origin with each request that changes something.
    pub fn is_our_page(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let Some(authority) = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .map(|(_, authority)| authority)
        else {
            return false;
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let public = self.inner.public_url.as_deref();
        let public = public.and_then(|url| url.split_once("://"));
        [host, public.map(|(_, authority)| authority)]
            .into_iter()
            .flatten()
            .any(|ours| ours.eq_ignore_ascii_case(authority))
    }
}
