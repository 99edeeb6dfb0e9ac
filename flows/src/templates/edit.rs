//! Templates that organizations keep: made of a flow, edited, given new versions, removed.

use accounts::Change;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Json, OrgId, Tx, in_tx};
use utoipa::ToSchema;

use super::clean::variables_of;
use super::{CATEGORIES, Caller, Complexity, TemplateVersion};
use crate::error::ErrorKind;
use crate::flows::{check_name, check_text};
use crate::graph::Graph;
use crate::ids::{TemplateId, WorkflowId};
use crate::sql::templates::Kept;
use crate::sql::variables::ProjectVariable;
use crate::workflows::count;
use crate::{Error, Flows, Result, sql};

/// Templates of one organization at most.
const MAX_TEMPLATES: i64 = 500;
/// Tags of a template at most.
const MAX_TAGS: usize = 10;
/// Characters of a README at most.
const MAX_README: usize = 50_000;
/// Bytes of a sample input as JSON, at most.
const MAX_SAMPLE: usize = 256 * 1024;
/// Minutes that setting up takes at most.
const MAX_MINUTES: u32 = 600;

/// A template to be made of a flow's draft.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"workflow_id": "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11",
    "name": "Answer mails", "summary": "Reads mails, drafts an answer, asks before it sends.",
    "category": "customer-service", "tags": ["mail"], "complexity": "beginner"}))]
pub struct CreateTemplate {
    /// The flow.
    pub workflow_id: WorkflowId,
    /// For people.
    pub name: String,
    /// One sentence, at most 300 characters.
    pub summary: String,
    /// A name of the icon set (Tabler).
    #[serde(default = "icon")]
    pub icon: String,
    /// A slug of the categories.
    pub category: String,
    /// Words to find it by, at most 10.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How much one has to know.
    #[serde(default = "beginner")]
    pub complexity: Complexity,
    /// How long setting it up takes, 1 to 600.
    #[serde(default = "minutes")]
    pub setup_minutes: u32,
    /// Who made it; the organization's name when absent.
    #[serde(default)]
    pub author: Option<String>,
    /// What it does and how it is set up, in Markdown.
    #[serde(default)]
    pub readme: String,
    /// What a first run may begin with.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub sample_input: Value,
    /// Whether all organizations of the instance see it; only the instance's owner may publish.
    #[serde(default)]
    pub is_published: bool,
}

fn icon() -> String {
    "template".to_owned()
}

fn beginner() -> Complexity {
    Complexity::Beginner
}

fn minutes() -> u32 {
    5
}

/// What shall change about a template; absent fields stay.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"revision": 1, "name": "Answer all mails"}))]
pub struct UpdateTemplate {
    /// The revision that these changes were made to.
    pub revision: Option<i64>,
    /// For people.
    pub name: Option<String>,
    /// One sentence.
    pub summary: Option<String>,
    /// A name of the icon set (Tabler).
    pub icon: Option<String>,
    /// A slug of the categories.
    pub category: Option<String>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
    /// How much one has to know.
    pub complexity: Option<Complexity>,
    /// How long setting it up takes.
    pub setup_minutes: Option<u32>,
    /// Who made it.
    pub author: Option<String>,
    /// What it does and how it is set up, in Markdown.
    pub readme: Option<String>,
    /// What a first run may begin with.
    #[schema(value_type = Option<Object>)]
    pub sample_input: Option<Value>,
    /// Whether all organizations of the instance see it; only the instance's owner may say.
    pub is_published: Option<bool>,
    /// Whether it is shown first; only the instance's owner may say.
    pub is_featured: Option<bool>,
}

/// The draft of a flow as the next version of a template.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"workflow_id": "0198c1f0-5a3e-7c3e-9d51-1f0a4f9d2b11", "notes": "Answers in two languages."}))]
pub struct NewTemplateVersion {
    /// The flow.
    pub workflow_id: WorkflowId,
    /// What is new.
    #[serde(default)]
    pub notes: String,
}

