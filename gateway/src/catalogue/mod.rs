//! What is known of models, and what they cost.
//!
//! The facts are text files in `gateway/catalogue/`, one per provider, inside the binary. They are
//! searched in place: starting costs nothing, and memory holds only the cards of models in use.
//! Configuration may replace or add any fact ([`Override`]).
//!
//! ```text
//! let catalogue = Catalogue::with_overrides(config.models)?;
//! let card = catalogue.lookup("openai", "gpt-4o");            // Option<Arc<ModelCard>>
//! let cost = card.and_then(|c| c.cost(&usage, &Terms::of(op))); // Option<Cost>: None is "unknown"
//! ```
//!
//! # Invariants
//!
//! * Money is integers from the file to the bill; the sum of a bill is rounded once, upwards.
//! * An absent figure stays absent: an unknown model has no cost, which is not a cost of 0.
//! * [`upper_bound`] is never below [`rate`] for a call within the [`Ceiling`].
//! * [`PriceTable::version`] changes when, and only when, a price changes.
//!
//! # Adding a model
//!
//! One line in `gateway/catalogue/<provider>.txt`; a new provider is a file and a line in
//! `builtin.rs`.

mod alias;
mod bound;
mod builtin;
mod card;
pub(crate) mod decimal;
mod hours;
pub(crate) mod nearest;
mod overrides;
mod price;
mod rate;
mod row;
#[cfg(test)]
mod tests;
mod unit;

pub use bound::{Ceiling, upper_bound};
pub use card::{Capabilities, Capability, Mode, ModelCard};
pub use hours::OffPeakHours;
pub use overrides::{Override, OverrideError, PriceOverride};
pub use price::{PriceTable, Rate, SnapshotError};
pub use rate::{Cost, CostPart, Terms, rate};
pub use unit::{PriceKey, Tier, Unit};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::RwLock;

use builtin::{FILES, File, id_of};
use overrides::Overrides;

/// The built-in facts under the configured ones. Immutable: a new configuration makes a new one.
#[derive(Debug, Default)]
pub struct Catalogue {
    overrides: Overrides,
    /// Cards that were asked for, by the address of their row: bounded by the number of rows.
    cards: RwLock<HashMap<usize, Arc<ModelCard>>>,
}

impl Catalogue {
    /// The built-in facts alone.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// The built-in facts with configured ones over them. Keys are `provider/model`, where the model
    /// may end in `*` to stand for all that begin so; an exact key goes before a pattern, a longer
    /// pattern before a shorter.
    ///
    /// # Errors
    /// [`OverrideError`] naming the key: a key of another form, prices beside `free`, or a `same_as`
    /// that is not in the catalogue.
    pub fn with_overrides(
        overrides: impl IntoIterator<Item = (String, Override)>,
    ) -> Result<Self, OverrideError> {
        let overrides: BTreeMap<_, _> = overrides.into_iter().collect();
        Ok(Self {
            overrides: Overrides::build(overrides, builtin_card)?,
            cards: RwLock::default(),
        })
    }

    /// What is known of `model` at `provider`, by its name or another way of writing it (the rules
    /// are in `docs/catalogue.md`); `None` when it is unknown.
    ///
    /// Cheap (a bisection and a map lookup) except under a pattern of the configuration, which
    /// builds a card each time: callers keep the card with their target.
    pub fn lookup(&self, provider: &str, model: &str) -> Option<Arc<ModelCard>> {
        if let Some(card) = self.overrides.exact(provider, model) {
            return Some(card);
        }
        let row = builtin::file(provider).and_then(|file| Some((file, alias::find(file, model)?)));
        if let Some(card) = row.and_then(|(_, row)| self.overrides.exact(provider, id_of(row))) {
            return Some(card);
        }
        if let Some(pattern) = self.overrides.pattern(provider, model) {
            let base = row.and_then(|(file, row)| card(file, row));
            let base =
                base.unwrap_or_else(|| ModelCard::unknown(provider.to_owned(), model.to_owned()));
            return Some(Arc::new(pattern.apply(base)));
        }
        let (file, row) = row?;
        self.cached(file, row)
    }

    /// The providers that know a model by this bare name, makers before hosts; patterns do not count.
    /// Searches every file: callers keep the answer with their route.
    pub fn providers_of(&self, model: &str) -> Vec<&str> {
        let builtin = FILES
            .iter()
            .filter(|file| alias::find_named(file, model).is_some())
            .map(|file| file.provider);
        let mut providers: Vec<&str> = builtin.collect();
        for provider in self.overrides.providers_of(model) {
            if !providers.contains(&provider) {
                providers.push(provider);
            }
        }
        providers
    }

    /// The model ids of a provider, sorted. Nothing is parsed.
    pub fn models(&self, provider: &str) -> Vec<&str> {
        let rows = builtin::file(provider).into_iter().flat_map(File::rows);
        let mut models: Vec<&str> = rows.map(id_of).filter(|id| *id != "*").collect();
        models.extend(self.overrides.models(provider));
        models.sort_unstable();
        models.dedup();
        models
    }

    /// The cards of a provider, in the order of [`Catalogue::models`]. Not kept in memory.
    pub fn list(&self, provider: &str) -> Vec<Arc<ModelCard>> {
        let fresh = Self {
            overrides: self.overrides.clone(),
            cards: RwLock::default(),
        };
        self.models(provider)
            .into_iter()
            .filter_map(|model| fresh.lookup(provider, model))
            .collect()
    }

    /// The prices of a model; `None` when they are unknown.
    pub fn prices(&self, provider: &str, model: &str) -> Option<PriceTable> {
        self.lookup(provider, model)?.price.clone()
    }

    fn cached(&self, file: &File, row: &'static str) -> Option<Arc<ModelCard>> {
        let address = row.as_ptr().addr();
        if let Some(card) = self.cards.read().get(&address) {
            return Some(Arc::clone(card));
        }
        let card = Arc::new(card(file, row)?);
        self.cards.write().insert(address, Arc::clone(&card));
        Some(card)
    }
}

/// The built-in card of a model, without overrides.
fn builtin_card(provider: &str, model: &str) -> Option<ModelCard> {
    let file = builtin::file(provider)?;
    card(file, alias::find(file, model)?)
}

fn card(file: &File, row: &'static str) -> Option<ModelCard> {
    // Every row is read by a test, so a failure here is a row that never reached a release.
    row::parse_row(file.provider, file.header(), row).ok()
}
