//! All SQL of this crate.

pub(crate) mod deliveries;
pub(crate) mod failures;
pub(crate) mod pages;
pub(crate) mod pins;
pub(crate) mod projects;
pub(crate) mod save_points;
pub(crate) mod schedules;
pub(crate) mod templates;
pub(crate) mod tools;
pub(crate) mod values;
pub(crate) mod variables;
pub(crate) mod versions;
pub(crate) mod workflows;