/// What the audit log keeps of a template: everything but its graph and texts.
#[derive(Serialize)]
struct Noted<'a> {
    name: &'a str,
    category: &'a str,
    is_published: bool,
    is_featured: bool,
    version: i64,
    revision: i64,
}

impl<'a> From<&'a Kept> for Noted<'a> {
    fn from(one: &'a Kept) -> Self {
        Self {
            name: &one.name,
            category: &one.category,
            is_published: one.is_published,
            is_featured: one.is_featured,
            version: one.version,
            revision: one.revision,
        }
    }
}

impl Flows {
    /// Keeps the draft of a flow as a template. Secrets do not get into it: credentials, collections
    /// and secrets stay names, which whoever uses the template connects.
    ///
    /// # Errors
    /// `NotFound` (the flow); `Invalid` naming the field, or the place where a secret stands in clear;
    /// `Forbidden` for publishing by anybody but the instance's owner.
    pub async fn create_template(&self, caller: &Caller, wanted: CreateTemplate) -> Result<String> {
        let org = caller.org();
        if wanted.is_published {
            may_publish(caller)?;
        }
        let (graph, variables) = self.taken(caller, wanted.workflow_id).await?;
        let author = match wanted.author {
            Some(author) => author,
            None => self.accounts().get_organization(org).await?.name,
        };
        let now = self.now();
        let one = Kept {
            id: TemplateId::new(),
            org_id: org,
            name: wanted.name,
            summary: wanted.summary,
            icon: wanted.icon,
            category: wanted.category,
            tags: Json(wanted.tags),
            complexity: wanted.complexity.word().to_owned(),
            setup_minutes: i64::from(wanted.setup_minutes),
            author,
            readme: wanted.readme,
            sample_input: Json(wanted.sample_input),
            node_count: count(&graph),
            graph: Json(graph),
            variables: Json(variables),
            is_published: wanted.is_published,
            is_featured: false,
            version: 1,
            revision: 1,
            created_by: caller.user(),
            created_at: now,
            updated_at: now,
        };
        let one = checked(one)?;
        self.clean(org).await?.texts(&one)?;
        in_tx!(self.db(), tx: Error => {
            if sql::templates::count_in(tx, org).await? >= MAX_TEMPLATES {
                return Err(Error::invalid(format!(
                    "the organization keeps {MAX_TEMPLATES} templates, which is the most: delete some"
                )));
            }
            sql::templates::insert(tx, &one).await?;
            let version = self.version(caller, &one, String::new());
            sql::templates::insert_version(tx, &one, &version).await?;
            self.note_template(tx, caller, "template.create", None, Some(&one)).await?;
            Ok(one.id.to_string())
        })
    }

    /// Changes what is said of a template.
    ///
    /// # Errors
    /// `NotFound`; `Invalid`; `Forbidden` for what is published, or shall be, by anybody but the
    /// instance's owner; `Stale` when somebody else has changed it meanwhile.
    pub async fn update_template(
        &self,
        caller: &Caller,
        id: TemplateId,
        update: UpdateTemplate,
    ) -> Result<()> {
        let seen = update.revision;
        let clean = self.clean(caller.org()).await?;
        self.change(caller, id, "template.update", seen, |mut one| {
            let is_owners = update
                .is_published
                .is_some_and(|yes| yes != one.is_published)
                || update.is_featured.is_some_and(|yes| yes != one.is_featured);
            if is_owners {
                may_publish(caller)?;
            }
            one.is_published = update.is_published.unwrap_or(one.is_published);
            one.is_featured = update.is_featured.unwrap_or(one.is_featured) && one.is_published;
            put(&mut one.name, update.name);
            put(&mut one.summary, update.summary);
            put(&mut one.icon, update.icon);
            put(&mut one.category, update.category);
            put(&mut one.tags.0, update.tags);
            put(
                &mut one.complexity,
                update.complexity.map(|it| it.word().to_owned()),
            );
            put(&mut one.setup_minutes, update.setup_minutes.map(i64::from));
            put(&mut one.author, update.author);
            put(&mut one.readme, update.readme);
            put(&mut one.sample_input.0, update.sample_input);
            let one = checked(one)?;
            clean.texts(&one)?;
            Ok((one, None))
        })
        .await
    }

