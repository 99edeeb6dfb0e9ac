//! All SQL of this crate.

pub(crate) mod deliveries;
pub(crate) mod projects;
pub(crate) mod save_points;
pub(crate) mod schedules;
pub(crate) mod variables;
pub(crate) mod versions;
pub(crate) mod workflows;
