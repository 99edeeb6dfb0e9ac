//! Files that take more than a parser, or that want to do harm, through the real upload.

use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::json;
use store::testing::TempDir;
use tokio::net::TcpListener;

use crate::hub::{Hub, Vendor};
use crate::site::at_each_site;

/// A page that is nothing but a picture.
fn scanned_pdf() -> Vec<u8> {
    let content = b"q 612 0 0 792 0 0 cm /Im0 Do Q".as_slice();
    let picture = b"\xff\xd8\xff\xe0 stands for a picture \xff\xd9".as_slice();
    let stream = |head: &str, bytes: &[u8]| {
        let head = format!("<< {head} /Length {} >>\nstream\n", bytes.len());
        [head.as_bytes(), bytes, b"\nendstream"].concat()
    };
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
          /Resources << /XObject << /Im0 5 0 R >> >> >>"
            .to_vec(),
        stream("", content),
        stream(
            "/Type /XObject /Subtype /Image /Width 1700 /Height 2200 /ColorSpace /DeviceGray \
             /BitsPerComponent 8 /Filter /DCTDecode",
            picture,
        ),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n", at + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let table = file.len();
    file.extend_from_slice(
        format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).as_bytes(),
    );
    for place in &places {
        file.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    file.extend_from_slice(
        format!(
            "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
            places.len() + 1
        )
        .as_bytes(),
    );
    file
}

#[tokio::test]
async fn a_scanned_page_is_read_by_the_ocr_program_and_found() {
    let dir = TempDir::new();
    let program = dir.path().join("tesseract");
    let table = "level\\tp\\tb\\tpar\\tl\\tw\\tleft\\ttop\\twidth\\theight\\tconf\\ttext\\n\
        1\\t1\\t0\\t0\\t0\\t0\\t0\\t0\\t1700\\t2200\\t-1\\t\\n\
        5\\t1\\t1\\t1\\t1\\t1\\t30\\t40\\t50\\t12\\t91\\tParking\\n\
        5\\t1\\t1\\t1\\t1\\t2\\t90\\t40\\t40\\t12\\t89\\tpermit\\n";
    let script = format!("#!/bin/sh\ncat > /dev/null; printf '{table}'\n");
    std::fs::write(&program, script).expect("written");
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&program, permissions).expect("may be run");
    let settings = format!("[rag]\nocr = \"{}\"\n", program.display());
    at_each_site(&settings, async |site| {
        let hub = Hub::open(&site, json!({"name": "Scans"})).await;
        let document = hub.ingest("permit.pdf", &scanned_pdf(), &[]).await;
        assert_eq!(document["status"], "ready", "{document}");
        assert_eq!(hub.find("parking permit").await, ["permit.pdf"]);
    })
    .await;
}

#[tokio::test]
async fn a_scanned_page_without_an_ocr_program_says_what_is_missing() {
    at_each_site("[rag]\nocr = \"off\"\n", async |site| {
        let hub = Hub::open(&site, json!({"name": "Scans"})).await;
        let document = hub.ingest("permit.pdf", &scanned_pdf(), &[]).await;
        assert_eq!(document["status"], "failed", "{document}");
        let why = document["error"].as_str().expect("why");
        assert!(
            why.contains("no text was found") && why.contains("tesseract"),
            "{why}"
        );
    })
    .await;
}

/// A vendor that writes down whatever it hears, if the file came through.
async fn transcribe(body: Bytes) -> (StatusCode, axum::Json<serde_json::Value>) {
    let has = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    match has(SOUND) && has(b"whisper-1") {
        true => (
            StatusCode::OK,
            axum::Json(json!({"text": "The canteen opens at eleven."})),
        ),
        false => (
            StatusCode::BAD_REQUEST,
            axum::Json(json!({"error": {"message": "no sound", "type": "invalid_request_error"}})),
        ),
    }
}

const SOUND: &[u8] = b"ID3\x04\x00\x00\x00\x00\x00\x00 stands for sound";

#[tokio::test]
async fn what_is_said_in_a_recording_is_written_down_by_the_model_and_found() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/v1/audio/transcriptions", post(transcribe));
    #[expect(clippy::disallowed_methods, reason = "aborted below")]
    let server = tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    let settings = format!(
        "[providers.openai]\nbase_url = \"http://{address}/v1\"\napi_key = \"sk-test\"\n\
         [rag]\ntranscription_model = \"openai/whisper-1\"\n"
    );
    at_each_site(&settings, async |site| {
        let hub = Hub::open(&site, json!({"name": "Calls"})).await;
        let document = hub.ingest("call.mp3", SOUND, &[]).await;
        assert_eq!(document["status"], "ready", "{document}");
        assert_eq!(hub.find("canteen").await, ["call.mp3"]);
    })
    .await;
    server.abort();
}

#[tokio::test]
async fn a_bomb_fails_alone_with_its_reason_and_the_next_file_is_read() {
    at_each_site("", async |site| {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        archive
            .start_file("word/document.xml", options)
            .expect("begun");
        let part = vec![b' '; 1 << 20];
        for _ in 0..200 {
            archive.write_all(&part).expect("written");
        }
        let bomb = archive.finish().expect("ends").into_inner();
        assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let document = hub.ingest("bomb.docx", &bomb, &[]).await;
        assert_eq!(document["status"], "failed", "{document}");
        let why = document["error"].as_str().expect("why");
        assert!(why.contains("unpack") || why.contains("large"), "{why}");
        let document = hub.ingest("a.md", b"Thirty days of leave.", &[]).await;
        assert_eq!(document["status"], "ready", "{document}");
    })
    .await;
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_by_its_size() {
    at_each_site("[rag]\nmax_file_bytes = 1000\n", async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let refused = hub.upload("a.md", &[b'a'; 1001], &[]).await;
        assert_eq!(
            refused.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{}",
            refused.text
        );
        assert_eq!(refused.code(), "body_too_large");
        // A wrong field that names the setting is no large file.
        let fields = [("attributes", "rag.max_file_bytes")];
        let wrong = hub.upload("a.md", b"a", &fields).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.text);
    })
    .await;
}

#[tokio::test]
async fn a_question_is_answered_over_http_with_a_citation_on_each_database() {
    let vendor = Vendor::start().await;
    at_each_site(&vendor.settings(), async |site| {
        let hub = Hub::open(&site, json!({"name": "Handbook"})).await;
        let text = b"The canteen opens at eleven. Everybody has thirty days of leave a year.";
        hub.ingest("a.md", text, &[]).await;
        let asked = json!({"question": "When does the canteen open?", "options": {"model": "builtin/extract"},
            "stream": false});
        let answer = hub.post("/ask", asked).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let answer = answer.json();
        assert_eq!(answer["found"], true, "{answer}");
        assert!(
            answer["answer"]
                .as_str()
                .is_some_and(|text| text.contains("eleven")),
            "{answer}"
        );
        assert_eq!(answer["citations"][0]["document_name"], "a.md", "{answer}");
        let asked = json!({"question": "Who won the regatta of 1931?", "options": {"model": "builtin/extract"},
            "stream": false});
        let answer = hub.post("/ask", asked).await.json();
        assert_eq!(answer["found"], false, "{answer}");
    })
    .await;
}
