//! What every index must do.

use rag::index::{Place, Scope, StoreCounts, StoreQuery};
use rag::library::NewDocument;
use rag::search::{AttributeValue, Attributes, Filter};

use crate::world::{World, collection, in_each_world, models, space};

fn query(world: &World, text: &str, scope: Scope) -> StoreQuery {
    StoreQuery {
        vector: Some(models::vector(text)),
        terms: rag::search::Analyzer::new(rag::search::Language::Multilingual).question(text),
        limit: 10,
        scope: Scope {
            place: world.place,
            ..scope
        },
    }
}

/// Names of the documents that each half finds.
async fn names(world: &World, text: &str, scope: Scope) -> (Vec<String>, Vec<String>) {
    let store = world.library.store();
    store.sync(world.place).await.expect("is in step");
    let found = store
        .search(query(world, text, scope))
        .await
        .expect("answers");
    let mut halves = [Vec::new(), Vec::new()];
    for (names, hits) in halves.iter_mut().zip([found.dense, found.text]) {
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "{hits:?}");
        for hit in hits {
            let document = world.library.get_document(world.place, hit.document).await;
            names.push(document.expect("exists").name);
        }
    }
    let [dense, text] = halves;
    (dense, text)
}

#[tokio::test]
async fn both_halves_find_what_was_published_best_first() {
    in_each_world(|world| async move {
        world.add("cats", &["the cat sleeps on the sofa"]).await;
        world.add("dogs", &["the dog barks in the garden"]).await;
        let (dense, text) = names(&world, "cat sofa", Scope::all(world.place)).await;
        assert_eq!(dense, ["cats", "dogs"]);
        assert_eq!(text, ["cats"]);
        let counts = world.library.store().count(world.place).await;
        assert_eq!(
            counts.expect("counts"),
            StoreCounts {
                chunks: 2,
                vectors: 2
            }
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_is_found_before_it_is_published() {
    in_each_world(|world| async move {
        let new = NewDocument::default();
        let id = world
            .library
            .add_document(world.place, new)
            .await
            .expect("added")
            .id;
        let revision = world
            .library
            .begin_revision(world.place, id)
            .await
            .expect("begun");
        let chunks = crate::world::chunks(&["a hidden cat"]);
        let added = world
            .library
            .add_chunks(world.place, id, revision, Some(world.space.id), chunks)
            .await;
        added.expect("added");
        let (dense, text) = names(&world, "cat", Scope::all(world.place)).await;
        assert!(dense.is_empty() && text.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_new_revision_replaces_the_old_one() {
    in_each_world(|world| async move {
        let id = world.add("pets", &["the cat sleeps", "the cat eats"]).await;
        names(&world, "cat", Scope::all(world.place)).await;
        world
            .write(id, &["the parrot talks"], Some(world.space.id))
            .await;
        let (_, text) = names(&world, "cat", Scope::all(world.place)).await;
        assert!(text.is_empty(), "{text:?}");
        let (dense, text) = names(&world, "parrot", Scope::all(world.place)).await;
        assert_eq!((dense.len(), text.len()), (1, 1));
        let counts = world
            .library
            .store()
            .count(world.place)
            .await
            .expect("counts");
        assert_eq!(counts.chunks, 1);
    })
    .await;
}

#[tokio::test]
async fn chunks_without_a_vector_are_found_by_their_text() {
    in_each_world(|world| async move {
        let new = NewDocument {
            name: "plain".to_owned(),
            ..NewDocument::default()
        };
        let id = world
            .library
            .add_document(world.place, new)
            .await
            .expect("added")
            .id;
        world.write(id, &["the cat sleeps"], None).await;
        let (dense, text) = names(&world, "cat", Scope::all(world.place)).await;
        assert!(dense.is_empty(), "{dense:?}");
        assert_eq!(text, ["plain"]);
    })
    .await;
}

#[tokio::test]
async fn disabled_chunks_are_not_found_until_they_are_enabled_again() {
    in_each_world(|world| async move {
        let id = world.add("pets", &["the cat sleeps"]).await;
        let chunks = world
            .library
            .list_chunks(world.place, id, 0, 10)
            .await
            .expect("lists");
        let chunk = chunks[0].id;
        for enabled in [false, true] {
            let set = world
                .library
                .set_chunk_enabled(world.place, chunk, enabled)
                .await;
            set.expect("is set");
            let (dense, text) = names(&world, "cat", Scope::all(world.place)).await;
            let wanted = usize::from(enabled);
            assert_eq!((dense.len(), text.len()), (wanted, wanted));
        }
    })
    .await;
}

#[tokio::test]
async fn an_edited_chunk_is_found_by_its_new_text() {
    in_each_world(|world| async move {
        let id = world.add("pets", &["the cat sleeps"]).await;
        let chunks = world
            .library
            .list_chunks(world.place, id, 0, 10)
            .await
            .expect("lists");
        let vector = Some((world.space.id, models::vector("the parrot talks")));
        let edited = world
            .library
            .edit_chunk(world.place, chunks[0].id, "the parrot talks", 3, vector)
            .await;
        edited.expect("is edited");
        assert!(
            names(&world, "cat", Scope::all(world.place))
                .await
                .1
                .is_empty()
        );
        assert_eq!(
            names(&world, "parrot", Scope::all(world.place)).await.1,
            ["pets"]
        );
    })
    .await;
}

#[tokio::test]
async fn scopes_narrow_both_halves() {
    in_each_world(|world| async move {
        let mut ids = Vec::new();
        for (name, region, year, tag) in [
            ("a", "eu", 2020.0, "blue"),
            ("b", "us", 2021.5, "blue"),
            ("c", "eu", 2022.0, "red"),
        ] {
            let attributes: Attributes = [
                ("region".to_owned(), AttributeValue::from(region)),
                ("year".to_owned(), AttributeValue::from(year)),
                ("x.y \"z".to_owned(), AttributeValue::Bool(region == "eu")),
            ]
            .into();
            let new = NewDocument {
                attributes,
                tags: vec![tag.to_owned()],
                ..NewDocument::default()
            };
            ids.push(world.add_with(name, &["the cat sleeps"], new).await);
        }
        let all = || Scope::all(world.place);
        let filter = |json: &str| {
            let filter: Filter = serde_json::from_str(json).expect(json);
            Scope {
                filter: Some(filter),
                ..all()
            }
        };
        let documents = vec![ids[0], ids[2]];
        let tags = vec!["blue".to_owned()];
        for (scope, wanted) in [
            (all(), "abc"),
            (Scope { documents, ..all() }, "ac"),
            (Scope { tags, ..all() }, "ab"),
            (
                filter(r#"{"type": "eq", "key": "region", "value": "eu"}"#),
                "ac",
            ),
            (
                filter(r#"{"type": "ne", "key": "region", "value": "eu"}"#),
                "b",
            ),
            (
                filter(r#"{"type": "ne", "key": "absent", "value": "eu"}"#),
                "abc",
            ),
            (
                filter(r#"{"type": "gte", "key": "year", "value": 2021.5}"#),
                "bc",
            ),
            (
                filter(r#"{"type": "lt", "key": "year", "value": 2021.5}"#),
                "a",
            ),
            (
                filter(r#"{"type": "gt", "key": "year", "value": 2021.5}"#),
                "c",
            ),
            (
                filter(r#"{"type": "lte", "key": "year", "value": 2020}"#),
                "a",
            ),
            (
                filter(r#"{"type": "eq", "key": "year", "value": 2022}"#),
                "c",
            ),
            (
                filter(r#"{"type": "in", "key": "year", "value": [2022, 2020, "x"]}"#),
                "ac",
            ),
            (filter(r#"{"type": "in", "key": "year", "value": []}"#), ""),
            (
                filter(r#"{"type": "nin", "key": "region", "value": ["us"]}"#),
                "ac",
            ),
            (
                filter(r#"{"type": "nin", "key": "region", "value": []}"#),
                "abc",
            ),
            (
                filter(r#"{"type": "eq", "key": "x.y \"z", "value": true}"#),
                "ac",
            ),
            (
                filter(
                    r#"{"type": "or", "filters": [
                        {"type": "eq", "key": "region", "value": "us"},
                        {"type": "and", "filters": [
                            {"type": "eq", "key": "region", "value": "eu"},
                            {"type": "gt", "key": "year", "value": 2021}]}]}"#,
                ),
                "bc",
            ),
        ] {
            let shown = format!("{scope:?}");
            let (mut dense, mut text) = names(&world, "cat", scope).await;
            dense.sort();
            text.sort();
            assert_eq!(dense.concat(), wanted, "{shown}");
            assert_eq!(text.concat(), wanted, "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn changed_attributes_count_at_once() {
    in_each_world(|world| async move {
        let id = world.add("pets", &["the cat sleeps"]).await;
        names(&world, "cat", Scope::all(world.place)).await;
        let attributes: Attributes = [("region".to_owned(), AttributeValue::from("eu"))].into();
        let set = world
            .library
            .set_attributes(world.place, id, attributes, vec!["new".to_owned()])
            .await;
        set.expect("is set");
        let scope = Scope {
            tags: vec!["new".to_owned()],
            ..Scope::all(world.place)
        };
        assert_eq!(names(&world, "cat", scope).await.1, ["pets"]);
    })
    .await;
}

#[tokio::test]
async fn forgotten_documents_are_gone_at_once() {
    in_each_world(|world| async move {
        let cats = world.add("cats", &["the cat sleeps"]).await;
        world.add("dogs", &["the dog and the cat"]).await;
        names(&world, "cat", Scope::all(world.place)).await;
        let store = world.library.store();
        store.forget(world.place, &[cats]).await.expect("forgets");
        let found = store
            .search(query(&world, "cat", Scope::all(world.place)))
            .await;
        let found = found.expect("answers");
        assert!(
            found
                .text
                .iter()
                .chain(&found.dense)
                .all(|hit| hit.document != cats)
        );
        assert_eq!(found.text.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn other_collections_and_organizations_are_never_searched() {
    in_each_world(|world| async move {
        world.add("cats", &["the cat sleeps"]).await;
        let other = collection(&world.library, world.org, "other").await;
        world
            .library
            .begin_space(other.place(), world.space.id)
            .await
            .expect("begins");
        let org = world
            .accounts
            .create_organization("Other", "other")
            .await
            .expect("made")
            .id;
        let foreign = collection(&world.library, org, "handbook").await;
        let its_space = space(&world.library, org, "words").await;
        world
            .library
            .begin_space(foreign.place(), its_space.id)
            .await
            .expect("begins");
        let store = world.library.store();
        for place in [other.place(), foreign.place()] {
            store.sync(place).await.expect("is in step");
            let scope = Scope::all(place);
            let query = StoreQuery {
                scope,
                ..query(&world, "cat", Scope::all(place))
            };
            let found = store.search(query).await.expect("answers");
            assert!(found.dense.is_empty() && found.text.is_empty(), "{found:?}");
        }
        // Their collection with our organization, and ours with theirs.
        for place in [
            Place {
                org,
                collection: world.place.collection,
            },
            Place {
                org: world.org,
                collection: foreign.id,
            },
        ] {
            let query = StoreQuery {
                scope: Scope::all(place),
                ..query(&world, "cat", Scope::all(place))
            };
            let error = store.search(query).await.expect_err("is not theirs");
            assert_eq!(error.kind, rag::ErrorKind::NotFound);
        }
    })
    .await;
}

#[tokio::test]
async fn another_embedding_model_takes_over_in_one_step() {
    in_each_world(|world| async move {
        world.add("cats", &["the cat sleeps"]).await;
        let next = space(&world.library, world.org, "words-2").await;
        world
            .library
            .begin_space(world.place, next.id)
            .await
            .expect("begins");
        // The old one answers until the new one is whole.
        assert_eq!(
            names(&world, "cat", Scope::all(world.place)).await.0,
            ["cats"]
        );
        let error = world
            .library
            .flip_space(world.place)
            .await
            .expect_err("lacks a vector");
        assert_eq!(error.kind, rag::ErrorKind::Conflict);
        let missing = world
            .library
            .missing_vectors(world.place, next.id, None, 10)
            .await;
        let missing = missing.expect("lists");
        assert_eq!(missing.len(), 1);
        let vectors = [(missing[0].chunk, models::vector(&missing[0].text))];
        world
            .library
            .put_vectors(world.place, &next, &vectors)
            .await
            .expect("stored");
        world.library.flip_space(world.place).await.expect("flips");
        let now = world
            .library
            .get_collection(world.place)
            .await
            .expect("is there");
        assert_eq!((now.space_id, now.shadow_space_id), (Some(next.id), None));
        assert_eq!(
            names(&world, "cat", Scope::all(world.place)).await.0,
            ["cats"]
        );
        // Nothing of the old one is left.
        let old = world
            .library
            .missing_vectors(world.place, world.space.id, None, 10)
            .await;
        assert_eq!(old.expect("lists").len(), 1);
        if let Some(server) = &world.server {
            assert_eq!(server.points(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_collection_leaves_nothing() {
    in_each_world(|world| async move {
        world.add("cats", &["the cat sleeps", "the cat eats"]).await;
        names(&world, "cat", Scope::all(world.place)).await;
        let receipt = world
            .library
            .delete_collection(world.place)
            .await
            .expect("deletes");
        assert_eq!(
            (receipt.documents, receipt.chunks, receipt.vectors),
            (1, 2, 2)
        );
        let search = world
            .library
            .store()
            .search(query(&world, "cat", Scope::all(world.place)));
        let error = search.await.expect_err("is gone");
        assert_eq!(error.kind, rag::ErrorKind::NotFound);
        if let Some(server) = &world.server {
            assert_eq!(server.points(), 0);
        }
    })
    .await;
}
