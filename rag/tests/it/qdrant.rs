//! The Qdrant index: it converges whichever side crashes.

use rag::ErrorKind;
use rag::index::{Place, VectorStore as _};
use rag::search::{Comparison, Filter, Mode, SearchRequest};

use crate::world::{World, with_qdrant};

async fn count(world: &World) -> u64 {
    world
        .library
        .store()
        .count(world.place)
        .await
        .expect("counts")
        .chunks
}

#[tokio::test]
async fn what_the_server_missed_is_delivered_later() {
    with_qdrant(|world| async move {
        let Some(server) = &world.server else { return };
        let id = world.add("cats", &["the cat sleeps"]).await;
        server.fail(1000);
        world
            .write(
                id,
                &["the parrot talks", "the parrot flies"],
                Some(world.space.id),
            )
            .await;
        let error = world
            .library
            .store()
            .sync(world.place)
            .await
            .expect_err("is out of order");
        assert_eq!(error.kind, ErrorKind::Unavailable);
        server.fail(0);
        assert_eq!(count(&world).await, 2);
        assert_eq!(
            world.texts(SearchRequest::of("parrot talks")).await[0],
            "the parrot talks"
        );
        let writes = server.writes();
        world
            .library
            .store()
            .sync(world.place)
            .await
            .expect("is in step");
        assert_eq!(server.writes(), writes, "nothing is written twice");
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_the_server_missed_is_hidden_at_once_and_done_later() {
    with_qdrant(|world| async move {
        let Some(server) = &world.server else { return };
        let id = world.add("cats", &["the cat sleeps"]).await;
        server.fail(1);
        let error = world.library.delete_document(world.place, id).await;
        assert_eq!(
            error.expect_err("is out of order").kind,
            ErrorKind::Unavailable
        );
        assert_eq!(server.points(), 1);
        assert!(world.find(SearchRequest::of("cat")).await.hits.is_empty());
        world.library.finish_deletions().await.expect("finishes");
        assert_eq!(server.points(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_lost_everything_is_filled_again() {
    with_qdrant(|world| async move {
        let Some(server) = &world.server else { return };
        let texts: Vec<String> = (0..300).map(|at| format!("cat number {at}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        world.add("cats", &texts).await;
        assert_eq!(count(&world).await, 300);
        server.wipe();
        let config = rag::index::QdrantConfig {
            url: server.url(),
            api_key: Some("secret".to_owned()),
            prefix: "restored".to_owned(),
        };
        let other = crate::world::qdrant(&world.db, &config);
        assert_eq!(other.refill(world.place).await.expect("notes"), 300);
        assert_eq!(other.waiting(world.place).await.expect("counts"), 300);
        assert_eq!(other.catch_up().await.expect("delivers"), 1);
        assert_eq!(server.points(), 300);
        assert_eq!(other.waiting(world.place).await.expect("counts"), 0);
    })
    .await;
}

#[tokio::test]
async fn everything_is_moved_from_the_embedded_index_to_a_server() {
    with_qdrant(|world| async move {
        let Some(server) = &world.server else { return };
        let id = world.add("cats", &["the cat sleeps", "the cat eats"]).await;
        world.add("parrots", &["the parrot talks"]).await;
        server.wipe();
        let config = rag::index::QdrantConfig {
            url: server.url(),
            api_key: Some("secret".to_owned()),
            prefix: "moved".to_owned(),
        };
        let other = crate::world::qdrant(&world.db, &config);
        // Twice: an interrupted move is repeated.
        for _ in 0..2 {
            let mut told = Vec::new();
            let moved = rag::index::fill(&world.db, &other, |moved| told.push(moved.clone()));
            moved.await.expect("moves");
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].is_complete() && told[0].points == 3, "{told:?}");
            assert_eq!(told[0].place, world.place);
        }
        assert_eq!(server.points(), 3);
        server.fail(1000);
        let error = rag::index::fill(&world.db, &other, |_| {}).await;
        assert_eq!(
            error.expect_err("is out of order").kind,
            ErrorKind::Unavailable
        );
        server.fail(0);
        world
            .library
            .delete_document(world.place, id)
            .await
            .expect("deletes");
        other.catch_up().await.expect("goes on where it was");
        assert_eq!(other.count(world.place).await.expect("counts").chunks, 1);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_is_said_to_be_wrong() {
    with_qdrant(|world| async move {
        let Some(server) = &world.server else { return };
        world.add("cats", &["the cat sleeps"]).await;
        let config = rag::index::QdrantConfig {
            url: server.url(),
            api_key: Some("wrong".to_owned()),
            prefix: "other".to_owned(),
        };
        let other = crate::world::qdrant(&world.db, &config);
        other.refill(world.place).await.expect("notes");
        let error = other.catch_up().await.expect_err("is refused");
        assert_eq!(error.kind, ErrorKind::NotConfigured);
        assert!(error.message.contains("qdrant.api_key"), "{error}");
        assert!(!format!("{config:?}").contains("wrong"));
    })
    .await;
}

#[tokio::test]
async fn texts_have_no_order_there_and_it_says_so() {
    with_qdrant(|world| async move {
        world.add("cats", &["the cat sleeps"]).await;
        let comparison = Comparison {
            key: "a".to_owned(),
            value: "b".into(),
        };
        let request = SearchRequest {
            filter: Some(Filter::Gt(comparison)),
            mode: Mode::Text,
            ..SearchRequest::of("cat")
        };
        let error = world.search.run(&world.models, world.place, request).await;
        assert_eq!(error.expect_err("is refused").kind, ErrorKind::Invalid);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_collection_is_not_found() {
    with_qdrant(|world| async move {
        let collection = rag::CollectionId::new();
        let place = Place {
            collection,
            ..world.place
        };
        let error = world
            .library
            .store()
            .count(place)
            .await
            .expect_err("is not there");
        assert_eq!(error.kind, ErrorKind::NotFound);
    })
    .await;
}
