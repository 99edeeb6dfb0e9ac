//! A bucket of an S3-compatible service: `ListObjectsV2` and `GetObject`, signed by ourselves.

mod answer;
mod sign;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, USER_AGENT};
use http::{Response, StatusCode, Uri};
use http_body_util::{BodyExt, BodyStream};
use outbound::{InBody, OutBody};
use store::{Micros, SharedClock};

use super::{BucketLocation, Entry, Globs, Listed, Opened};
use crate::{Error, ErrorKind, Result};

pub(crate) use sign::Keys;
use sign::{EMPTY_HASH, Request, encoded};

/// Longest page of a list; a thousand keys of a thousand bytes have room.
const MOST_LIST_BYTES: usize = 16 << 20;
const MOST_REFUSAL_BYTES: usize = 64 << 10;
/// Keys on a page.
const PAGE_KEYS: usize = 1000;
/// Tries of a file whose service is busy, and the first pause; it doubles.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(400);

/// A bucket and who reads it.
pub(crate) struct Bucket {
    pub(crate) client: outbound::Client,
    pub(crate) clock: SharedClock,
    pub(crate) location: BucketLocation,
    pub(crate) keys: Option<Keys>,
    /// Longest silence.
    pub(crate) idle: Duration,
}

/// An address of the service, as it is signed and sent.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Bucket {
    /// A page of the list, from where another one ended.
    ///
    /// # Errors
    /// `Invalid` with what the service refused, `Unavailable` where it did not answer.
    pub(crate) async fn list(&self, globs: &Globs, after: Option<&str>) -> Result<Listed> {
        let keys = PAGE_KEYS.to_string();
        let mut query = vec![
            ("encoding-type", "url"),
            ("list-type", "2"),
            ("max-keys", &keys),
            ("prefix", &self.location.prefix),
        ];
        query.extend(after.map(|after| ("continuation-token", after)));
        let response = self.send(&self.target("", query)?).await?;
        if response.status() != StatusCode::OK {
            return Err(self.refused(response).await);
        }
        let body = self.whole(response.into_body(), MOST_LIST_BYTES).await?;
        let page = answer::page(&body).map_err(|why| {
            Error::invalid(format!(
                "{} does not speak S3: the list of the bucket cannot be read: {why}",
                self.location.endpoint()
            ))
        })?;
        let mut listed = Listed::default();
        for object in page.objects {
            self.take(&mut listed, globs, object);
        }
        listed.next = page.next.filter(|_| page.truncated);
        if page.truncated && (listed.next.is_none() || listed.next.as_deref() == after) {
            return Err(Error::invalid(
                "the service's list ends early: it gives no token to go on with",
            ));
        }
        Ok(listed)
    }

    fn take(&self, listed: &mut Listed, globs: &Globs, object: answer::Object) {
        let Some(path) = object.key.strip_prefix(&self.location.prefix) else {
            return;
        };
        // Consoles make empty objects that stand for folders.
        if path.is_empty() || path.ends_with('/') || !globs.take(path) {
            return;
        }
        if path.contains('\0') || path.contains('\u{fffd}') {
            let path = path.replace('\0', "\u{fffd}");
            listed
                .problems
                .push((path, "its key is not UTF-8: rename it".to_owned()));
            return;
        }
        listed.entries.push(Entry {
            path: path.to_owned(),
            fingerprint: object.etag,
            size_bytes: object.size,
        });
    }

    /// Opens an object of the list.
    ///
    /// # Errors
    /// Why it cannot be taken.
    pub(crate) async fn read(&self, path: &str) -> Result<Opened, String> {
        let key = format!("{}{path}", self.location.prefix);
        let target = self
            .target(&key, Vec::new())
            .map_err(|error| error.message)?;
        let mut pause = PAUSE;
        for attempt in 1.. {
            let error = match self.send(&target).await {
                Ok(response) if response.status() == StatusCode::OK => {
                    return Ok(self.opened(response));
                }
                Ok(response) => self.refused(response).await,
                Err(error) => error,
            };
            if !error.kind.is_retryable() || attempt >= TRIES {
                return Err(error.message);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err("it cannot be read".to_owned())
    }

    fn opened(&self, response: Response<InBody>) -> Opened {
        let header = |name| {
            let value = response.headers().get(name);
            value.and_then(|value: &http::HeaderValue| value.to_str().ok())
        };
        let fingerprint = header(ETAG).unwrap_or_default().to_owned();
        let content_type = header(CONTENT_TYPE).map(str::to_owned);
        let idle = self.idle;
        let frames = BodyStream::new(response.into_body());
        let parts = stream::try_unfold(frames, move |mut frames| async move {
            loop {
                match tokio::time::timeout(idle, frames.next()).await {
                    Err(_) => return Err(broken(format!("nothing came for {} s", idle.as_secs()))),
                    Ok(None) => return Ok(None),
                    Ok(Some(Err(error))) => return Err(broken(format!("it broke off: {error}"))),
                    Ok(Some(Ok(frame))) => {
                        if let Ok(part) = frame.into_data() {
                            return Ok(Some((part, frames)));
                        }
                    }
                }
            }
        });
        Opened {
            fingerprint,
            content_type,
            bytes: parts.boxed(),
        }
    }

    fn target(&self, key: &str, query: Vec<(&str, &str)>) -> Result<Target> {
        let wrong = || Error::invalid("`location.endpoint` is no address");
        let uri: Uri = self.location.endpoint().parse().map_err(|_| wrong())?;
        let host = uri.authority().ok_or_else(wrong)?.as_str();
        let bucket = &self.location.bucket;
        let mut query: Vec<_> = query
            .into_iter()
            .map(|(name, value)| format!("{}={}", encoded(name, false), encoded(value, false)))
            .collect();
        query.sort();
        let key = encoded(key, true);
        let (host, path) = match self.location.path_style {
            true => (
                host.to_owned(),
                format!("/{}/{key}", encoded(bucket, false)),
            ),
            false => (format!("{bucket}.{host}"), format!("/{key}")),
        };
        Ok(Target {
            scheme: uri.scheme_str().unwrap_or("https").to_owned(),
            host,
            // The list is asked of the bucket itself.
            path: match (key.is_empty(), self.location.path_style) {
                (true, true) => path.trim_end_matches('/').to_owned(),
                _ => path,
            },
            query: query.join("&"),
        })
    }

    async fn send(&self, target: &Target) -> Result<Response<InBody>> {
        let time = amazon_time(self.clock.now());
        let uri = match target.query.as_str() {
            "" => format!("{}://{}{}", target.scheme, target.host, target.path),
            query => format!("{}://{}{}?{query}", target.scheme, target.host, target.path),
        };
        let mut request = http::Request::get(uri)
            .header(HOST, &target.host)
            .header(USER_AGENT, "nocode-ai")
            .header("x-amz-content-sha256", EMPTY_HASH)
            .header("x-amz-date", &time);
        if let Some(keys) = &self.keys {
            let signed = Request {
                host: &target.host,
                path: &target.path,
                query: &target.query,
                region: &self.location.region,
                time: &time,
                range: None,
            };
            request = request.header(AUTHORIZATION, signed.authorization(keys));
        }
        let request = request
            .body(OutBody::full(Bytes::new()))
            .map_err(|error| Error::invalid(format!("the address cannot be asked: {error}")))?;
        let sent = tokio::time::timeout(self.idle, self.client.send(request)).await;
        let sent = sent.map_err(|_| {
            let (host, idle) = (&target.host, self.idle.as_secs());
            unavailable(format!("{host} did not answer for {idle} s"))
        })?;
        sent.map_err(|error| {
            let kind = match error.kind {
                outbound::ErrorKind::Refused => ErrorKind::Invalid,
                _ => ErrorKind::Unavailable,
            };
            Error::new(kind, format!("{} cannot be reached: {error}", target.host))
        })
    }

    async fn whole(&self, mut body: InBody, most: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let frame = tokio::time::timeout(self.idle, body.frame()).await;
            let frame = frame.map_err(|_| {
                unavailable(format!(
                    "the service went silent for {} s",
                    self.idle.as_secs()
                ))
            })?;
            let Some(frame) = frame else {
                return Ok(bytes);
            };
            let frame =
                frame.map_err(|error| unavailable(format!("the answer broke off: {error}")))?;
            if let Ok(part) = frame.into_data() {
                bytes.extend_from_slice(&part);
            }
            if bytes.len() > most {
                return Err(Error::invalid("the service's answer is too long"));
            }
        }
    }

    async fn refused(&self, response: Response<InBody>) -> Error {
        let status = response.status();
        let region = response.headers().get("x-amz-bucket-region");
        let region = region
            .and_then(|region| region.to_str().ok())
            .map(str::to_owned);
        let body = self.whole(response.into_body(), MOST_REFUSAL_BYTES).await;
        let said = body.ok().and_then(|body| answer::refusal(&body));
        let (code, message) = said.unwrap_or_default();
        let busy = status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || matches!(
                code.as_str(),
                "SlowDown" | "RequestTimeout" | "InternalError"
            );
        let hint = match (code.as_str(), status.as_u16()) {
            ("RequestTimeTooSkewed", _) => " Set the clock of this server.".to_owned(),
            ("SignatureDoesNotMatch", _) => {
                " Check the secret access key and the region.".to_owned()
            }
            ("InvalidAccessKeyId", _) => " Check the access key id.".to_owned(),
            ("NoSuchBucket", _) => {
                " Check the bucket's name, the endpoint and `path_style`.".to_owned()
            }
            (_, 301 | 307 | 400) if region.is_some() => {
                format!(
                    " The bucket is in the region `{}`.",
                    region.unwrap_or_default()
                )
            }
            (_, 403) => {
                " The key needs the permissions to list the bucket and to read its objects."
                    .to_owned()
            }
            _ => String::new(),
        };
        let kind = match busy {
            true => ErrorKind::Unavailable,
            false => ErrorKind::Invalid,
        };
        let said = [code, message].join(" ");
        let text = format!("the service answered {} {}", status.as_u16(), said.trim());
        Error::new(
            kind,
            format!("{}.{hint}", text.trim_end_matches([' ', '.'])),
        )
    }
}

