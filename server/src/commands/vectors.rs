//! `nocode-ai vectors move`.

use anyhow::{Context, Result, ensure};
use rag::index::{Moved, fill};

use crate::app;
use crate::cli::VectorsAction;
use crate::config::Config;

#[expect(clippy::print_stdout, reason = "the command's answer")]
pub(super) async fn run(config: &Config, action: VectorsAction) -> Result<()> {
    let VectorsAction::Move = action;
    let qdrant = config.rag.qdrant.as_ref().context(
        "there is no `rag.qdrant` in the configuration: name the server there to move to it; the \
         embedded index needs nothing, it reads the database",
    )?;
    let db = app::open_db(config).await?;
    let server = rag::open_qdrant(qdrant, db.clone())?;
    let mut incomplete = Vec::new();
    let outcome = fill(&db, &server, |moved: &Moved| {
        println!("{}: {} chunks", moved.name, moved.points);
        if !moved.is_complete() {
            incomplete.push(format!(
                "`{}` has {} chunks, of which the server holds {}",
                moved.name, moved.chunks, moved.points
            ));
        }
    })
    .await;
    db.close().await;
    outcome.with_context(|| {
        format!(
            "cannot write to the Qdrant server at {}; run this again when it answers",
            qdrant.url
        )
    })?;
    ensure!(incomplete.is_empty(), "{}", incomplete.join("\n"));
    Ok(())
}
