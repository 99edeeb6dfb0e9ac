//! Flows on both databases, through their routes, and the node types at work.

mod http;
mod nodes;
mod projects;
mod properties;
mod reference;
mod support;
mod workflows;