    /// Makes a flow's draft the next version of a template. Flows that were made of it stay as they are.
    ///
    /// # Errors
    /// As for making and changing one.
    pub async fn add_template_version(
        &self,
        caller: &Caller,
        id: TemplateId,
        wanted: NewTemplateVersion,
    ) -> Result<()> {
        // Another organization's template is not there, whatever flow is named.
        sql::templates::visible(self.db(), caller.org(), id)
            .await?
            .filter(|one| one.org_id == caller.org())
            .ok_or_else(|| Error::not_found("template", id))?;
        let (graph, variables) = self.taken(caller, wanted.workflow_id).await?;
        let notes = check_text("notes", wanted.notes)?;
        self.change(caller, id, "template.version", None, |mut one| {
            one.version += 1;
            one.node_count = count(&graph);
            one.graph = Json(graph);
            one.variables = Json(variables);
            Ok((one, Some(notes)))
        })
        .await
    }

    /// Versions of a template of the caller's organization, newest first, without graphs.
    ///
    /// # Errors
    /// `NotFound`, also for templates of others that are published.
    pub async fn list_template_versions(
        &self,
        org: OrgId,
        id: TemplateId,
    ) -> Result<Vec<TemplateVersion>> {
        let found = sql::templates::versions(self.db(), org, id).await?;
        if found.is_empty() {
            return Err(Error::not_found("template", id));
        }
        Ok(found)
    }

    /// Removes a template. Flows that were made of it stay.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for a published one by anybody but the instance's owner.
    pub async fn delete_template(&self, caller: &Caller, id: TemplateId) -> Result<()> {
        in_tx!(self.db(), tx: Error => {
            let before = sql::templates::get_in(tx, caller.org(), id).await?;
            let before = before.ok_or_else(|| Error::not_found("template", id))?;
            if before.is_published {
                may_publish(caller)?;
            }
            sql::templates::delete(tx, caller.org(), id).await?;
            self.note_template(tx, caller, "template.delete", Some(&before), None).await
        })
    }

    /// A flow's draft as it goes into a template, and the project's variables that it names.
    async fn taken(
        &self,
        caller: &Caller,
        id: WorkflowId,
    ) -> Result<(Graph, Vec<ProjectVariable>)> {
        let flow = self.get_workflow(caller.org(), id).await?;
        let mut graph = flow.graph.0;
        graph.normalize();
        if graph.nodes.is_empty() {
            return Err(Error::invalid("the flow has no nodes: draw it first"));
        }
        let clean = self.clean(caller.org()).await?;
        clean.graph(&graph, self.registry())?;
        let known = sql::variables::list(self.db(), caller.org(), flow.project_id).await?;
        let variables = variables_of(&graph, self.registry(), known);
        clean.variables(&variables)?;
        Ok((graph, variables))
    }

    /// One change of a template, in one transaction. `edit` gives it as it shall be, with the notes of a
    /// new version where it is one.
    async fn change(
        &self,
        caller: &Caller,
        id: TemplateId,
        action: &str,
        seen: Option<i64>,
        edit: impl FnOnce(Kept) -> Result<(Kept, Option<String>)>,
    ) -> Result<()> {
        if seen.is_none() && action == "template.update" {
            return Err(Error::invalid(
                "`revision` is missing: give back the one that these changes were made to",
            ));
        }
        in_tx!(self.db(), tx: Error => {
            let before = sql::templates::get_in(tx, caller.org(), id).await?;
            let before = before.ok_or_else(|| Error::not_found("template", id))?;
            if before.is_published {
                may_publish(caller)?;
            }
            if seen.is_some_and(|seen| seen != before.revision) {
                return Err(stale(&before));
            }
            let (mut after, notes) = edit(before.clone())?;
            after.revision += 1;
            after.updated_at = self.now();
            if !sql::templates::update(tx, &after, before.revision).await? {
                return Err(stale(&before));
            }
            if let Some(notes) = notes {
                let version = self.version(caller, &after, notes);
                sql::templates::insert_version(tx, &after, &version).await?;
            }
            self.note_template(tx, caller, action, Some(&before), Some(&after)).await
        })
    }

