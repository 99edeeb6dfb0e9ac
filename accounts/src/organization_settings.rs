//! What an organization decides about itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Result, check};

/// Days that logged bodies are kept unless the organization says otherwise.
pub const DEFAULT_RETENTION_DAYS: u32 = 30;
const MAX_RETENTION_DAYS: u32 = 3_650;

/// Settings of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationSettings {
    /// Whether members need a second factor to work in it.
    pub require_mfa: bool,
    /// Patterns of the models that anybody in it may use, `*` for any part; empty: all.
    pub allowed_models: Vec<String>,
    /// Days that logged bodies are kept; `null`: 30, or less where the plan says so.
    pub retention_days: Option<u32>,
}

/// What shall change about the settings; absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateSettings {
    /// See [`OrganizationSettings::require_mfa`].
    pub require_mfa: Option<bool>,
    /// See [`OrganizationSettings::allowed_models`].
    pub allowed_models: Option<Vec<String>>,
    /// See [`OrganizationSettings::retention_days`].
    #[serde(deserialize_with = "crate::api_key::present")]
    #[schema(value_type = Option<u32>)]
    pub retention_days: Option<Option<u32>>,
}

impl OrganizationSettings {
    /// The settings with the wished changes.
    ///
    /// # Errors
    /// `Invalid`.
    pub(crate) fn updated(mut self, update: UpdateSettings) -> Result<Self> {
        if let Some(require_mfa) = update.require_mfa {
            self.require_mfa = require_mfa;
        }
        if let Some(models) = update.allowed_models {
            check::words("settings.allowed_models", &models)?;
            self.allowed_models = models;
        }
        if let Some(days) = update.retention_days {
            if days.is_some_and(|days| days > MAX_RETENTION_DAYS) {
                return Err(Error::invalid(format!(
                    "`settings.retention_days` must be 0 to {MAX_RETENTION_DAYS}"
                )));
            }
            self.retention_days = days;
        }
        Ok(self)
    }
}
