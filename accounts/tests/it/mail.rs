use std::sync::Arc;
use std::time::Duration;

use accounts::{
    Accounts, AccountsConfig, EmailStatus, Locale, Mail, MailContent, PageRequest, Security,
    SmtpConfig,
};
use parking_lot::Mutex;
use store::testing::{TempDir, for_each_db};
use store::{Db, TestClock, in_tx};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// An SMTP server that takes what it is given, after refusing a number of times.
#[derive(Clone)]
struct Sink {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
    /// Answers to the next messages; 250 when there are none.
    answers: Arc<Mutex<Vec<&'static str>>>,
}

impl Sink {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let sink = Self {
            port: listener.local_addr().expect("bound").port(),
            taken: Arc::default(),
            answers: Arc::default(),
        };
        let server = sink.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(socket));
            }
        });
        sink
    }

    async fn serve(self, socket: TcpStream) -> Option<()> {
        let (reading, mut writing) = socket.into_split();
        let mut lines = BufReader::new(reading).lines();
        writing.write_all(b"220 sink\r\n").await.ok()?;
        while let Ok(Some(line)) = lines.next_line().await {
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_uppercase();
            let answer = match verb.as_str() {
                "DATA" => {
                    writing.write_all(b"354 go on\r\n").await.ok()?;
                    let mut text = String::new();
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        text.push_str(&line);
                        text.push('\n');
                    }
                    let answer = self.answers.lock().pop().unwrap_or("250 taken");
                    if answer.starts_with("250") {
                        self.taken.lock().push(text);
                    }
                    answer
                }
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            writing
                .write_all(format!("{answer}\r\n").as_bytes())
                .await
                .ok()?;
        }
        None
    }
}

struct Post {
    accounts: Accounts,
    clock: TestClock,
    sink: Sink,
    config: AccountsConfig,
    db: Db,
    _dir: TempDir,
}

impl Post {
    async fn new(db: Db) -> Self {
        let (dir, clock, sink) = (TempDir::new(), TestClock::default(), Sink::open().await);
        let config = AccountsConfig {
            data_dir: dir.path().to_owned(),
            smtp: Some(SmtpConfig {
                host: "127.0.0.1".to_owned(),
                port: Some(sink.port),
                security: Security::None,
                username: None,
                password: None,
                from: "NoCode AI <ai@example.org>".to_owned(),
            }),
            ..AccountsConfig::default()
        };
        let accounts = Accounts::open(db.clone(), Arc::new(clock.clone()), &config).await;
        Self {
            accounts: accounts.expect("opens"),
            clock,
            sink,
            config,
            db,
            _dir: dir,
        }
    }

    async fn queue(&self, to: &str) {
        let mail = Mail {
            org_id: None,
            to,
            locale: Locale::German,
            content: MailContent::Invitation {
                inviter: "Jürgen",
                organization: "Größe & Söhne",
                link: "https://ai.example.org/invitation?token=SECRETTOKEN".to_owned(),
            },
        };
        let queued: accounts::Result<()> = in_tx!(self.db, tx: accounts::Error => {
            self.accounts.queue_mail(tx, &mail).await
        });
        queued.expect("queued");
    }

    async fn only(&self) -> accounts::OutboxEmail {
        let page = self.accounts.list_outbox(PageRequest::first()).await;
        let mut data = page.expect("listed").data;
        assert_eq!(data.len(), 1);
        data.remove(0)
    }
}

