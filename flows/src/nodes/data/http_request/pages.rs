//! Further pages of an answer.

use http::header::LINK;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::node::{NodeError, NodeErrorKind};
use crate::nodes::shared::fetch::{Got, join, with_query};
use crate::value::text_of;

/// How further pages are asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by", deny_unknown_fields)]
pub(super) enum Pages {
    /// There is one page.
    #[default]
    None,
    /// The header `Link: <…>; rel="next"`.
    Link {
        /// Where the items stand in a page, such as `/data`; empty: the page is the list.
        #[serde(default)]
        items: String,
        /// Pages at most.
        #[serde(default = "most")]
        max_pages: u32,
    },
    /// An address in the page.
    Url {
        /// Where the next page's address stands, such as `/paging/next`.
        next: String,
        /// Where the items stand in a page, such as `/data`; empty: the page is the list.
        #[serde(default)]
        items: String,
        /// Pages at most.
        #[serde(default = "most")]
        max_pages: u32,
    },
    /// A mark in the page that goes into the query.
    Cursor {
        /// Where the mark stands, such as `/next_cursor`.
        next: String,
        /// The query parameter that takes it.
        parameter: String,
        /// Where the items stand in a page, such as `/data`; empty: the page is the list.
        #[serde(default)]
        items: String,
        /// Pages at most.
        #[serde(default = "most")]
        max_pages: u32,
    },
    /// Numbers, until a page is empty.
    Number {
        /// The query parameter that takes the number.
        parameter: String,
        /// The first page's number.
        #[serde(default = "one")]
        first: u64,
        /// Where the items stand in a page, such as `/data`; empty: the page is the list.
        #[serde(default)]
        items: String,
        /// Pages at most.
        #[serde(default = "most")]
        max_pages: u32,
    },
}

fn most() -> u32 {
    20
}

fn one() -> u64 {
    1
}

/// Items of all pages together, at most.
const MAX_ITEMS: usize = 200_000;

/// Where the reading is.
pub(super) struct Reading<'s> {
    pages: &'s Pages,
    first: String,
    url: String,
    read: u32,
    items: usize,
}

impl Pages {
    pub(super) fn begin(&self, url: &str) -> Reading<'_> {
        let mut reading = Reading {
            pages: self,
            first: url.to_owned(),
            url: url.to_owned(),
            read: 0,
            items: 0,
        };
        if let Self::Number {
            parameter, first, ..
        } = self
        {
            reading.url = with_query(url, &[(parameter.clone(), first.to_string())]);
        }
        reading
    }

    fn items_at(&self) -> &str {
        match self {
            Self::None => "",
            Self::Link { items, .. }
            | Self::Url { items, .. }
            | Self::Cursor { items, .. }
            | Self::Number { items, .. } => items,
        }
    }

    fn max(&self) -> u32 {
        match self {
            Self::None => 1,
            Self::Link { max_pages, .. }
            | Self::Url { max_pages, .. }
            | Self::Cursor { max_pages, .. }
            | Self::Number { max_pages, .. } => *max_pages,
        }
    }
}

impl Reading<'_> {
    /// The page to be asked for.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn is_single(&self) -> bool {
        matches!(self.pages, Pages::None)
    }

    /// Goes to the next page; `false` when there is none.
    pub(super) fn next(&mut self, got: &Got, body: &Value) -> Result<bool, NodeError> {
        self.read += 1;
        let next = match self.pages {
            Pages::None => None,
            Pages::Link { .. } => link(got).map(|target| join(&got.url, &target)),
            Pages::Url { next, .. } => mark(body, next).map(|target| join(&got.url, &target)),
            Pages::Cursor {
                next, parameter, ..
            } => mark(body, next).map(|mark| with_query(&self.first, &[(parameter.clone(), mark)])),
            Pages::Number {
                parameter, first, ..
            } => {
                let is_empty = self.list(body)?.is_empty();
                let number = first + u64::from(self.read);
                let url = with_query(&self.first, &[(parameter.clone(), number.to_string())]);
                (!is_empty).then_some(url)
            }
        };
        let Some(next) = next.filter(|next| *next != self.url) else {
            return Ok(false);
        };
        self.url = next;
        Ok(self.read < self.pages.max())
    }

    fn list<'b>(&self, body: &'b Value) -> Result<&'b [Value], NodeError> {
        let place = self.pages.items_at();
        match body.pointer(place) {
            Some(Value::Array(items)) => Ok(items),
            Some(Value::Null) | None if !place.is_empty() => Ok(&[]),
            _ => {
                let message = format!("the page has no list at `{place}`");
                Err(NodeError::settings("pages.items", message))
            }
        }
    }

    /// The items of a page.
    pub(super) fn items(&mut self, body: Value) -> Result<Vec<Value>, NodeError> {
        let items = self.list(&body)?.to_vec();
        self.items += items.len();
        if self.items > MAX_ITEMS {
            let message = format!("the pages have more than {MAX_ITEMS} items");
            return Err(NodeError::new(NodeErrorKind::Limit, message).permanent());
        }
        Ok(items)
    }
}

fn mark(body: &Value, place: &str) -> Option<String> {
    let found = body.pointer(place)?;
    match found {
        Value::Null | Value::Bool(false) => None,
        other => Some(text_of(other)).filter(|text| !text.is_empty()),
    }
}

/// The target of `rel="next"`.
fn link(got: &Got) -> Option<String> {
    let all = got.headers.get_all(LINK).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .find_map(|link| {
            let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
            let rest = rest.to_ascii_lowercase().replace(['"', ' '], "");
            rest.split(';')
                .any(|part| part == "rel=next")
                .then(|| target.to_owned())
        })
}
