//! Searching, step by step.

use std::time::Duration;

use rag::ErrorKind;
use rag::library::{NewChunk, NewDocument, PublishedFacts};
use rag::search::{Decay, Mode, Rerank, Rewrite, RewriteKind, SearchRequest};

use crate::world::{World, collection, embedded, in_each_world, models};

fn text(query: &str) -> SearchRequest {
    SearchRequest {
        mode: Mode::Text,
        ..SearchRequest::of(query)
    }
}

#[tokio::test]
async fn each_mode_says_what_its_halves_found() {
    in_each_world(|world| async move {
        world.add("cats", &["the cat sleeps on the sofa"]).await;
        world.add("dogs", &["the dog barks in the garden"]).await;
        let hybrid = world.find(SearchRequest::of("cat sofa")).await;
        assert_eq!(hybrid.mode, Mode::Hybrid);
        let best = &hybrid.hits[0];
        assert_eq!(best.document_name, "cats");
        assert!(
            best.dense_score.is_some() && best.text_score.is_some(),
            "{best:?}"
        );
        assert!(
            (best.score - 1.0).abs() < 1e-5,
            "first in both halves: {}",
            best.score
        );
        assert_eq!(hybrid.cost_nano_usd, 10);
        let by_text = world.find(text("cat")).await;
        assert_eq!((by_text.hits.len(), by_text.cost_nano_usd), (1, 0));
        assert_eq!(by_text.hits[0].dense_score, None);
        let mode = Mode::Dense;
        let dense = world
            .find(SearchRequest {
                mode,
                ..SearchRequest::of("cat sofa")
            })
            .await;
        assert_eq!(dense.hits.len(), 2);
        assert_eq!(dense.hits[0].text_score, None);
        assert_eq!(dense.hits[0].dense_score, Some(dense.hits[0].score));
    })
    .await;
}

#[tokio::test]
async fn a_collection_without_vectors_answers_by_text_and_says_so() {
    in_each_world(|world| async move {
        let plain = collection(&world.library, world.org, "plain").await;
        let world = World {
            place: plain.place(),
            ..world
        };
        let new = NewDocument::default();
        let id = world
            .library
            .add_document(world.place, new)
            .await
            .expect("added")
            .id;
        world.write(id, &["the cat sleeps"], None).await;
        let answer = world.find(SearchRequest::of("cat")).await;
        assert_eq!((answer.hits.len(), answer.mode), (1, Mode::Text));
        assert!(
            answer.notes[0].contains("no embedding model"),
            "{:?}",
            answer.notes
        );
        let request = SearchRequest {
            mode: Mode::Dense,
            ..SearchRequest::of("cat")
        };
        let refused = world.search.run(&world.models, world.place, request).await;
        assert_eq!(
            refused.expect_err("has no vectors").kind,
            ErrorKind::NotConfigured
        );
    })
    .await;
}

#[tokio::test]
async fn a_busy_embedding_model_does_not_stop_a_hybrid_search() {
    embedded(|world| async move {
        world.add("cats", &["the cat sleeps"]).await;
        world
            .models
            .busy
            .store(1, std::sync::atomic::Ordering::SeqCst);
        let answer = world.find(SearchRequest::of("cat")).await;
        assert_eq!((answer.hits.len(), answer.mode), (1, Mode::Text));
        assert!(
            answer.notes[0].contains("did not answer"),
            "{:?}",
            answer.notes
        );
    })
    .await;
}

#[tokio::test]
async fn results_below_the_threshold_and_beyond_the_limit_are_left_out() {
    in_each_world(|world| async move {
        world
            .add(
                "cats",
                &["cat cat cat", "cat with many other words around it"],
            )
            .await;
        let all = world.find(text("cat")).await.hits;
        assert_eq!(all.len(), 2);
        let threshold = (all[0].score + all[1].score) / 2.0;
        let request = SearchRequest {
            score_threshold: Some(threshold),
            ..text("cat")
        };
        assert_eq!(world.texts(request).await, ["cat cat cat"]);
        let request = SearchRequest {
            limit: Some(1),
            ..text("cat")
        };
        assert_eq!(world.texts(request).await, ["cat cat cat"]);
    })
    .await;
}

