//! What is written, and what deletion leaves.

use rag::library::{Expected, NewCase, NewDocument, PublishedFacts, Status};
use rag::search::{Language, SearchRequest};
use rag::{DocumentId, ErrorKind};
use store::on_reader;

use crate::world::{World, chunks, in_each_world};

/// Rows of this world's tables that hold something of documents.
async fn rows(world: &World) -> Vec<(&'static str, i64)> {
    let mut counts = Vec::new();
    for (table, sql) in [
        ("documents", "SELECT count(*) FROM documents"),
        ("chunks", "SELECT count(*) FROM chunks"),
        ("vectors", "SELECT count(*) FROM vectors"),
        ("embedding_cache", "SELECT count(*) FROM embedding_cache"),
        ("vector_outbox", "SELECT count(*) FROM vector_outbox"),
        ("ingestion_jobs", "SELECT count(*) FROM ingestion_jobs"),
    ] {
        let count: i64 =
            on_reader!(world.db, c => sqlx::query_scalar(sql).fetch_one(c).await).expect("counts");
        counts.push((table, count));
    }
    counts
}

#[tokio::test]
async fn a_deleted_document_leaves_nothing_and_the_receipt_counts_it() {
    in_each_world(|world| async move {
        let new = NewDocument {
            blob_key: Some("blobs/1".to_owned()),
            ..NewDocument::default()
        };
        let id = world
            .add_with("cats", &["the cat sleeps", "the cat eats"], new)
            .await;
        let hash = chunks(&["the cat sleeps"])[0].hash();
        let cached = [(hash, crate::world::models::vector("the cat sleeps"))];
        world
            .library
            .cache_vectors(&world.space, &cached)
            .await
            .expect("cached");
        assert_eq!(world.find(SearchRequest::of("cat")).await.hits.len(), 2);
        let receipt = world
            .library
            .delete_document(world.place, id)
            .await
            .expect("deletes");
        assert_eq!(
            (receipt.documents, receipt.chunks, receipt.vectors),
            (1, 2, 2)
        );
        assert_eq!(
            (receipt.cached_embeddings, receipt.blob_keys),
            (1, vec!["blobs/1".to_owned()])
        );
        for (table, count) in rows(&world).await {
            assert_eq!(count, 0, "{table}");
        }
        if let Some(server) = &world.server {
            assert_eq!(server.points(), 0);
        }
        assert!(world.find(SearchRequest::of("cat")).await.hits.is_empty());
        let again = world
            .library
            .delete_document(world.place, id)
            .await
            .expect_err("is gone");
        assert_eq!(again.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_cached_embedding_that_another_document_needs_stays() {
    in_each_world(|world| async move {
        let id = world.add("one", &["the cat sleeps"]).await;
        world.add("two", &["the cat sleeps"]).await;
        let hash = chunks(&["the cat sleeps"])[0].hash();
        let cached = [(hash.clone(), crate::world::models::vector("the cat sleeps"))];
        world
            .library
            .cache_vectors(&world.space, &cached)
            .await
            .expect("cached");
        let receipt = world
            .library
            .delete_document(world.place, id)
            .await
            .expect("deletes");
        assert_eq!(receipt.cached_embeddings, 0);
        let found = world
            .library
            .cached_vectors(world.org, world.space.id, &[hash])
            .await;
        assert_eq!(found.expect("reads").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_killed_ingestion_begins_its_revision_again() {
    in_each_world(|world| async move {
        let id = world.add("cats", &["the cat sleeps"]).await;
        let begin = || world.library.begin_revision(world.place, id);
        let first = begin().await.expect("begun");
        let add = |texts| {
            let space = Some(world.space.id);
            world
                .library
                .add_chunks(world.place, id, first, space, chunks(texts))
        };
        add(&["half of the new text"]).await.expect("added");
        // Killed here. What is published still answers.
        assert_eq!(
            world.texts(SearchRequest::of("cat")).await,
            ["the cat sleeps"]
        );
        assert_eq!(begin().await.expect("begun"), first);
        add(&["the whole new text about a cat"])
            .await
            .expect("added");
        let facts = PublishedFacts {
            content_type: None,
            page_count: 3,
            language: Some("en".to_owned()),
            notes: vec!["poor text".to_owned()],
        };
        let published = world.library.publish(world.place, id, first, &facts).await;
        let published = published.expect("published");
        assert_eq!(
            (published.status, published.chunk_count),
            (Status::Ready, 1)
        );
        assert_eq!((published.page_count, published.notes.len()), (3, 1));
        let found = world.texts(SearchRequest::of("cat")).await;
        assert_eq!(found, ["the whole new text about a cat"]);
        let late = add(&["too late"]).await.expect_err("is published");
        assert_eq!(late.kind, ErrorKind::Conflict);
        let twice = world.library.publish(world.place, id, first, &facts).await;
        assert_eq!(twice.expect_err("is published").kind, ErrorKind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn deletions_that_a_killed_process_began_are_finished() {
    in_each_world(|world| async move {
        let id = world.add("cats", &["the cat sleeps"]).await;
        assert_eq!(world.find(SearchRequest::of("cat")).await.hits.len(), 1);
        // What the first of the two steps leaves behind.
        store::on_writer!(world.db, execute => sqlx::query(
            "UPDATE documents SET status = 'deleting', revision = 0 WHERE id = $1",
        ).bind(id))
        .expect("writes");
        // The index has not heard of it: SQL decides.
        assert!(world.find(SearchRequest::of("cat")).await.hits.is_empty());
        let receipts = world.library.finish_deletions().await.expect("finishes");
        assert_eq!(receipts.len(), 1);
        assert_eq!(receipts[0].chunks, 1);
        let gone = world
            .library
            .get_document(world.place, id)
            .await
            .expect_err("is gone");
        assert_eq!(gone.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn another_language_changes_the_text_index_at_once() {
    in_each_world(|world| async move {
        world.add("horses", &["running horses"]).await;
        let text = |query: &str| {
            let mode = rag::search::Mode::Text;
            SearchRequest {
                mode,
                ..SearchRequest::of(query)
            }
        };
        assert!(world.texts(text("horse")).await.is_empty());
        let count = world
            .library
            .reindex_text(world.place, Language::English)
            .await;
        assert_eq!(count.expect("indexes"), 1);
        assert_eq!(world.texts(text("horse runs")).await, ["running horses"]);
    })
    .await;
}

#[tokio::test]
async fn duplicates_are_found_by_their_bytes() {
    in_each_world(|world| async move {
        let new = || NewDocument {
            content_hash: vec![7; 32],
            ..NewDocument::default()
        };
        let first = world.add_with("one", &["a"], new()).await;
        let second = world.add_with("two", &["a"], new()).await;
        let found = world
            .library
            .duplicates(world.place, &[7; 32])
            .await
            .expect("looks");
        assert_eq!(found, [first, second]);
        assert!(
            world
                .library
                .duplicates(world.place, &[8; 32])
                .await
                .expect("looks")
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_somebody_elses_does_not_exist() {
    in_each_world(|world| async move {
        let id = world.add("cats", &["the cat sleeps"]).await;
        let chunk = world
            .library
            .list_chunks(world.place, id, 0, 1)
            .await
            .expect("lists")[0]
            .id;
        let org = world
            .accounts
            .create_organization("Other", "other")
            .await
            .expect("made")
            .id;
        let place = rag::index::Place { org, ..world.place };
        let library = &world.library;
        let facts = PublishedFacts::default();
        let kinds = [
            library.get_collection(place).await.err(),
            library.get_document(place, id).await.err(),
            library
                .add_document(place, NewDocument::default())
                .await
                .err(),
            library.begin_revision(place, id).await.err(),
            library
                .add_chunks(place, id, 9, None, chunks(&["x"]))
                .await
                .err(),
            library.publish(place, id, 9, &facts).await.err(),
            library
                .set_status(place, id, Status::Failed, None)
                .await
                .err(),
            library
                .set_attributes(place, id, Default::default(), Vec::new())
                .await
                .err(),
            library.set_chunk_enabled(place, chunk, false).await.err(),
            library.edit_chunk(place, chunk, "x", 1, None).await.err(),
            library.delete_document(place, id).await.err(),
            library.delete_collection(place).await.err(),
            library.begin_space(place, world.space.id).await.err(),
            library.reindex_text(place, Language::English).await.err(),
        ];
        for (at, error) in kinds.into_iter().enumerate() {
            assert_eq!(error.expect("is refused").kind, ErrorKind::NotFound, "{at}");
        }
        assert!(
            library
                .get_chunks(place, &[chunk])
                .await
                .expect("reads")
                .is_empty()
        );
        assert!(
            library
                .list_chunks(place, id, 0, 9)
                .await
                .expect("reads")
                .is_empty()
        );
        assert_eq!(
            world.texts(SearchRequest::of("cat")).await,
            ["the cat sleeps"]
        );
    })
    .await;
}

#[tokio::test]
async fn cases_are_kept_and_changed() {
    in_each_world(|world| async move {
        let document = world.add("cats", &["the cat sleeps"]).await;
        let case = |document| NewCase {
            question: "who sleeps?".to_owned(),
            expected: vec![Expected {
                document,
                chunk: None,
            }],
            note: None,
        };
        let library = &world.library;
        let kept = library
            .create_case(world.place, case(document))
            .await
            .expect("made");
        let strange = library
            .create_case(world.place, case(DocumentId::new()))
            .await;
        assert_eq!(
            strange.expect_err("no such document").kind,
            ErrorKind::NotFound
        );
        assert_eq!(
            library.list_cases(world.place).await.expect("lists"),
            std::slice::from_ref(&kept)
        );
        let twice = vec![kept.expected[0], kept.expected[0]];
        let changed = NewCase {
            question: " who naps? ".to_owned(),
            expected: twice,
            note: Some(" ".to_owned()),
        };
        let changed = library.update_case(world.place, kept.id, changed).await;
        let changed = changed.expect("changed");
        assert_eq!(
            (changed.question.as_str(), changed.note.as_deref()),
            ("who naps?", None)
        );
        assert_eq!(changed.expected.len(), 1, "each expected once");
        let shown = library.get_case(world.place, kept.id).await;
        assert_eq!(shown.expect("is there"), changed);
        library
            .delete_case(world.place, kept.id)
            .await
            .expect("deleted");
        let again = library.delete_case(world.place, kept.id).await;
        assert_eq!(again.expect_err("is gone").kind, ErrorKind::NotFound);
    })
    .await;
}
