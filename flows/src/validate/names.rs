//! What settings name: nodes, variables and secrets in expressions; credentials, collections and flows
//! in fields of their own.

use serde_json::Value;

use super::order::Order;
use super::structure::{Entry, Index};
use super::{Code, Environment, Problem};
use crate::expression::{
    Mode, Path, Place, ROOTS, condition_paths, did_you_mean, has_expression, paths, walk_texts,
};

pub(super) fn check(
    index: &Index<'_>,
    order: &Order,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) {
    let checker = Checker {
        index,
        order,
        environment,
    };
    for number in 0..index.entries.len() {
        checker.node(number, problems);
    }
}

/// What a text field is for, by its schema's `x-widget`.
pub(crate) fn widget<'s>(place: &Place<'s>) -> Option<&'s str> {
    place
        .schemas
        .iter()
        .find_map(|schema| schema.get("x-widget")?.as_str())
}

struct Checker<'c> {
    index: &'c Index<'c>,
    order: &'c Order,
    environment: &'c Environment,
}

impl Checker<'_> {
    fn node(&self, number: usize, problems: &mut Vec<Problem>) {
        let entry = &self.index.entries[number];
        let Some(schema) = entry.schema else {
            return;
        };
        walk_texts(schema, &entry.node.settings, &mut |place, text| {
            let named = match place.mode {
                Mode::Never => Ok(Vec::new()),
                Mode::Eager => paths(text),
                Mode::Deferred if text.trim().is_empty() => Ok(Vec::new()),
                Mode::Deferred => condition_paths(text),
            };
            match named {
                Ok(named) => {
                    for path in named {
                        self.path(number, place, text, &path, problems);
                    }
                }
                Err(error) => {
                    let message = format!("`{}`, {}: {error}", entry.node.id, place.path);
                    problems.push(
                        Problem::new(Code::ExpressionSyntax, message)
                            .at(&entry.node.id)
                            .field(place.path)
                            .place(error.line, error.column),
                    );
                }
            }
            if !has_expression(text) && !text.is_empty() {
                self.reference(entry, place, text, problems);
            }
        });
    }

    fn path(
        &self,
        number: usize,
        place: &Place<'_>,
        text: &str,
        path: &Path,
        problems: &mut Vec<Problem>,
    ) {
        let entry = &self.index.entries[number];
        let wrong = match path.root.as_str() {
            "nodes" => self.node_path(number, place.mode, path),
            "vars" => path.key(0).and_then(|name| self.variable(name)),
            "secrets" => self.secret(path),
            "incoming" => path.key(0).and_then(|name| incoming(entry, name)),
            "item" | "index" => {
                // A node that evaluates a field itself gives it items of its own.
                let is_there = entry.parent.is_some() || place.mode == Mode::Deferred;
                (!is_there).then(|| {
                    let message = format!("`{}` is there inside of loops only", path.root);
                    (Code::UnknownName, message)
                })
            }
            root if ROOTS.contains(&root) => None,
            // Fields that a node evaluates itself may have names of their own.
            _ if place.mode == Mode::Deferred => None,
            root => {
                let near = did_you_mean(root, ROOTS.into_iter());
                let message = format!(
                    "there is no `{root:.80}`{near}; expressions begin with {}",
                    ROOTS.join(", ")
                );
                Some((Code::UnknownName, message))
            }
        };
        if let Some((code, why)) = wrong {
            let message = format!("`{}`, {}: {why}", entry.node.id, place.path);
            let before = &text[..path.at.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            problems.push(
                Problem::new(code, message)
                    .at(&entry.node.id)
                    .field(place.path)
                    .place(small(line), small(column)),
            );
        }
    }

    fn node_path(&self, number: usize, mode: Mode, path: &Path) -> Option<(Code, String)> {
        let id = path.key(0)?;
        let Some(named) = self.index.find(id) else {
            let near = self.index.near(id);
            return Some((
                Code::UnknownName,
                format!("there is no node `{id:.80}`{near}"),
            ));
        };
        let target = &self.index.entries[named];
        target.kind?;
        let is_inside = self.index.is_inside(number, named);
        let is_own = named == number && mode == Mode::Deferred;
        if let Some(field) = path.key(1)
            && !["output", "error", "status"].contains(&field)
        {
            let near = did_you_mean(field, ["output", "error", "status"].into_iter());
            let message =
                format!("`nodes.{id}` has `output`, `error` and `status`, no `{field:.80}`{near}");
            return Some((Code::UnknownName, message));
        }
        let ports = if is_inside || is_own {
            &target.ports.inner_outputs
        } else {
            &target.ports.outputs
        };
        if let (Some("output"), Some(port)) = (path.key(1), path.key(2)) {
            let has = ports.iter().any(|p| p.name == port && !p.kind.is_control());
            let names = ports
                .iter()
                .filter(|p| !p.kind.is_control())
                .map(|p| p.name.as_str());
            if !(has || is_inside || is_own) {
                let known: Vec<&str> = names.clone().collect();
                let near = did_you_mean(port, names);
                let has = if known.is_empty() {
                    "; it gives no values".to_owned()
                } else {
                    format!("; it gives {}", known.join(", "))
                };
                let message = format!("`{id}` gives no `{port:.80}`{near}{has}");
                return Some((Code::UnknownName, message));
            }
        }
        if is_inside || is_own || self.order.has_cycle {
            return None;
        }
        let Some(beside) = self.index.beside(number, target.parent) else {
            let message = format!(
                "`{id}` runs inside of a container and cannot be seen from outside: use the container's result"
            );
            return Some((Code::NotBefore, message));
        };
        if beside == named {
            return Some((Code::NotBefore, format!("`{id}` cannot use its own output")));
        }
        (!self.order.is_before(named, beside)).then(|| {
            let message =
                format!("`{id}` does not run before this node: draw an edge so that it does");
            (Code::NotBefore, message)
        })
    }

    fn variable(&self, name: &str) -> Option<(Code, String)> {
        let own = self.index.graph.variables.iter().map(|v| v.name.as_str());
        let all = || {
            own.clone()
                .chain(self.environment.variables.iter().map(String::as_str))
        };
        if all().any(|known| known == name) {
            return None;
        }
        let near = did_you_mean(name, all());
        let message = format!("neither flow nor project has a variable `{name:.80}`{near}");
        Some((Code::UnknownVariable, message))
    }

    fn secret(&self, path: &Path) -> Option<(Code, String)> {
        let Some(name) = path.key(0) else {
            let message = "name the secret: `secrets.name`".to_owned();
            return Some((Code::UnknownSecret, message));
        };
        if self.environment.secrets.contains(name) {
            return None;
        }
        let near = did_you_mean(name, self.environment.secrets.iter().map(String::as_str));
        let message = format!("the project has no secret `{name:.80}`{near}");
        Some((Code::UnknownSecret, message))
    }

    fn reference(
        &self,
        entry: &Entry<'_>,
        place: &Place<'_>,
        text: &str,
        problems: &mut Vec<Problem>,
    ) {
        let around = self.environment;
        let wrong = match widget(place) {
            Some("credential") if !around.credentials.contains(text) => {
                let near = did_you_mean(text, around.credentials.iter().map(String::as_str));
                let message = format!("there is no active credential `{text:.80}`{near}");
                Some((Code::MissingCredential, message))
            }
            Some("secret") if !around.secrets.contains(text) => {
                let near = did_you_mean(text, around.secrets.iter().map(String::as_str));
                Some((
                    Code::UnknownSecret,
                    format!("the project has no secret `{text:.80}`{near}"),
                ))
            }
            Some("collection") => around.collections.as_ref().and_then(|known| {
                let near = did_you_mean(text, known.iter().map(String::as_str));
                let message = format!("there is no collection `{text:.80}`{near}");
                (!known.contains(text)).then_some((Code::MissingCollection, message))
            }),
            Some("workflow") => self.workflow(entry, text),
            _ => None,
        };
        if let Some((code, why)) = wrong {
            let message = format!("`{}`, {}: {why}", entry.node.id, place.path);
            problems.push(
                Problem::new(code, message)
                    .at(&entry.node.id)
                    .field(place.path),
            );
        }
    }

    fn workflow(&self, entry: &Entry<'_>, slug: &str) -> Option<(Code, String)> {
        let around = self.environment;
        if around.slug.as_deref() == Some(slug) {
            let message = "the flow calls itself: to repeat something, use a loop".to_owned();
            return Some((Code::CallsItself, message));
        }
        let Some(versions) = around.workflows.get(slug) else {
            let near = did_you_mean(slug, around.workflows.keys().map(String::as_str));
            return Some((
                Code::MissingWorkflow,
                format!("there is no flow `{slug:.80}`{near}"),
            ));
        };
        let pinned = entry.node.settings.get("version").and_then(Value::as_u64);
        match pinned.and_then(|version| u32::try_from(version).ok()) {
            None if versions.is_empty() => {
                let message = format!("the flow `{slug}` was never published: publish it first");
                Some((Code::UnpublishedWorkflow, message))
            }
            Some(version) if !versions.contains(&version) => {
                let message = format!("the flow `{slug}` has no published version {version}");
                Some((Code::UnpublishedWorkflow, message))
            }
            _ => None,
        }
    }
}

fn incoming(entry: &Entry<'_>, name: &str) -> Option<(Code, String)> {
    let ports = || entry.ports.inputs.iter().filter(|p| !p.kind.is_control());
    if entry.kind.is_none() || ports().any(|port| port.name == name) {
        return None;
    }
    let near = did_you_mean(name, ports().map(|port| port.name.as_str()));
    let message = format!("`{}` has no input `{name:.80}`{near}", entry.node.id);
    Some((Code::UnknownName, message))
}