#[tokio::test]
async fn diversity_puts_a_copy_behind_something_else() {
    in_each_world(|world| async move {
        world.add("a", &["the cat sleeps on the sofa"]).await;
        world.add("b", &["the cat sleeps on the sofa"]).await;
        world.add("c", &["a cat hunts mice at night"]).await;
        let request = |diversity| SearchRequest {
            diversity,
            ..SearchRequest::of("cat sleeps sofa")
        };
        let plain = world.texts(request(None)).await;
        assert_eq!(plain[0], plain[1]);
        let diverse = world.texts(request(Some(0.6))).await;
        assert_eq!(diverse[1], "a cat hunts mice at night");
        assert_eq!(diverse.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn older_documents_fall_behind() {
    in_each_world(|world| async move {
        world.add("old", &["the cat sleeps on the sofa"]).await;
        world.clock.advance(Duration::from_secs(100 * 86_400));
        world
            .add("new", &["the cat sleeps on the sofa today"])
            .await;
        let request = |decay| SearchRequest {
            decay,
            ..text("cat sofa")
        };
        assert_eq!(world.find(request(None)).await.hits[0].document_name, "old");
        let decay = Some(Decay {
            half_life_days: 10.0,
        });
        let aged = world.find(request(decay)).await.hits;
        assert_eq!(aged[0].document_name, "new");
        assert!(aged[1].score < aged[0].score / 500.0, "{}", aged[1].score);
    })
    .await;
}

#[tokio::test]
async fn the_best_of_several_parts_stands_for_the_whole() {
    in_each_world(|world| async move {
        let library = &world.library;
        let new = NewDocument::default();
        let id = library
            .add_document(world.place, new)
            .await
            .expect("added")
            .id;
        let revision = library
            .begin_revision(world.place, id)
            .await
            .expect("begun");
        let whole = rag::ChunkId::new();
        let part = |ordinal, text: &str| NewChunk {
            ordinal,
            parent: Some(whole),
            text: text.to_owned(),
            vector: Some(models::vector(text)),
            ..NewChunk::default()
        };
        let parent = NewChunk {
            id: Some(whole),
            is_parent: true,
            text: "all about the cat and the dog".to_owned(),
            ..NewChunk::default()
        };
        let chunks = vec![
            parent,
            part(1, "the cat sleeps"),
            part(2, "the cat and dog eat"),
        ];
        let space = Some(world.space.id);
        library
            .add_chunks(world.place, id, revision, space, chunks)
            .await
            .expect("added");
        let facts = PublishedFacts::default();
        library
            .publish(world.place, id, revision, &facts)
            .await
            .expect("published");
        // Parents are not searched.
        assert_eq!(world.find(text("about")).await.hits.len(), 0);
        assert_eq!(world.find(text("cat")).await.hits.len(), 2);
        let request = SearchRequest {
            expand_parents: true,
            ..text("cat")
        };
        let hits = world.find(request).await.hits;
        assert_eq!(hits.len(), 1);
        let parent = hits[0].parent.as_ref().expect("is shown");
        assert_eq!(parent.text, "all about the cat and the dog");
    })
    .await;
}

#[tokio::test]
async fn questions_are_rewritten_multiplied_or_answered_first() {
    embedded(|world| async move {
        world.add("cats", &["the cat sleeps"]).await;
        world.add("dogs", &["the dog barks"]).await;
        let request = |kind| SearchRequest {
            rewrite: Some(Rewrite {
                model: "chat".to_owned(),
                kind,
            }),
            ..text("it")
        };
        let say = |what: &str| world.models.says.lock().push(what.to_owned());
        say("cat");
        let answer = world.find(request(RewriteKind::Rewrite)).await;
        assert_eq!(
            (answer.queries.as_slice(), answer.hits.len()),
            (&["cat".to_owned()][..], 1)
        );
        assert_eq!(answer.cost_nano_usd, 1000);
        say("cat\n\n dog \n");
        let answer = world.find(request(RewriteKind::MultiQuery)).await;
        assert_eq!(answer.queries, ["it", "cat", "dog"]);
        assert_eq!(answer.hits.len(), 2);
        say("the dog barks");
        let hyde = SearchRequest {
            mode: Mode::Dense,
            ..request(RewriteKind::Hyde)
        };
        let answer = world.find(hyde).await;
        assert_eq!(answer.hits[0].document_name, "dogs");
        assert!(
            answer.hits[0].score > 0.99,
            "the invented passage is what is searched for"
        );
        // A model that says nothing leaves the question as it is.
        let answer = world.find(request(RewriteKind::Rewrite)).await;
        assert_eq!(answer.queries, ["it"]);
    })
    .await;
}

#[tokio::test]
async fn a_reranker_reorders_what_it_judges() {
    in_each_world(|world| async move {
        world
            .add(
                "a",
                &[
                    "cat cat cat",
                    "a long passage that has a cat in it somewhere",
                ],
            )
            .await;
        let rerank = Some(Rerank {
            model: "judge".to_owned(),
            candidates: 10,
        });
        let answer = world
            .find(SearchRequest {
                rerank,
                ..text("cat")
            })
            .await;
        let texts: Vec<_> = answer.hits.iter().map(|h| h.chunk.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "a long passage that has a cat in it somewhere",
                "cat cat cat"
            ]
        );
        assert_eq!(answer.hits[0].rerank_score, Some(1.0));
        assert_eq!(answer.cost_nano_usd, 500);
        let rerank = Some(Rerank {
            model: "judge".to_owned(),
            candidates: 1,
        });
        let request = SearchRequest {
            rerank,
            ..text("cat")
        };
        let answer = world.find(request).await;
        assert_eq!(answer.hits.len(), 2);
        assert_eq!(answer.hits[1].rerank_score, None);
    })
    .await;
}

#[tokio::test]
async fn wrong_requests_are_refused_with_the_field_named() {
    embedded(|world| async move {
        let of = || SearchRequest::of("cat");
        for (request, field) in [
            (SearchRequest::default(), "queries"),
            (SearchRequest::of("  "), "queries"),
            (
                SearchRequest {
                    limit: Some(51),
                    ..of()
                },
                "limit",
            ),
            (
                SearchRequest {
                    score_threshold: Some(1.5),
                    ..of()
                },
                "score_threshold",
            ),
            (
                SearchRequest {
                    diversity: Some(-0.1),
                    ..of()
                },
                "diversity",
            ),
            (
                SearchRequest {
                    text_weight: Some(f32::NAN),
                    ..of()
                },
                "text_weight",
            ),
            (
                SearchRequest {
                    decay: Some(Decay {
                        half_life_days: 0.0,
                    }),
                    ..of()
                },
                "decay",
            ),
        ] {
            let error = world.search.run(&world.models, world.place, request).await;
            let error = error.expect_err(field);
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.message.contains(field), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_index_still_holds_and_sql_does_not_is_never_shown() {
    embedded(|world| async move {
        let many: Vec<String> = (0..80).map(|at| format!("cat number {at}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let gone = world.add("gone", &many).await;
        world
            .add("stays", &["one more cat among many other animals"])
            .await;
        assert_eq!(world.find(text("cat")).await.hits.len(), 10);
        // Behind the program's back, as after a crash between commit and index.
        for sql in [
            "DELETE FROM vectors WHERE chunk_id IN (SELECT id FROM chunks WHERE document_id = $1)",
            "DELETE FROM chunks WHERE document_id = $1",
            "DELETE FROM documents WHERE id = $1",
        ] {
            store::on_writer!(world.db, execute => sqlx::query(sql).bind(gone)).expect("writes");
        }
        let left = world.texts(text("cat")).await;
        assert_eq!(left, ["one more cat among many other animals"]);
    })
    .await;
}

#[tokio::test]
async fn vectors_that_understand_nothing_do_not_spoil_the_answer() {
    embedded(|world| async move {
        // Sixty documents whose vectors say nothing: noise around one direction.
        for at in 0..60u32 {
            let new = NewDocument {
                name: format!("{at}"),
                ..NewDocument::default()
            };
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
            let noise = |i: u32| ((at * 37 + i * i * 11) as f32).sin();
            let vector = (0..64).map(|i| 1.0 + 0.5 * noise(i)).collect();
            let chunk = NewChunk {
                text: format!("animal number {at} is called name{at}"),
                vector: Some(vector),
                ..NewChunk::default()
            };
            let space = Some(world.space.id);
            let added = world
                .library
                .add_chunks(world.place, id, revision, space, vec![chunk]);
            added.await.expect("added");
            let facts = PublishedFacts::default();
            world
                .library
                .publish(world.place, id, revision, &facts)
                .await
                .expect("published");
        }
        for at in [3, 30, 59] {
            let answer = world
                .find(SearchRequest::of(format!("who is name{at}?")))
                .await;
            assert_eq!(answer.hits[0].document_name, at.to_string());
        }
    })
    .await;
}
