//! Models by their name on a model hub: fetched once into the data directory, then read from there, so
//! that later starts need no network.

use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use http_body_util::BodyStream;
use outbound::Client;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use crate::{Error, ErrorKind, Result, web};

/// Files of a model, where they lie on the hub (the first that is there is taken), what they are called
/// here, and whether the model needs them.
const FILES: [(&[&str], &str, bool); 4] = [
    (&["config.json"], "config.json", true),
    (&["tokenizer.json"], "tokenizer.json", true),
    (&["1_Pooling/config.json"], "1_Pooling/config.json", false),
    // Last: a directory that has it is complete.
    (&["onnx/model.onnx", "model.onnx"], MODEL, true),
];
const MODEL: &str = "model.onnx";
/// The longest silence while a file comes.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A model on the hub: `owner/name`, or `owner/name@revision`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct HubModel {
    name: String,
    revision: String,
}

impl TryFrom<String> for HubModel {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (name, revision) = text.split_once('@').unwrap_or((&text, "main"));
        let is_word = |word: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !word.is_empty() && !word.starts_with('.') && word.chars().all(fits)
        };
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| is_word(part)) || !is_word(revision) {
            return Err(format!(
                "`{text}` is no model of a hub: write `owner/name`, or `owner/name@revision`"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            revision: revision.to_owned(),
        })
    }
}

impl HubModel {
    /// The model's directory below `folder`, after fetching what is missing from the hub at `url`.
    ///
    /// # Errors
    /// `NotConfigured`, naming the file that cannot be had and where to put it by hand.
    pub async fn fetch(&self, client: &Client, url: &str, folder: &Path) -> Result<PathBuf> {
        let directory = folder.join(format!(
            "{}@{}",
            self.name.replace('/', "--"),
            self.revision
        ));
        if directory.join(MODEL).is_file() {
            return Ok(directory);
        }
        tracing::info!(model = self.name, "fetching a model from {url}");
        for (places, file, needed) in FILES {
            let target = directory.join(file);
            if target.is_file() {
                continue;
            }
            match self.fetch_first(client, url, places, &target).await {
                Err(error) if needed => {
                    return Err(Error::new(
                        ErrorKind::NotConfigured,
                        format!(
                            "the model `{}` cannot be fetched from {url}: {}; without a network, put \
                             its `{file}` into {} and name that directory as `path`",
                            self.name,
                            error.message,
                            directory.display()
                        ),
                    ));
                }
                _ => {}
            }
        }
        Ok(directory)
    }

    async fn fetch_first(
        &self,
        client: &Client,
        url: &str,
        places: &[&str],
        target: &Path,
    ) -> Result<()> {
        let mut last = Error::internal("a file without a place");
        for place in places {
            let base = url.trim_end_matches('/');
            let address = format!("{base}/{}/resolve/{}/{place}", self.name, self.revision);
            match download(client, &address, target).await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Writes beside the target and renames: what is there is whole.
async fn download(client: &Client, address: &str, target: &Path) -> Result<()> {
    let answer = web::get(client, web::check(address)?).await?;
    let length = answer.headers().get(http::header::CONTENT_LENGTH).cloned();
    let io = |error: std::io::Error| Error::internal(format!("{}: {error}", target.display()));
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).await.map_err(io)?;
    }
    let part = target.with_extension("part");
    let mut file = fs::File::create(&part).await.map_err(io)?;
    let mut body = BodyStream::new(answer.into_body());
    let mut bytes = 0_u64;
    while let Some(frame) = tokio::time::timeout(SILENCE, body.next())
        .await
        .map_err(|_| web::late(address))?
    {
        let frame = frame.map_err(|error| {
            Error::new(
                ErrorKind::Unavailable,
                format!("{address} was cut: {error}"),
            )
        })?;
        if let Ok(data) = frame.into_data() {
            bytes += data.len() as u64;
            file.write_all(&data).await.map_err(io)?;
        }
    }
    file.sync_all().await.map_err(io)?;
    let announced = length.and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|announced| announced != bytes) {
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!("{address} was cut after {bytes} bytes"),
        ));
    }
    fs::rename(&part, target).await.map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_named_by_owner_and_name() {
        let model = |text: &str| HubModel::try_from(text.to_owned());
        let read = model("sentence-transformers/all-MiniLM-L6-v2").expect("a model");
        assert_eq!(read.revision, "main");
        assert_eq!(model("a/b@v1.5").expect("a model").revision, "v1.5");
        for text in [
            "",
            "a",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "a/b@../x",
            "a b/c",
            "https://h/a",
        ] {
            assert!(model(text).is_err(), "{text}");
        }
    }
}
