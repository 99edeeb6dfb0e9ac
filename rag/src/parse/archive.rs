//! ZIP files, with everything bounded that a bomb could inflate.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::ParseError;
use super::limits::Budget;

/// An open archive.
pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
}

/// Parts that say what a file is are no larger than this.
const SMALL: u64 = 4 << 20;

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8], budget: &Budget) -> Result<Self, ParseError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| ParseError::Broken {
            detail: format!("its archive cannot be read: {error}"),
        })?;
        if zip.len() > budget.limits.parts as usize {
            return Err(ParseError::TooLarge {
                what: "the number of parts in the archive".into(),
                limit: u64::from(budget.limits.parts),
            });
        }
        Ok(Self { zip })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    pub(super) fn names(&self) -> Vec<String> {
        let names = self.zip.file_names().filter_map(Result::ok);
        names.map(std::borrow::Cow::into_owned).collect()
    }

    /// A part; `None` if there is none of that name.
    pub(super) fn read(
        &mut self,
        name: &str,
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>, ParseError> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(None);
        };
        self.read_index(index, budget).map(Some)
    }

    fn read_index(&mut self, index: usize, budget: &mut Budget) -> Result<Vec<u8>, ParseError> {
        let broken = |error: &dyn std::fmt::Display| ParseError::Broken {
            detail: format!("a part of its archive cannot be read: {error}"),
        };
        let part = self.zip.by_index(index).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => ParseError::Unsupported {
                detail: "its archive is locked or uses an unusual compression".into(),
            },
            other => broken(&other),
        })?;
        let limit = budget.part_limit(part.compressed_size());
        let mut bytes = Vec::new();
        // What the archive says of its sizes is not believed.
        part.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| broken(&error))?;
        budget.take_bytes(bytes.len() as u64)?;
        if bytes.len() as u64 > limit {
            return Err(ParseError::TooLarge {
                what: "a part of the archive, unpacked,".into(),
                limit,
            });
        }
        Ok(bytes)
    }

    /// A small part, or nothing if it is absent, broken or large.
    pub(super) fn read_small(&mut self, name: &str, budget: &mut Budget) -> Option<Vec<u8>> {
        let index = self.zip.index_for_name(name)?;
        if self.zip.by_index(index).ok()?.size() > SMALL {
            return None;
        }
        self.read_index(index, budget).ok()
    }

    /// Unpacks everything once, for readers that would do so without bounds.
    pub(super) fn check(&mut self, budget: &mut Budget) -> Result<(), ParseError> {
        for index in 0..self.zip.len() {
            self.read_index(index, budget)?;
        }
        Ok(())
    }
}
