//! The gallery: templates of the program, of one's own organization, and of others that published them.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::{Actor, Permission, Principal};
use gateway::Gateway;
use rag::Rag;
use store::{OrgId, UserId, in_tx};

use super::opinions::{Figures, figures};
use super::{
    CATEGORIES, Complexity, Facts, Origin, Template, TemplateCategory, TemplateDetail,
    TemplateFilter, TemplateOrder, TemplateSummary, UseTemplate, UsedTemplate,
};
use crate::ids::{ProjectId, TemplateId};
use crate::sql::templates::Kept;
use crate::transfer::rename;
use crate::workflows::CreateWorkflow;
use crate::{Error, Flows, Result, sql};

/// Who looks at the gallery or takes something out of it.
#[derive(Clone)]
pub struct Caller {
    /// With whose rights.
    pub who: Arc<Principal>,
    /// Who is written down.
    pub actor: Actor,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

impl Caller {
    /// Somebody with a session or a key.
    pub fn new(who: &Arc<Principal>) -> Self {
        Self {
            who: Arc::clone(who),
            actor: Actor::from(who.as_ref()),
        }
    }

    pub(super) fn org(&self) -> OrgId {
        self.actor.org_id()
    }

    pub(super) fn user(&self) -> Option<UserId> {
        self.actor.user_id()
    }
}

impl Template {
    /// One that an organization keeps, as `org` sees it.
    pub(super) fn kept(one: Kept, org: OrgId) -> Self {
        let date = one.updated_at.to_string().chars().take(10).collect();
        Self {
            slug: one.id.to_string(),
            origin: if one.org_id == org {
                Origin::Own
            } else {
                Origin::Shared
            },
            variables: one.variables.0,
            is_published: one.is_published,
            version: one.version,
            revision: one.revision,
            readme: one.readme,
            facts: Facts {
                name: one.name,
                summary: one.summary,
                icon: one.icon,
                category: one.category,
                tags: one.tags.0,
                complexity: Complexity::of(&one.complexity).unwrap_or(Complexity::Beginner),
                setup_minutes: u32::try_from(one.setup_minutes).unwrap_or_default(),
                author: one.author,
                date,
                is_featured: one.is_featured,
                sample_input: one.sample_input.0,
                graph: one.graph.0,
            },
        }
    }
}

impl Flows {
    /// Templates that the caller sees and that pass, in the order that is wanted.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list_templates(
        &self,
        caller: &Caller,
        filter: &TemplateFilter,
    ) -> Result<Vec<TemplateSummary>> {
        let known = figures(self, caller, "").await?;
        let seen = self.visible_templates(caller.org()).await?;
        let passing = seen.iter().filter(|template| template.passes(filter));
        let mut found: Vec<TemplateSummary> = passing
            .map(|template| known.on(template.summary(self.registry())))
            .collect();
        sort(&mut found, filter.order);
        Ok(found)
    }

