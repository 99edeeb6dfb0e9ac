//! Where in the request something is, for error messages.

use std::fmt;

/// An input item, or a part of its content: `input[3]`, `input[3].content[1]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    item: usize,
    list: &'static str,
    part: Option<usize>,
}

impl At {
    /// The item at `index`.
    pub(super) const fn item(index: usize) -> Self {
        Self {
            item: index,
            list: "content",
            part: None,
        }
    }

    /// The part at `index` of the item's list called `list`.
    pub(super) const fn part(self, list: &'static str, index: usize) -> Self {
        Self {
            item: self.item,
            list,
            part: Some(index),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input[{}]", self.item)?;
        match self.part {
            Some(part) => write!(f, ".{}[{part}]", self.list),
            None => Ok(()),
        }
    }
}
