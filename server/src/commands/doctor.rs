//! `nocode-ai doctor`: is everything there, and does each model answer?

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use accounts::{Actor, CreateKey, Principal};
use anyhow::Result;
use gateway::call::CallContext;
use gateway::{Call, Caller, Gateway};
use providers::{DialectId, Operation};

use crate::app::App;
use crate::config::Config;

#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(super) async fn run(config: &Config, offline: bool) -> Result<ExitCode> {
    let mut report = Report::default();
    report.note(
        "configuration",
        gateway::check(&config.gateway()).map(|()| "fine".to_owned()),
    );
    let dir = &config.server.data_dir;
    let probe = dir.join(".doctor");
    let written = std::fs::create_dir_all(dir)
        .and_then(|()| std::fs::write(&probe, b"probe"))
        .and_then(|()| std::fs::remove_file(&probe));
    report.note(
        "data directory",
        written
            .map(|()| dir.display().to_string())
            .map_err(|e| format!("{}: {e}", dir.display())),
    );
    // The journal of a running server is not ours to replay: the doctor keeps one of its own.
    let scratch = tempfile::tempdir()?;
    let mut own = config.clone();
    own.server.data_dir.clone_from(dir);
    match build(&own, scratch.path()).await {
        Err(error) => report.note("database", Err(format!("{error:#}"))),
        Ok(app) => {
            report.note("database", Ok(format!("{:?}", app.db.dialect())));
            workers(&app.sandbox, &mut report).await;
            if !offline {
                models(&app, &own, &mut report).await?;
            }
            app.gateway.flush().await;
            app.db.close().await;
        }
    }
    for line in &report.lines {
        println!("{line}");
    }
    Ok(if report.failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn build(config: &Config, scratch: &std::path::Path) -> Result<App> {
    let db = crate::app::open_db(config).await?;
    let accounts = crate::app::open_accounts(config, db.clone()).await?;
    let gateway = Gateway::start(gateway::Parts {
        db: db.clone(),
        clock: Arc::new(store::SystemClock),
        accounts: accounts.clone(),
        journal_dir: scratch.join("journal"),
        config: config.gateway(),
    })
    .await
    .map_err(|why| anyhow::anyhow!(why))?;
    App::assemble(config, db, accounts, gateway)
}

/// Whether users' code can run and files can be parsed, and how well they are locked in.
async fn workers(pool: &sandbox::Pool, report: &mut Report) {
    let confinement = pool.check().await.map_err(|e| e.to_string());
    report.note(
        "sandbox",
        confinement.map(|c| match c.seccomp {
            true => format!("seccomp, Landlock {}", c.landlock),
            false => "no seccomp on this system: not for code or files of strangers".to_owned(),
        }),
    );
    // Not everyone writes Python: without it the server is still in order.
    let python = pool.python().await;
    report.lines.push(match python {
        Ok(found) => format!(
            "  ok  Python: {} at {}",
            found.version,
            found.path.display()
        ),
        Err(error) => format!("  --  Python: {error}"),
    });
}

/// One short call to each configured name, and to one plain model of each vendor that lists some.
async fn models(app: &App, config: &Config, report: &mut Report) -> Result<()> {
    if let Some(first) = app.accounts.first_start().await? {
        let key = first.key.expose();
        report.lines.push(format!(
            "  --  first admin key (shown once, keep it): {key}"
        ));
    }
    let org = app.accounts.default_organization().await?;
    let actor = Actor::command_line(org.id);
    let wanted = CreateKey {
        name: "doctor".to_owned(),
        ..CreateKey::default()
    };
    let new = app.accounts.create_key(&actor, wanted).await?;
    let who = app.accounts.authenticate(new.key.expose()).await?;
    let mut names: Vec<String> = vec!["builtin/echo".to_owned()];
    names.extend(config.models.keys().filter(|n| !n.contains('*')).cloned());
    for vendor in app
        .gateway
        .table()
        .vendors
        .values()
        .filter(|vendor| vendor.configured)
    {
        let listed = vendor
            .models
            .iter()
            .filter(|p| !p.is_wild())
            .map(|p| p.fill(""));
        let listed: Vec<String> = listed.map(|m| format!("{}/{m}", vendor.id)).collect();
        match listed.is_empty() {
            true => report.lines.push(format!(
                "  --  {}: lists no models, so none was called (providers.{}.models)",
                vendor.id, vendor.id
            )),
            false => names.extend(listed),
        }
    }
    for name in names {
        let began = Instant::now();
        let outcome = ask(&app.gateway, &who, &name).await;
        report.note(
            &name,
            outcome.map(|()| format!("{} ms", began.elapsed().as_millis())),
        );
    }
    app.accounts.delete_key(&actor, new.record.id).await?;
    Ok(())
}

async fn ask(gateway: &Gateway, who: &Arc<Principal>, model: &str) -> Result<(), String> {
    let body = serde_json::json!({
        "model": model,
        "messages": [{"role": "user", "content": "Say OK."}],
        "max_tokens": 16,
    });
    let body = body.to_string().into_bytes().into();
    let context = CallContext::internal(Caller::Http, gateway.now_us());
    let operation = Operation::Chat(DialectId::Chat);
    let call =
        Call::read("/v1/chat/completions", operation, body, context).map_err(|e| e.to_string())?;
    gateway
        .call(who, call)
        .await
        .map(drop)
        .map_err(|e| e.to_string())
}

#[derive(Default)]
struct Report {
    lines: Vec<String>,
    failed: bool,
}

impl Report {
    fn note(&mut self, what: &str, outcome: Result<String, String>) {
        match outcome {
            Ok(detail) => self.lines.push(format!("  ok  {what}: {detail}")),
            Err(why) => {
                self.failed = true;
                self.lines.push(format!("FAIL  {what}: {why}"));
            }
        }
    }
}
