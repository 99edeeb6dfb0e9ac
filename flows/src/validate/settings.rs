//! Settings against their node type.

use serde_json::Value;

use super::structure::Index;
use super::{Code, Problem, schema};

pub(super) fn check(index: &Index<'_>, problems: &mut Vec<Problem>) {
    for entry in &index.entries {
        let (Some(kind), Some(schema)) = (entry.kind, entry.schema) else {
            continue;
        };
        let settings = Value::Object(entry.node.settings.clone());
        for breach in schema::check(schema, &settings) {
            // A required input's lack is told as such.
            let port = entry.ports.input(&breach.path).filter(|port| port.required);
            if breach.code == Code::MissingSetting && port.is_some() {
                continue;
            }
            let message = format!("`{}`, {}: {}", entry.node.id, breach.path, breach.message);
            problems.push(
                Problem::new(breach.code, message)
                    .at(&entry.node.id)
                    .field(&breach.path),
            );
        }
        for (field, why) in kind.check(&entry.node.settings) {
            let message = format!("`{}`, {field}: {why}", entry.node.id);
            problems.push(
                Problem::new(Code::InvalidSetting, message)
                    .at(&entry.node.id)
                    .field(&field),
            );
        }
    }
}