    fn version(&self, caller: &Caller, one: &Kept, notes: String) -> TemplateVersion {
        TemplateVersion {
            number: one.version,
            notes,
            created_by: caller.user(),
            created_at: self.now(),
        }
    }

    async fn note_template(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        action: &str,
        before: Option<&Kept>,
        after: Option<&Kept>,
    ) -> Result<()> {
        let target = before.or(after).map(|one| one.id.to_string());
        let (before, after) = (before.map(Noted::from), after.map(Noted::from));
        let change = Change {
            action,
            target: target.unwrap_or_default(),
            before: before.as_ref(),
            after: after.as_ref(),
        };
        Ok(self.accounts().audit(tx, &caller.actor, change).await?)
    }
}

fn put<T>(field: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *field = wanted;
    }
}

fn stale(current: &Kept) -> Error {
    let message =
        "somebody has changed the template meanwhile: load it again and repeat the change";
    Error::new(ErrorKind::Stale, message).with_details(json!({"revision": current.revision}))
}

/// What all organizations see is the business of the instance's owner.
fn may_publish(caller: &Caller) -> Result<()> {
    if caller.who.is_instance_owner() {
        return Ok(());
    }
    let message = "what all organizations see is published, changed and removed by the owner of the \
                   whole instance, signed in as a person";
    Err(Error::new(ErrorKind::Forbidden, message))
}

fn checked(mut one: Kept) -> Result<Kept> {
    one.name = check_name("name", &one.name)?;
    one.author = check_name("author", &one.author)?;
    one.summary = one.summary.trim().to_owned();
    if !(1..=300).contains(&one.summary.chars().count()) {
        return Err(Error::invalid("`summary` must have 1 to 300 characters"));
    }
    let is_icon = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=40).contains(&one.icon.len()) || !one.icon.bytes().all(is_icon) {
        return Err(Error::invalid(
            "`icon` must be a name such as `message-chatbot`",
        ));
    }
    if !CATEGORIES.iter().any(|(slug, _)| *slug == one.category) {
        let known: Vec<&str> = CATEGORIES.iter().map(|(slug, _)| *slug).collect();
        let message = format!("`category` must be one of {}", known.join(", "));
        return Err(Error::invalid(message));
    }
    one.tags.0 = tags(&one.tags.0)?;
    if !(1..=i64::from(MAX_MINUTES)).contains(&one.setup_minutes) {
        let message = format!("`setup_minutes` must be 1 to {MAX_MINUTES}");
        return Err(Error::invalid(message));
    }
    if one.readme.chars().count() > MAX_README {
        let message = format!("`readme` must have at most {MAX_README} characters");
        return Err(Error::invalid(message));
    }
    if one.sample_input.0.to_string().len() > MAX_SAMPLE {
        let message = format!("`sample_input` must have at most {MAX_SAMPLE} bytes as JSON");
        return Err(Error::invalid(message));
    }
    Ok(one)
}

/// Tags without space around them, each once, in their order.
fn tags(wanted: &[String]) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for tag in wanted {
        let tag = tag.trim().to_lowercase();
        if !(1..=40).contains(&tag.chars().count()) || tag.chars().any(char::is_control) {
            return Err(Error::invalid(
                "each of `tags` must have 1 to 40 characters",
            ));
        }
        if !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    if kept.len() > MAX_TAGS {
        let message = format!("there are {} `tags`; {MAX_TAGS} are the most", kept.len());
        return Err(Error::invalid(message));
    }
    Ok(kept)
}