fn unavailable(why: String) -> Error {
    Error::new(ErrorKind::Unavailable, why)
}

fn broken(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// `YYYYMMDDTHHMMSSZ`.
fn amazon_time(now: Micros) -> String {
    let time = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn bucket(path_style: bool, client: outbound::Client) -> Bucket {
        Bucket {
            client,
            clock: Arc::new(store::SystemClock),
            location: BucketLocation {
                endpoint: Some("http://127.0.0.1:9000".to_owned()),
                region: "eu-central-1".to_owned(),
                bucket: "handbook".to_owned(),
                prefix: "p/".to_owned(),
                path_style,
                access_key_id: None,
            },
            keys: None,
            idle: Duration::from_secs(5),
        }
    }

    #[test]
    fn the_bucket_stands_in_the_path_or_in_the_host() {
        let client = outbound::Client::trusted(&outbound::Settings::default());
        let target = |style, key| {
            let target =
                bucket(style, client.clone()).target(key, vec![("list-type", "2"), ("a", "b c")]);
            let target = target.expect("is an address");
            (target.host, target.path, target.query)
        };
        let query = "a=b%20c&list-type=2".to_owned();
        let host = "127.0.0.1:9000".to_owned();
        assert_eq!(
            target(true, ""),
            (host.clone(), "/handbook".to_owned(), query.clone())
        );
        let path = "/handbook/p/%C3%BC.md".to_owned();
        assert_eq!(target(true, "p/ü.md"), (host, path, query.clone()));
        let host = "handbook.127.0.0.1:9000".to_owned();
        assert_eq!(
            target(false, ""),
            (host.clone(), "/".to_owned(), query.clone())
        );
        assert_eq!(target(false, "a"), (host, "/a".to_owned(), query));
    }

    #[test]
    fn times_are_written_as_amazon_wants_them() {
        assert_eq!(
            amazon_time(Micros(1_369_353_600_000_000)),
            "20130524T000000Z"
        );
    }

    #[tokio::test]
    async fn an_address_inside_of_this_network_is_not_asked() {
        let client = outbound::Client::guarded(&outbound::Settings::default());
        let globs = Globs::new(&[], &[]).expect("globs");
        let refused = bucket(true, client).list(&globs, None).await;
        let refused = refused.expect_err("is refused");
        assert_eq!(refused.kind, ErrorKind::Invalid, "{refused}");
    }
}
