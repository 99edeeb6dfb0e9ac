//! Edits of a client's JSON body by its bytes: what is not edited is forwarded as it came.
//!
//! Provider caches, signatures and field order survive, and a megabyte of images costs one copy.

use std::borrow::Cow;

use super::peek::{TopLevel, peek, shallow};
use super::scan::Scanner;
use crate::error::Error;

/// One change of the top level. Where a key stands several times, all of them are changed, so that
/// no reader of the result sees the old value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Gives a field another value (JSON text), adding the field where it is absent.
    Set(&'a str, Cow<'a, str>),
    /// Removes a field.
    Remove(&'a str),
    /// Gives a field another name; a field that already has the new name is replaced. Nothing
    /// happens where the field is absent.
    Rename(&'a str, &'a str),
    /// Sets `stream_options.include_usage` and keeps the other options.
    IncludeUsage,
}

impl<'a> Edit<'a> {
    /// Replaces the model.
    pub fn model(name: &str) -> Edit<'static> {
        Edit::Set("model", Cow::Owned(quoted(name)))
    }

    /// Sets a field to a string.
    pub fn string(field: &'a str, value: &str) -> Self {
        Edit::Set(field, Cow::Owned(quoted(value)))
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Reads `body` and applies `edits` in order.
///
/// # Errors
/// As [`peek`].
pub fn rewrite(body: &[u8], edits: &[Edit<'_>]) -> Result<Vec<u8>, Error> {
    Ok(peek(body)?.rewrite(edits))
}

impl TopLevel<'_> {
    /// The body with `edits` applied in order. Costs one copy of the body.
    pub fn rewrite(&self, edits: &[Edit<'_>]) -> Vec<u8> {
        let mut plan = Plan::of(self);
        for edit in edits {
            plan.apply(edit);
        }
        plan.write(self.body)
    }
}

/// What becomes of each field.
struct Plan<'a> {
    fields: Vec<Planned<'a>>,
    added: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

struct Planned<'a> {
    name: Cow<'a, str>,
    renamed: bool,
    /// As it stood, or edited.
    json: Cow<'a, str>,
    start: usize,
    end: usize,
    kept: bool,
}

impl<'a> Plan<'a> {
    fn of(top: &'a TopLevel<'_>) -> Self {
        let fields = top.fields.iter().map(|field| Planned {
            name: Cow::Borrowed(field.name.as_ref()),
            renamed: false,
            json: Cow::Borrowed(field.json),
            start: field.value.start,
            end: field.value.end,
            kept: true,
        });
        Self {
            fields: fields.collect(),
            added: Vec::new(),
        }
    }

    fn apply(&mut self, edit: &Edit<'_>) {
        match edit {
            Edit::Set(name, json) => self.set(name, json),
            Edit::Remove(name) => self.remove(name),
            Edit::Rename(from, to) => self.rename(from, to),
            Edit::IncludeUsage => {
                let options = include_usage(self.get("stream_options"));
                self.set("stream_options", &options);
            }
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let added = self.added.iter().find(|(n, _)| n == name);
        if let Some((_, json)) = added {
            return Some(json);
        }
        let found = self.fields.iter().rev().find(|f| f.kept && f.name == name);
        found.map(|f| f.json.as_ref())
    }

    fn set(&mut self, name: &str, json: &str) {
        let mut found = false;
        for field in self.fields.iter_mut().filter(|f| f.kept && f.name == name) {
            field.json = Cow::Owned(json.to_owned());
            found = true;
        }
        if found {
            return;
        }
        self.added.retain(|(n, _)| n != name);
        self.added
            .push((Cow::Owned(name.to_owned()), Cow::Owned(json.to_owned())));
    }

    fn remove(&mut self, name: &str) {
        self.added.retain(|(n, _)| n != name);
        for field in self.fields.iter_mut().filter(|f| f.name == name) {
            field.kept = false;
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        if from == to || self.get(from).is_none() {
            return;
        }
        self.remove(to);
        for field in self.fields.iter_mut().filter(|f| f.kept && f.name == from) {
            field.name = Cow::Owned(to.to_owned());
            field.renamed = true;
        }
        for (name, _) in self.added.iter_mut().filter(|(n, _)| n == from) {
            *name = Cow::Owned(to.to_owned());
        }
    }

    fn write(&self, body: &str) -> Vec<u8> {
        let longer: usize = self.added.iter().map(|(n, j)| n.len() + j.len() + 8).sum();
        let mut out = Vec::with_capacity(body.len() + longer + 128);
        let open = body.find('{').unwrap_or(0) + 1;
        let mut cursor = open;
        let mut any = false;
        for field in &self.fields {
            let gap = &body[cursor..field.start];
            cursor = field.end;
            if !field.kept {
                continue;
            }
            write_gap(&mut out, &body[..open], gap, any, field);
            any = true;
            out.extend_from_slice(field.json.as_bytes());
        }
        if !any {
            out.extend_from_slice(&body.as_bytes()[..open]);
        }
        for (name, json) in &self.added {
            if any {
                out.push(b',');
            }
            any = true;
            out.extend_from_slice(quoted(name).as_bytes());
            out.push(b':');
            out.extend_from_slice(json.as_bytes());
        }
        out.extend_from_slice(&body.as_bytes()[cursor..]);
        out
    }
}

/// Writes what stands before a kept field's value: the comma and white space before it, its key, the
/// colon. `gap` begins after the previous field's value (or the opening brace).
fn write_gap(out: &mut Vec<u8>, head: &str, gap: &str, any: bool, field: &Planned<'_>) {
    let key_at = gap.find('"').unwrap_or(0);
    let separator = &gap[..key_at];
    if any {
        // The first field has no comma of its own to bring, but is never written after another.
        out.extend_from_slice(separator.as_bytes());
    } else {
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(separator.replacen(',', "", 1).as_bytes());
    }
    if field.renamed {
        out.extend_from_slice(quoted(&field.name).as_bytes());
        out.push(b':');
    } else {
        out.extend_from_slice(&gap.as_bytes()[key_at..]);
    }
}

/// A `stream_options` object that asks for usage.
fn include_usage(options: Option<&str>) -> Cow<'static, str> {
    let edit = [Edit::Set("include_usage", Cow::Borrowed("true"))];
    let rewritten = options
        .and_then(|json| shallow(json.as_bytes()).ok())
        .and_then(|top| String::from_utf8(top.rewrite(&edit)).ok());
    rewritten.map_or(Cow::Borrowed(r#"{"include_usage":true}"#), Cow::Owned)
}

/// Replaces the role `developer` by `system` in `messages`, for vendors that refuse the newer word.
/// `None` when there is nothing to replace.
pub fn developer_to_system(body: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(body, b"\"developer\"")?;
    let text = std::str::from_utf8(body).ok()?;
    let mut found = Vec::new();
    let walked = Scanner::new(text).object(|key, at| {
        if key != "messages" || at.peek() != Some(b'[') {
            return at.value().is_some();
        }
        at.array(|message| {
            message.object(|key, value| {
                let range = value.value_range();
                if let Some(range) = range
                    .clone()
                    .filter(|r| key == "role" && &text[r.clone()] == "\"developer\"")
                {
                    found.push(range);
                }
                range.is_some()
            })
        })
    });
    if !walked || found.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(body.len());
    let mut cursor = 0;
    for range in found {
        out.extend_from_slice(&body[cursor..range.start]);
        out.extend_from_slice(b"\"system\"");
        cursor = range.end;
    }
    out.extend_from_slice(&body[cursor..]);
    Some(out)
}
