//! A document's bytes from an address that a user entered.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::Uri;
use http::header::CONTENT_TYPE;
use http_body_util::BodyStream;

use super::task::Task;
use crate::library::{Document, Original};
use crate::{Result, web};

const BODY: Duration = Duration::from_secs(300);

/// What a document from an address is called: the last part of its path, else its host.
pub(super) fn name_of(url: &str) -> String {
    let Ok(uri) = url.parse::<Uri>() else {
        return url.chars().take(200).collect();
    };
    let last = uri.path().rsplit('/').find(|part| !part.is_empty());
    let name = last.unwrap_or_else(|| uri.host().unwrap_or(url));
    name.chars().take(200).collect()
}

impl Task<'_> {
    /// Fetches what lies at the job's address into the blob store.
    ///
    /// # Errors
    /// `Invalid` with what the address answered, `Unavailable` when it did not.
    pub(super) async fn fetch(&self, document: Document, url: &str) -> Result<Document> {
        self.stage("fetch");
        let response = web::get(&self.rag.inner.client, web::check(url)?).await?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|v| v.to_str().ok());
        let content_type = content_type
            .unwrap_or("application/octet-stream")
            .to_owned();
        let frames = BodyStream::new(response.into_body()).filter_map(|frame| async {
            match frame {
                Ok(frame) => frame.into_data().ok().map(Ok::<Bytes, io::Error>),
                Err(error) => Some(Err(io::Error::new(io::ErrorKind::ConnectionReset, error))),
            }
        });
        let frames = frames.inspect(|_| self.note(|_| {}));
        let stored = self.rag.store_bytes(self.job.org_id, frames);
        let stored = tokio::time::timeout(BODY, stored).await;
        let stored = stored.map_err(|_| web::late(url))??;
        let new = Original {
            name: document.name.clone(),
            content_type,
            size_bytes: stored.size_bytes(),
            blob_key: stored.key().to_owned(),
            content_hash: stored.hash().to_vec(),
        };
        let place = self.place();
        if let Err(error) = self.library.set_original(place, document.id, &new).await {
            self.rag.discard(&stored).await;
            return Err(error);
        }
        self.library.get_document(place, document.id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_called_by_the_last_part_of_their_address() {
        assert_eq!(name_of("http://example.org/a/b.pdf?x=1"), "b.pdf");
        assert_eq!(name_of("http://example.org/"), "example.org");
    }
}
