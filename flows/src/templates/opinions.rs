//! What people think of templates, and how often they use them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, TemplateSummary};
use crate::{Error, Flows, Result, sql};

/// What people of the instance think of a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct TemplateRating {
    /// Stars on the average, 1 to 5; `null` before the first rating.
    pub average: Option<f64>,
    /// How many people have rated it.
    pub count: i64,
    /// The caller's own stars; `null`: none yet.
    pub mine: Option<i64>,
}

impl TemplateRating {
    /// The average as if two people more had given three stars, so that one enthusiast does not stand
    /// above fifty contented people.
    pub(super) fn weight(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
        let count = self.count as f64;
        self.average.unwrap_or_default().mul_add(count, 6.0) / (count + 2.0)
    }
}

/// Stars for a template.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stars": 5}))]
pub struct RateTemplate {
    /// 1 to 5.
    pub stars: i64,
}

/// What is known of templates, by their slugs.
#[derive(Debug, Default)]
pub(super) struct Figures {
    ratings: BTreeMap<String, TemplateRating>,
    uses: BTreeMap<String, i64>,
}

impl Figures {
    pub(super) fn on(&self, mut summary: TemplateSummary) -> TemplateSummary {
        summary.rating = self.ratings.get(&summary.slug).copied().unwrap_or_default();
        summary.uses = self.uses.get(&summary.slug).copied().unwrap_or_default();
        summary
    }
}

/// What is known of the template, of all when `slug` is empty.
pub(super) async fn figures(flows: &Flows, caller: &Caller, slug: &str) -> Result<Figures> {
    let stars = sql::templates::stars(flows.db(), caller.org(), caller.user(), slug).await?;
    let uses = sql::templates::uses(flows.db(), slug).await?;
    let rating = |one: &sql::templates::Stars| {
        #[expect(clippy::cast_precision_loss, reason = "nobody counts that far")]
        let average = one.stars as f64 / one.ratings.max(1) as f64;
        TemplateRating {
            average: Some(average),
            count: one.ratings,
            mine: one.mine,
        }
    };
    Ok(Figures {
        ratings: stars
            .iter()
            .map(|one| (one.template.clone(), rating(one)))
            .collect(),
        uses: uses
            .into_iter()
            .map(|one| (one.template, one.uses))
            .collect(),
    })
}

impl Flows {
    /// Gives a template stars, in place of those that the person gave it before.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for other numbers than 1 to 5 and for callers who are no person.
    pub async fn rate_template(
        &self,
        caller: &Caller,
        slug: &str,
        wanted: RateTemplate,
    ) -> Result<TemplateRating> {
        self.find_template(caller.org(), slug).await?;
        let user = caller.user().ok_or_else(not_a_person)?;
        if !(1..=5).contains(&wanted.stars) {
            return Err(Error::invalid("`stars` must be 1, 2, 3, 4 or 5"));
        }
        let now = self.now();
        sql::templates::rate(self.db(), caller.org(), user, slug, wanted.stars, now).await?;
        self.rating(caller, slug).await
    }

    /// Takes the caller's stars back.
    ///
    /// # Errors
    /// `NotFound` (the template); `Invalid` for callers who are no person.
    pub async fn unrate_template(&self, caller: &Caller, slug: &str) -> Result<TemplateRating> {
        self.find_template(caller.org(), slug).await?;
        let user = caller.user().ok_or_else(not_a_person)?;
        sql::templates::unrate(self.db(), caller.org(), user, slug).await?;
        self.rating(caller, slug).await
    }

    async fn rating(&self, caller: &Caller, slug: &str) -> Result<TemplateRating> {
        let known = figures(self, caller, slug).await?;
        Ok(known.ratings.get(slug).copied().unwrap_or_default())
    }
}

fn not_a_person() -> Error {
    Error::invalid("stars are given by people: sign in and rate it in the gallery")
}
