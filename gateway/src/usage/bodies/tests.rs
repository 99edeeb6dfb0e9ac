use store::testing::for_each_db;

use super::*;

fn entry(org: OrgId, request_id: &str, at: i64, request: &[u8]) -> Entry {
    Entry {
        org,
        request_id: request_id.to_owned(),
        created_at: Micros(at),
        request: Capture::of(request),
        response: Capture::of(b"answer"),
    }
}

#[test]
fn a_long_body_is_cut_at_a_character_and_marked() {
    let mut body = vec![b'a'; MAX_BODY_BYTES - 1];
    body.extend_from_slice("é and more".as_bytes());
    let text = Capture::of(&body).into_text();
    let kept = "a".repeat(MAX_BODY_BYTES - 1);
    let mark = format!(
        "\n[truncated: the first {} of {} bytes]",
        MAX_BODY_BYTES - 1,
        body.len()
    );
    assert!(text == kept + &mark, "…{}", &text[MAX_BODY_BYTES - 10..]);
}

#[test]
fn a_body_of_exactly_the_limit_is_whole() {
    let body = "a".repeat(MAX_BODY_BYTES);
    assert!(Capture::of(body.as_bytes()).into_text() == body);
}

#[test]
fn pieces_are_put_together_and_nul_is_replaced() {
    let mut capture = Capture::new();
    for piece in ["data: \0", "{}\n", "\n"] {
        capture.push(piece.as_bytes());
    }
    assert_eq!(capture.into_text(), "data: \u{fffd}{}\n\n");
}

#[test]
fn a_binary_body_is_only_named() {
    let body = [0xff, 0xfb, 0x90, 0x64, 0x00];
    assert_eq!(
        Capture::of(&body).into_text(),
        "[5 bytes that are not text]"
    );
    // Binary that is long enough to be cut is no text either.
    let long = vec![0xff; MAX_BODY_BYTES + 1];
    let wanted = format!("[{} bytes that are not text]", long.len());
    assert_eq!(Capture::of(&long).into_text(), wanted);
}

#[tokio::test]
async fn bodies_are_kept_per_organization_until_they_are_too_old() {
    for_each_db(|db| async move {
        let (ours, theirs) = (OrgId::new(), OrgId::new());
        let bodies = Bodies::start(db.clone());
        bodies.push(entry(ours, "req_1", 10, b"first"));
        bodies.push(entry(ours, "req_1", 20, b"second"));
        bodies.push(entry(ours, "req_2", 30, b"third"));
        bodies.push(entry(theirs, "req_1", 40, b"theirs"));
        bodies.flush().await;
        // The same id once more, in another batch.
        bodies.push(entry(ours, "req_2", 31, b"fourth"));
        bodies.flush().await;

        let request = async |org, id| {
            let found = get(&db, org, id).await.expect("answers");
            found.map(|bodies| bodies.request)
        };
        assert_eq!(request(ours, "req_1").await.as_deref(), Some("second"));
        assert_eq!(request(ours, "req_2").await.as_deref(), Some("fourth"));
        assert_eq!(request(theirs, "req_1").await.as_deref(), Some("theirs"));
        assert_eq!(request(theirs, "req_2").await, None);

        assert_eq!(delete_before(&db, Micros(31)).await.expect("answers"), 1);
        assert_eq!(request(ours, "req_1").await, None);
        assert_eq!(request(ours, "req_2").await.as_deref(), Some("fourth"));
        assert_eq!(bodies.dropped(), 0);
    })
    .await;
}

#[tokio::test]
async fn bodies_that_find_no_room_are_dropped_and_counted() {
    for_each_db(|db| async move {
        let bodies = Bodies::start(db.clone());
        let big = vec![b'a'; MAX_BODY_BYTES];
        // On this one thread the storing task cannot run before the first await.
        let fits = MAX_WAITING_BYTES / (MAX_BODY_BYTES + 6);
        for n in 0..fits + 3 {
            bodies.push(entry(OrgId::new(), &format!("req_{n}"), 1, &big));
        }
        assert_eq!(bodies.dropped(), 3);
        bodies.flush().await;
        bodies.push(entry(OrgId::new(), "req_after", 1, &big));
        assert_eq!(bodies.dropped(), 3, "there is room again");
    })
    .await;
}
