use store::testing::{POSTGRES_URL, TempDir, for_each_db};
use store::{Db, DbConfig, ErrorKind};

async fn refused(config: DbConfig) -> store::Error {
    match Db::connect(&config).await {
        Ok(_) => panic!("{config:?} opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let dir = TempDir::new();
    let config = DbConfig::embedded(dir.path());
    let text = "not a database, but long enough to look like one. ".repeat(100);
    std::fs::write(config.sqlite_path(), text).expect("writable");
    let error = refused(config).await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(
        error
            .message
            .ends_with("nocode-ai.db: it is not a SQLite database"),
        "{error}"
    );
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let dir = TempDir::new();
    let file = dir.path().join("file");
    std::fs::write(&file, "").expect("writable");
    let error = refused(DbConfig::embedded(file.join("data"))).await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(
        error
            .message
            .starts_with("cannot create the data directory"),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_data_directory_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new();
    let data = dir.path().join("a/b");
    let db = Db::connect(&DbConfig::embedded(&data))
        .await
        .expect("opens");
    let mode = std::fs::metadata(&data).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    db.close().await;
}

#[tokio::test]
async fn an_unknown_scheme_is_refused_without_quoting_the_url() {
    let error = refused(DbConfig {
        url: Some("mysql://root:hunter2@db/x".to_owned()),
        data_dir: "unused".into(),
    })
    .await;
    assert!(
        error.message.contains("must begin with postgres://"),
        "{error}"
    );
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("loopback works")
        .port();
    let error = refused(DbConfig {
        url: Some(format!("postgres://app:hunter2@127.0.0.1:{port}/x")),
        data_dir: "unused".into(),
    })
    .await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(
        error
            .message
            .contains(&format!("PostgreSQL at 127.0.0.1:{port}")),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_missing_postgres_database_is_named() {
    let Ok(server) = std::env::var(POSTGRES_URL) else {
        return;
    };
    let base = server.rsplit_once('/').expect("the URL names a database").0;
    let error = refused(DbConfig {
        url: Some(format!("{base}/no_such_database")),
        data_dir: "unused".into(),
    })
    .await;
    assert!(
        error.message.contains("has no database `no_such_database`"),
        "{error}"
    );
}

#[tokio::test]
async fn an_open_database_answers_and_a_closed_one_is_unavailable() {
    for_each_db(|db| async move {
        db.ping().await.expect("it answers");
        db.close().await;
        let error = db.ping().await.expect_err("it is closed");
        assert_eq!(error.kind, ErrorKind::Unavailable);
    })
    .await;
}