    /// The kinds of template that the caller sees.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn template_categories(&self, caller: &Caller) -> Result<Vec<TemplateCategory>> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let seen = self.visible_templates(caller.org()).await?;
        for template in &seen {
            *counts.entry(&template.facts.category).or_default() += 1;
        }
        let all = CATEGORIES.iter().map(|(slug, title)| TemplateCategory {
            slug: (*slug).to_owned(),
            title: (*title).to_owned(),
            count: counts.get(slug).copied().unwrap_or_default(),
        });
        Ok(all.filter(|category| category.count > 0).collect())
    }

    async fn visible_templates(&self, org: OrgId) -> Result<Vec<Template>> {
        let own = sql::templates::own(self.db(), org).await?;
        let shared = sql::templates::shared(self.db(), org).await?;
        let mut all = Template::all().to_vec();
        for one in own.into_iter().chain(shared) {
            all.push(self.fresh(one, org));
        }
        Ok(all)
    }

    /// The template with its graph brought to the node types of this program.
    pub(super) fn fresh(&self, mut one: Kept, org: OrgId) -> Template {
        self.registry().upgrade(&mut one.graph);
        Template::kept(one, org)
    }

    /// A template that the caller's organization sees.
    ///
    /// # Errors
    /// `NotFound`, also for another organization's that is not published.
    pub(super) async fn find_template(&self, org: OrgId, slug: &str) -> Result<Template> {
        let Ok(id) = slug.parse::<TemplateId>() else {
            return Template::find(slug).cloned();
        };
        let one = sql::templates::visible(self.db(), org, id).await?;
        let one = one.ok_or_else(|| Error::not_found("template", id))?;
        Ok(self.fresh(one, org))
    }

    /// A template with what it needs, as this caller has it.
    ///
    /// # Errors
    /// `NotFound`, and those of the database.
    pub async fn template(
        &self,
        gateway: &Gateway,
        caller: &Caller,
        slug: &str,
    ) -> Result<TemplateDetail> {
        let template = self.find_template(caller.org(), slug).await?;
        let known: Figures = figures(self, caller, slug).await?;
        let variables = template.variables.iter().map(|one| one.name.clone());
        Ok(TemplateDetail {
            summary: known.on(template.summary(self.registry())),
            readme: template.readme.clone(),
            graph: template.graph().clone(),
            sample_input: template.sample_input().clone(),
            requires: self
                .needs(gateway, &caller.who, None, template.graph())
                .await?,
            samples: super::samples::of(slug),
            variables: variables.collect(),
            revision: template.revision,
        })
    }

    /// Makes a flow of a template. Project variables that the template brings are added where the
    /// project has none of that name; collections that are missing are made of its samples where there
    /// is a hub and the caller may.
    ///
    /// # Errors
    /// `NotFound` for the template and the project, `Invalid` for the name.
    pub async fn use_template(
        &self,
        gateway: &Gateway,
        rag: Option<&Rag>,
        caller: &Caller,
        slug: &str,
        wanted: UseTemplate,
    ) -> Result<UsedTemplate> {
        let template = self.find_template(caller.org(), slug).await?;
        let project = wanted.project_id;
        self.get_project(caller.org(), project).await?;
        let mut graph = template.graph().clone();
        rename(&mut graph, self.registry(), &wanted.mapping);
        self.add_variables(caller.org(), project, &template).await?;
        let samples = match rag {
            Some(rag) if wanted.samples && caller.who.may(Permission::CollectionsWrite) => {
                super::samples::fill_missing(self, rag, caller, slug, &graph).await?
            }
            _ => Vec::new(),
        };
        let wanted = CreateWorkflow {
            project_id: project,
            name: wanted.name.unwrap_or_else(|| template.facts.name.clone()),
            slug: None,
            description: template.facts.summary.clone(),
            graph,
        };
        let workflow = self.create_workflow(&caller.actor, wanted).await?;
        sql::templates::count_use(self.db(), caller.org(), slug).await?;
        let graph = &workflow.workflow.graph;
        let needs = self
            .needs(gateway, &caller.who, Some(project), graph)
            .await?;
        Ok(UsedTemplate {
            missing: needs.missing(),
            sample_input: template.sample_input().clone(),
            workflow,
            samples,
        })
    }

    async fn add_variables(
        &self,
        org: OrgId,
        project: ProjectId,
        template: &Template,
    ) -> Result<()> {
        if template.variables.is_empty() {
            return Ok(());
        }
        let there = sql::variables::list(self.db(), org, project).await?;
        let is_new = |name: &str| there.iter().all(|known| known.name != name);
        let now = self.now();
        in_tx!(self.db(), tx: Error => {
            for variable in template.variables.iter().filter(|one| is_new(&one.name)) {
                sql::variables::put(tx, org, project, variable, now).await?;
            }
            Ok(())
        })
    }
}

fn sort(all: &mut [TemplateSummary], order: TemplateOrder) {
    all.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.slug.cmp(&b.slug)));
    match order {
        TemplateOrder::Featured => all.sort_by_key(|one| !one.is_featured),
        TemplateOrder::Used => all.sort_by_key(|one| std::cmp::Reverse(one.uses)),
        TemplateOrder::Rated => {
            all.sort_by(|a, b| b.rating.weight().total_cmp(&a.rating.weight()));
        }
        TemplateOrder::Newest => all.sort_by(|a, b| b.date.cmp(&a.date)),
    }
}