#[tokio::test]
async fn a_mail_goes_out_once_and_its_texts_are_forgotten() {
    for_each_db(|db| async move {
        let post = Post::new(db).await;
        post.queue("ada@example.org").await;
        assert_eq!(post.only().await.status, EmailStatus::Waiting);
        let other = Accounts::open(
            store::testing::second_handle(&post.db).await,
            Arc::new(post.clock.clone()),
            &post.config,
        );
        let other = other.await.expect("opens");
        let (a, b) = tokio::join!(post.accounts.send_due_mail(), other.send_due_mail());
        a.and(b).expect("sent");
        post.accounts.send_due_mail().await.expect("nothing left");
        let taken = post.sink.taken.lock().clone();
        assert_eq!(taken.len(), 1, "two instances, one mail");
        assert!(
            taken[0].contains("To: ada@example.org") && taken[0].contains("multipart/alternative")
        );
        assert!(taken[0].contains("SECRETTOKEN"), "{}", taken[0]);
        let mail = post.only().await;
        assert_eq!((mail.status, mail.attempts), (EmailStatus::Sent, 1));
        assert!(mail.text.is_none() && mail.link.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_put_off_is_sent_later_and_one_that_is_refused_is_not() {
    for_each_db(|db| async move {
        let post = Post::new(db).await;
        post.queue("ada@example.org").await;
        post.sink.answers.lock().push("451 come again");
        post.accounts.send_due_mail().await.expect("tried");
        let mail = post.only().await;
        assert_eq!((mail.status, mail.attempts), (EmailStatus::Waiting, 1));
        assert!(mail.last_error.expect("a reason").contains("come again"));
        post.accounts.send_due_mail().await.expect("not due yet");
        assert!(post.sink.taken.lock().is_empty());
        post.clock.advance(Duration::from_secs(11));
        post.accounts.send_due_mail().await.expect("sent");
        assert_eq!(post.sink.taken.lock().len(), 1);

        post.queue("wrong@example.org").await;
        post.sink.answers.lock().push("550 no such person");
        post.accounts.send_due_mail().await.expect("tried");
        let page = post
            .accounts
            .list_outbox(PageRequest::first())
            .await
            .expect("listed");
        assert_eq!(page.data[0].status, EmailStatus::Failed);
        post.clock.advance(Duration::from_secs(86_400));
        post.accounts.send_due_mail().await.expect("nothing is due");
        assert_eq!(post.sink.taken.lock().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_where_tls_is_demanded() {
    for_each_db(|db| async move {
        let mut post = Post::new(db).await;
        if let Some(smtp) = &mut post.config.smtp {
            smtp.security = Security::Starttls;
        }
        post.accounts = Accounts::open(post.db.clone(), Arc::new(post.clock.clone()), &post.config)
            .await
            .expect("opens");
        post.queue("ada@example.org").await;
        post.accounts.send_due_mail().await.expect("tried");
        let mail = post.only().await;
        assert!(
            mail.sent_at.is_none() && mail.last_error.is_some(),
            "{mail:?}"
        );
        assert!(post.sink.taken.lock().is_empty());
    })
    .await;
}

#[tokio::test]
async fn waiting_mails_survive_a_new_master_key_and_are_not_readable_in_the_database() {
    for_each_db(|db| async move {
        let post = Post::new(db).await;
        post.queue("ada@example.org").await;
        post.accounts
            .rotate_master_key(None)
            .await
            .expect("rotated");
        let link = post.only().await.link.expect("readable for the owner");
        assert!(link.ends_with("SECRETTOKEN"));
        let bodies: Vec<Vec<u8>> = store::on_reader!(post.db, c => {
            sqlx::query_scalar("SELECT body FROM emails").fetch_all(c).await
        })
        .expect("read");
        assert!(!bodies[0].windows(6).any(|bytes| bytes == b"SECRET"));
    })
    .await;
}

#[tokio::test]
async fn wrong_settings_are_named() {
    for_each_db(|db| async move {
        let post = Post::new(db).await;
        let with = |change: fn(&mut SmtpConfig)| {
            let mut config = post.config.clone();
            config.smtp.as_mut().map(change).expect("configured");
            let (db, clock) = (post.db.clone(), post.clock.clone());
            async move {
                Accounts::open(db, Arc::new(clock), &config)
                    .await
                    .expect_err("wrong")
            }
        };
        let error = with(|smtp| smtp.from = "nobody".to_owned()).await;
        assert!(error.message.contains("email.from"), "{error}");
        let error = with(|smtp| smtp.username = Some("u".to_owned())).await;
        assert!(error.message.contains("email.password"), "{error}");
    })
    .await;
}
