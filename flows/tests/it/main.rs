//! Flows on both databases, through their routes, and the node types at work.

mod ai;
mod deploy;
mod failure;
mod files;
mod http;
mod knowledge;
mod mcp;
mod nodes;
mod outputs;
mod pages;
mod permissions;
mod projects;
mod properties;
mod reference;
mod requests;
mod schedule;
mod standin;
mod support;
mod templates;
mod values;
mod webhooks;
mod workflows;
