//! The libraries in the program.

use serde::Serialize;
use utoipa::ToSchema;

/// Lines `name version|licence|repository`, written by the build script; empty where it had no cargo.
const LIBRARIES: &str = include_str!(concat!(env!("OUT_DIR"), "/libraries.txt"));

/// A library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Library {
    /// Its name.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Its licence as an SPDX expression; empty where it names none.
    licence: &'static str,
    /// Where its source is; empty where it does not say.
    repository: &'static str,
}

pub(super) fn all() -> Vec<Library> {
    LIBRARIES.lines().filter_map(library).collect()
}

fn library(line: &'static str) -> Option<Library> {
    let mut fields = line.split('|');
    let (name, version) = fields.next()?.split_once(' ')?;
    Some(Library {
        name,
        version: version.trim_start_matches('v'),
        licence: fields.next()?,
        repository: fields.next().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_is_there_once_with_its_licence() {
        let all = all();
        let tokio: Vec<_> = all.iter().filter(|one| one.name == "tokio").collect();
        assert_eq!(tokio.len(), 1);
        assert_eq!(tokio[0].licence, "MIT");
        assert!(tokio[0].repository.starts_with("https://"));
        assert!(all.len() > 100, "{}", all.len());
        assert!(all.is_sorted_by_key(|one| one.name));
        assert!(all.iter().all(|one| one.name != "gateway"), "our own");
        let silent: Vec<_> = all.iter().filter(|one| one.licence.is_empty()).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }
}
