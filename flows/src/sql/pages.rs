use serde_json::Value;
use store::{Db, Json, Micros, OrgId, Result, Tx, UserId, on_reader, on_tx, on_writer, row};

use crate::ids::{ConversationId, RunId, TurnId, WorkflowId};

row! {
    /// A flow's page.
    #[derive(Debug, Clone)]
    pub(crate) struct PageRow {
        pub(crate) workflow_id: WorkflowId,
        pub(crate) kind: String,
        pub(crate) org_id: OrgId,
        pub(crate) token: String,
        pub(crate) is_on: bool,
        pub(crate) access: String,
        pub(crate) password_hash: Option<String>,
        pub(crate) settings: Json<Value>,
        pub(crate) created_at: Micros,
        pub(crate) updated_at: Micros,
    }

    /// A message and its answer.
    #[derive(Debug, Clone)]
    pub(crate) struct TurnRow {
        pub(crate) id: TurnId,
        pub(crate) org_id: OrgId,
        pub(crate) conversation_id: ConversationId,
        pub(crate) message: String,
        pub(crate) files: Json<Vec<String>>,
        pub(crate) run_id: RunId,
        pub(crate) state: String,
        pub(crate) answer: Option<String>,
        pub(crate) citations: Option<Json<Value>>,
        pub(crate) created_at: Micros,
    }
}

macro_rules! page_columns {
    () => {
        "workflow_id, kind, org_id, token, is_on, access, password_hash, settings, created_at, updated_at"
    };
}

macro_rules! turn_columns {
    () => {
        "id, org_id, conversation_id, message, files, run_id, state, answer, citations, created_at"
    };
}

/// The page at an address. The token is all that a visitor shows, so no organization narrows this.
pub(crate) async fn find(db: &Db, token: &str) -> Result<Option<PageRow>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", page_columns!(), " FROM workflow_pages WHERE token = $1",
    )).bind(token).fetch_optional(c).await)
}

pub(crate) async fn get(
    db: &Db,
    org: OrgId,
    workflow: WorkflowId,
    kind: &str,
) -> Result<Option<PageRow>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", page_columns!(), " FROM workflow_pages
         WHERE workflow_id = $1 AND kind = $2 AND org_id = $3",
    )).bind(workflow).bind(kind).bind(org).fetch_optional(c).await)
}

/// Makes the page or replaces it.
pub(crate) async fn put(tx: &mut Tx, page: &PageRow) -> Result<()> {
    on_tx!(tx, execute => sqlx::query(concat!(
        "INSERT INTO workflow_pages (", page_columns!(), ")
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (workflow_id, kind) DO UPDATE SET token = excluded.token,
             is_on = excluded.is_on, access = excluded.access,
             password_hash = excluded.password_hash, settings = excluded.settings,
             updated_at = excluded.updated_at
         WHERE workflow_pages.org_id = excluded.org_id",
    ))
    .bind(page.workflow_id)
    .bind(&page.kind)
    .bind(page.org_id)
    .bind(&page.token)
    .bind(page.is_on)
    .bind(&page.access)
    .bind(&page.password_hash)
    .bind(&page.settings)
    .bind(page.created_at)
    .bind(page.updated_at))?;
    Ok(())
}

/// Counts one more of something at a page since `window`; gives how many there are now.
pub(crate) async fn count(db: &Db, page: &PageRow, counter: &str, window: Micros) -> Result<i64> {
    let (count,): (i64,) = on_writer!(db, c => sqlx::query_as(
        "INSERT INTO page_counts (token, org_id, counter, window_start, count)
         VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (token, counter, window_start)
             DO UPDATE SET count = page_counts.count + 1
         RETURNING count",
    ).bind(&page.token).bind(page.org_id).bind(counter).bind(window).fetch_one(c).await)?;
    Ok(count)
}

