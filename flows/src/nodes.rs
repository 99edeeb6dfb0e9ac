//! The node types that come with the program: one file each, one line here.

mod ai;
mod data;
mod input;
mod knowledge;
mod logic;
mod output;
mod shared;

pub(crate) use input::fields::{check_given, given_fields, given_schema};
pub(crate) use input::schedule::{Missed, Settings as ScheduleSettings};
pub(crate) use input::webhook;

use crate::node::{Adapter, AnyNode};

/// All node types.
pub const ALL: &[&dyn AnyNode] = &[
    &Adapter::<input::manual::Manual>::NEW,
    &Adapter::<input::api::Api>::NEW,
    &Adapter::<input::chat::Chat>::NEW,
    &Adapter::<input::form::Form>::NEW,
    &Adapter::<input::webhook::Webhook>::NEW,
    &Adapter::<input::schedule::Schedule>::NEW,
    &Adapter::<input::sub_flow::SubFlowInput>::NEW,
    &Adapter::<input::error::ErrorTrigger>::NEW,
    &Adapter::<ai::text::Text>::NEW,
    &Adapter::<ai::agent::Agent>::NEW,
    &Adapter::<ai::extract::Extract>::NEW,
    &Adapter::<ai::classify::Classify>::NEW,
    &Adapter::<ai::summarize::Summarize>::NEW,
    &Adapter::<ai::translate::Translate>::NEW,
    &Adapter::<ai::embed::Embed>::NEW,
    &Adapter::<ai::image::Image>::NEW,
    &Adapter::<ai::transcribe::Transcribe>::NEW,
    &Adapter::<ai::speech::Speech>::NEW,
    &Adapter::<ai::guardrail::Guardrail>::NEW,
    &Adapter::<ai::evaluate::Evaluate>::NEW,
    &Adapter::<knowledge::search::Search>::NEW,
    &Adapter::<knowledge::ask::Ask>::NEW,
    &Adapter::<knowledge::add::Add>::NEW,
    &Adapter::<knowledge::load::Load>::NEW,
    &Adapter::<knowledge::split::Split>::NEW,
    &Adapter::<logic::if_else::IfElse>::NEW,
    &Adapter::<logic::switch::Switch>::NEW,
    &Adapter::<logic::merge::Merge>::NEW,
    &Adapter::<logic::filter::Filter>::NEW,
    &Adapter::<logic::for_each::ForEach>::NEW,
    &Adapter::<logic::while_loop::WhileLoop>::NEW,
    &Adapter::<logic::try_catch::TryCatch>::NEW,
    &Adapter::<logic::delay::Delay>::NEW,
    &Adapter::<logic::approval::ApprovalNode>::NEW,
    &Adapter::<logic::call::CallFlow>::NEW,
    &Adapter::<logic::stop::Stop>::NEW,
    &Adapter::<data::http_request::HttpRequest>::NEW,
    &Adapter::<data::graphql::GraphQl>::NEW,
    &Adapter::<data::code::Code>::NEW,
    &Adapter::<data::object::Object>::NEW,
    &Adapter::<data::set_variable::SetVariable>::NEW,
    &Adapter::<data::key_value::KeyValue>::NEW,
    &Adapter::<data::template::Template>::NEW,
    &Adapter::<data::json::JsonNode>::NEW,
    &Adapter::<data::transform::Transform>::NEW,
    &Adapter::<data::date_time::DateTime>::NEW,
    &Adapter::<data::crypto::Crypto>::NEW,
    &Adapter::<data::csv_read::CsvRead>::NEW,
    &Adapter::<data::csv_write::CsvWrite>::NEW,
    &Adapter::<data::html_extract::HtmlExtract>::NEW,
    &Adapter::<output::return_value::ReturnValue>::NEW,
    &Adapter::<output::respond::Respond>::NEW,
    &Adapter::<output::webhook::Webhook>::NEW,
    &Adapter::<output::email::Email>::NEW,
    &Adapter::<output::notify::Notify>::NEW,
];
