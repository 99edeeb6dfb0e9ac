//! Sample documents of templates: with them a flow answers before anybody has uploaded anything.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use rag::Rag;
use rag::index::Place;
use rag::ingest::Intake;
use rag::library::{Collection, CollectionSettings, CreateCollection, Status};
use serde::Serialize;
use utoipa::ToSchema;

use super::Caller;
use crate::graph::Graph;
use crate::transfer::{Requires, requires};
use crate::{Error, Flows, Result};

/// How long making a flow waits for its sample documents. They are small; where workers are busy, they
/// can be found a little later.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// A collection that a template brings sample documents for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SampleCollection {
    /// Its slug.
    pub collection: String,
    /// Its name for people.
    pub name: String,
    /// Names of the documents; none: the flow fills it.
    pub documents: Vec<String>,
}

/// A collection that was made of sample documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FilledCollection {
    /// Its slug.
    pub collection: String,
    /// Documents in it.
    pub documents: usize,
    /// Whether all of them can be found already.
    pub is_ready: bool,
}

struct Sample {
    /// Templates that name it.
    templates: &'static [&'static str],
    collection: &'static str,
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! file {
    ($folder:literal, $name:literal) => {
        (
            $name,
            include_str!(concat!("../../../templates/samples/", $folder, "/", $name)),
        )
    };
}

const SAMPLES: &[Sample] = &[
    Sample {
        templates: &["support-chatbot", "email-processor"],
        collection: "help-center",
        name: "Help center (sample)",
        files: &[
            file!("help-center", "Returns.md"),
            file!("help-center", "Delivery.md"),
            file!("help-center", "Payment.md"),
        ],
    },
    Sample {
        templates: &["document-qa"],
        collection: "documents",
        name: "Documents (sample)",
        files: &[file!("documents", "Terms of delivery.md")],
    },
    Sample {
        templates: &["website-to-knowledge"],
        collection: "website",
        name: "Website",
        files: &[],
    },
];

fn samples_of(template: &str) -> impl Iterator<Item = &'static Sample> {
    SAMPLES
        .iter()
        .filter(move |sample| sample.templates.contains(&template))
}

/// What a template brings.
pub(super) fn of(template: &str) -> Vec<SampleCollection> {
    let all = samples_of(template).map(|sample| SampleCollection {
        collection: sample.collection.to_owned(),
        name: sample.name.to_owned(),
        documents: sample
            .files
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect(),
    });
    all.collect()
}

/// Makes the collections that the graph names, that are not there, and that the template has samples
/// for; waits for a moment until they can be searched.
pub(super) async fn fill_missing(
    flows: &Flows,
    rag: &Rag,
    caller: &Caller,
    template: &str,
    graph: &Graph,
) -> Result<Vec<FilledCollection>> {
    let mut named = Requires::default();
    requires(graph, flows.registry(), &mut named);
    let mut made = Vec::new();
    for sample in samples_of(template) {
        if named.collections.contains(sample.collection)
            && let Some(collection) = fill(rag, caller, sample).await?
        {
            made.push((sample, collection));
        }
    }
    let mut filled = Vec::new();
    for (sample, collection) in made {
        filled.push(FilledCollection {
            collection: collection.slug.clone(),
            documents: sample.files.len(),
            is_ready: wait(rag, collection.place(), sample.files.len()).await?,
        });
    }
    Ok(filled)
}

/// `None`: it is there already.
async fn fill(rag: &Rag, caller: &Caller, sample: &Sample) -> Result<Option<Collection>> {
    let wanted = CreateCollection {
        name: sample.name.to_owned(),
        slug: sample.collection.to_owned(),
        description: String::new(),
        settings: CollectionSettings::default(),
    };
    let library = rag.library();
    let made = library
        .create_collection_as(rag.accounts(), &caller.actor, wanted)
        .await;
    let collection = match made {
        Ok(collection) => collection,
        Err(error) if error.kind == rag::ErrorKind::Conflict => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    for (name, text) in sample.files {
        let bytes = futures_util::stream::iter([Ok(Bytes::from_static(text.as_bytes()))]);
        let stored = rag.store_bytes(caller.org(), bytes).await?;
        let intake = Intake {
            name: (*name).to_owned(),
            content_type: "text/markdown".to_owned(),
            ..Intake::default()
        };
        rag.add_stored(&caller.who, collection.place(), intake, stored)
            .await?;
    }
    Ok(Some(collection))
}

/// Whether all documents can be found before patience ends.
async fn wait(rag: &Rag, place: Place, count: usize) -> Result<bool> {
    let look = async {
        loop {
            let all = rag
                .library()
                .list_documents(place, None, count.max(1))
                .await?;
            let open: BTreeSet<_> = all
                .iter()
                .filter(|one| matches!(one.status, Status::Pending | Status::Processing))
                .map(|one| one.id)
                .collect();
            if open.is_empty() {
                return Ok::<_, Error>(all.iter().all(|one| one.status == Status::Ready));
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(done) => done,
        Err(_) => Ok(false),
    }
}