/// Who a conversation belongs to.
#[derive(Debug, Clone)]
pub(crate) struct NewConversation<'a> {
    pub(crate) id: ConversationId,
    pub(crate) org_id: OrgId,
    pub(crate) workflow_id: WorkflowId,
    pub(crate) kind: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) user_id: Option<UserId>,
    pub(crate) now: Micros,
}

pub(crate) async fn insert_conversation(db: &Db, new: &NewConversation<'_>) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "INSERT INTO page_conversations
             (id, org_id, workflow_id, kind, digest, user_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(new.id)
    .bind(new.org_id)
    .bind(new.workflow_id)
    .bind(new.kind)
    .bind(new.digest)
    .bind(new.user_id)
    .bind(new.now))?;
    Ok(())
}

/// The conversation whose secret has this digest, and the member it belongs to.
pub(crate) async fn find_conversation(
    db: &Db,
    page: &PageRow,
    digest: &str,
) -> Result<Option<(ConversationId, Option<UserId>)>> {
    on_reader!(db, c => sqlx::query_as(
        "SELECT id, user_id FROM page_conversations
         WHERE digest = $1 AND workflow_id = $2 AND kind = $3 AND org_id = $4",
    ).bind(digest).bind(page.workflow_id).bind(&page.kind).bind(page.org_id)
        .fetch_optional(c).await)
}

/// Writes a message down, before its run begins.
pub(crate) async fn insert_turn(db: &Db, turn: &TurnRow) -> Result<()> {
    on_writer!(db, execute => sqlx::query(concat!(
        "INSERT INTO page_turns (", turn_columns!(), ")
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    ))
    .bind(turn.id)
    .bind(turn.org_id)
    .bind(turn.conversation_id)
    .bind(&turn.message)
    .bind(&turn.files)
    .bind(turn.run_id)
    .bind(&turn.state)
    .bind(&turn.answer)
    .bind(&turn.citations)
    .bind(turn.created_at))?;
    on_writer!(db, execute => sqlx::query(
        "UPDATE page_conversations SET updated_at = $1 WHERE id = $2 AND org_id = $3",
    )
    .bind(turn.created_at)
    .bind(turn.conversation_id)
    .bind(turn.org_id))?;
    Ok(())
}

/// Notes what became of a message.
pub(crate) async fn settle_turn(db: &Db, turn: &TurnRow) -> Result<()> {
    on_writer!(db, execute => sqlx::query(
        "UPDATE page_turns SET state = $1, answer = $2, citations = $3
         WHERE id = $4 AND org_id = $5",
    )
    .bind(&turn.state)
    .bind(&turn.answer)
    .bind(&turn.citations)
    .bind(turn.id)
    .bind(turn.org_id))?;
    Ok(())
}

/// The newest messages of a conversation, the newest first.
pub(crate) async fn turns(
    db: &Db,
    org: OrgId,
    conversation: ConversationId,
    most: i64,
) -> Result<Vec<TurnRow>> {
    on_reader!(db, c => sqlx::query_as(concat!(
        "SELECT ", turn_columns!(), " FROM page_turns
         WHERE conversation_id = $1 AND org_id = $2 ORDER BY id DESC LIMIT $3",
    )).bind(conversation).bind(org).bind(most).fetch_all(c).await)
}

/// Deletes conversations of all organizations in which nothing was said since then, at most `most`.
pub(crate) async fn delete_conversations(db: &Db, before: Micros, most: i64) -> Result<u64> {
    on_writer!(db, execute => sqlx::query(
        "DELETE FROM page_conversations WHERE id IN
             (SELECT id FROM page_conversations WHERE updated_at < $1 LIMIT $2)",
    )
    .bind(before)
    .bind(most))
}

/// Deletes counters of windows that began before this time.
pub(crate) async fn delete_counts(db: &Db, before: Micros) -> Result<u64> {
    on_writer!(db, execute => sqlx::query("DELETE FROM page_counts WHERE window_start < $1")
        .bind(before))
}
