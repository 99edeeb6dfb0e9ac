//! Checkpoints.

use serde_json::Value;
use store::{Db, Json, Micros, Result, Tx, on_reader, on_tx, row};

use crate::graph::NodeId;
use crate::ids::RunId;
use crate::node::Cause;
use crate::run::step::{Detail, LogLine, Step};
use crate::value::PortValues;

row! {
    struct StepRow {
        node: String,
        iteration: String,
        seq: i64,
        attempt: i64,
        detail: Json<Detail>,
        input: Json<PortValues>,
        output: Json<PortValues>,
        logs: Json<Vec<LogLine>>,
        tokens: i64,
        nano_usd: i64,
        started_at: Micros,
        ended_at: Option<Micros>,
    }
}

impl From<StepRow> for Step {
    fn from(row: StepRow) -> Self {
        Self {
            node: NodeId::from(row.node),
            iteration: row.iteration,
            seq: row.seq,
            attempt: row.attempt,
            detail: row.detail.0,
            input: row.input.0,
            output: row.output.0,
            logs: row.logs.0,
            tokens: row.tokens,
            nano_usd: row.nano_usd,
            started_at: row.started_at,
            ended_at: row.ended_at,
        }
    }
}

/// Steps in one statement.
const ROWS: usize = 500;

/// Stores checkpoints; a later one of the same place replaces the earlier one.
pub(in crate::run) async fn put_steps(tx: &mut Tx, steps: &[(RunId, &Step)]) -> Result<()> {
    // One statement may not touch a row twice: only the last checkpoint of each place is stored.
    let mut last = std::collections::HashMap::with_capacity(steps.len());
    for (number, (run, step)) in steps.iter().enumerate() {
        last.insert((*run, step.node.as_str(), step.iteration.as_str()), number);
    }
    let mut wanted: Vec<usize> = last.into_values().collect();
    wanted.sort_unstable();
    for part in wanted.chunks(ROWS) {
        on_tx!(tx, c => {
            let mut query = sqlx::QueryBuilder::new(
                "INSERT INTO run_steps (run_id, node, iteration, state, seq, attempt, detail, input,
                     output, logs, tokens, nano_usd, started_at, ended_at) ",
            );
            query.push_values(part, |mut row, number| {
                let (run, step) = &steps[*number];
                row.push_bind(*run)
                    .push_bind(step.node.as_str())
                    .push_bind(&step.iteration)
                    .push_bind(step.detail.state().word())
                    .push_bind(step.seq)
                    .push_bind(step.attempt)
                    .push_bind(Json(&step.detail))
                    .push_bind(Json(&step.input))
                    .push_bind(Json(&step.output))
                    .push_bind(Json(&step.logs))
                    .push_bind(step.tokens)
                    .push_bind(step.nano_usd)
                    .push_bind(step.started_at)
                    .push_bind(step.ended_at);
            });
            query.push(
                " ON CONFLICT (run_id, node, iteration) DO UPDATE SET state = excluded.state,
                     seq = excluded.seq, attempt = excluded.attempt, detail = excluded.detail,
                     input = excluded.input, output = excluded.output, logs = excluded.logs,
                     tokens = run_steps.tokens + excluded.tokens,
                     nano_usd = run_steps.nano_usd + excluded.nano_usd,
                     ended_at = excluded.ended_at",
            );
            query.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(())
}

/// All checkpoints of a run, in order.
pub(in crate::run) async fn load_steps(db: &Db, run: RunId) -> Result<Vec<Step>> {
    let rows: Vec<StepRow> = on_reader!(db, c => sqlx::query_as(
        "SELECT node, iteration, seq, attempt, detail, input, output, logs, tokens, nano_usd,
             started_at, ended_at
         FROM run_steps WHERE run_id = $1 ORDER BY seq",
    )
    .bind(run)
    .fetch_all(c).await)?;
    Ok(rows.into_iter().map(Step::from).collect())
}

/// Notes what has ended a wait. `false`: it does not wait, or something has ended it already.
pub(in crate::run) async fn answer(
    tx: &mut Tx,
    run: RunId,
    node: &str,
    iteration: &str,
    cause: &Cause,
) -> Result<bool> {
    let found: Option<(Json<Detail>, i64)> = on_tx!(tx, c => sqlx::query_as(
        "SELECT detail, seq FROM run_steps
         WHERE run_id = $1 AND node = $2 AND iteration = $3 AND state = 'waiting'",
    )
    .bind(run)
    .bind(node)
    .bind(iteration)
    .fetch_optional(c).await)?;
    let Some((
        Json(Detail::Waiting {
            suspend,
            cause: None,
        }),
        seq,
    )) = found
    else {
        return Ok(false);
    };
    let detail = Detail::Waiting {
        suspend,
        cause: Some(cause.clone()),
    };
    // The sequence number of the state that was read stands against a second answer meanwhile.
    let rows = on_tx!(tx, execute => sqlx::query(
        "UPDATE run_steps SET detail = $1, seq = seq + 1
         WHERE run_id = $2 AND node = $3 AND iteration = $4 AND state = 'waiting' AND seq = $5",
    )
    .bind(Json(&detail))
    .bind(run)
    .bind(node)
    .bind(iteration)
    .bind(seq))?;
    Ok(rows == 1)
}

/// Forgets failures that ended the run, so that they are tried again.
pub(in crate::run) async fn forget_failures(tx: &mut Tx, run: RunId) -> Result<()> {
    let failed: Vec<(String, String, Json<Value>)> = on_tx!(tx, c => sqlx::query_as(
        "SELECT node, iteration, detail FROM run_steps WHERE run_id = $1 AND state = 'failed'",
    )
    .bind(run)
    .fetch_all(c).await)?;
    for (node, iteration, detail) in failed {
        if detail.get("is_handled") == Some(&Value::Bool(true)) {
            continue;
        }
        on_tx!(tx, execute => sqlx::query(
            "DELETE FROM run_steps WHERE run_id = $1 AND node = $2 AND iteration = $3",
        )
        .bind(run)
        .bind(node)
        .bind(iteration))?;
    }
    Ok(())
}
