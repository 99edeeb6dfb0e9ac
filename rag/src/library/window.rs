//! The part of a list that is wanted, as OpenAI's lists take it.

use uuid::Uuid;

/// Which rows, by ids that are ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Oldest first.
    pub ascending: bool,
    /// Rows behind this one in the list's order.
    pub after: Option<Uuid>,
    /// Rows in front of this one in the list's order.
    pub before: Option<Uuid>,
    /// Most rows.
    pub rows: usize,
}

/// Rows of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    /// The rows in the list's order.
    pub rows: Vec<T>,
    /// Whether there are more in the direction that was walked.
    pub has_more: bool,
}

impl Window {
    /// Without `after`, `before` means the rows right in front of it: they are read towards the front.
    fn backwards(&self) -> bool {
        self.before.is_some() && self.after.is_none()
    }

    /// Whether the statement reads from small to great ids.
    pub(crate) fn reads_ascending(&self) -> bool {
        self.ascending != self.backwards()
    }

    /// The id that all rows are above.
    pub(crate) fn above(&self) -> Uuid {
        let bound = match self.ascending {
            true => self.after,
            false => self.before,
        };
        bound.unwrap_or(Uuid::nil())
    }

    /// The id that all rows are below.
    pub(crate) fn below(&self) -> Uuid {
        let bound = match self.ascending {
            true => self.before,
            false => self.after,
        };
        bound.unwrap_or(Uuid::max())
    }

    /// Rows to read: one more than wanted says whether there are more.
    pub(crate) fn reads(&self) -> i64 {
        i64::try_from(self.rows).unwrap_or(i64::MAX - 1) + 1
    }

    /// The rows that the statement gave, as the list shows them.
    pub(crate) fn show<T>(&self, mut rows: Vec<T>) -> Found<T> {
        let has_more = rows.len() > self.rows;
        rows.truncate(self.rows);
        if self.backwards() {
            rows.reverse();
        }
        Found { rows, has_more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(window: Window) -> (Vec<u128>, bool) {
        let mut all: Vec<u128> = (1..=6).collect();
        if !window.reads_ascending() {
            all.reverse();
        }
        let (above, below) = (window.above().as_u128(), window.below().as_u128());
        all.retain(|id| *id > above && *id < below);
        all.truncate(usize::try_from(window.reads()).expect("few"));
        let found = window.show(all);
        (found.rows, found.has_more)
    }

    #[test]
    fn windows_walk_both_ways_in_both_orders() {
        let window = |ascending, after: Option<u128>, before: Option<u128>| Window {
            ascending,
            after: after.map(Uuid::from_u128),
            before: before.map(Uuid::from_u128),
            rows: 2,
        };
        assert_eq!(ids(window(false, None, None)), (vec![6, 5], true));
        assert_eq!(ids(window(false, Some(5), None)), (vec![4, 3], true));
        assert_eq!(ids(window(false, Some(3), None)), (vec![2, 1], false));
        assert_eq!(ids(window(false, None, Some(4))), (vec![6, 5], false));
        assert_eq!(ids(window(false, None, Some(2))), (vec![4, 3], true));
        assert_eq!(ids(window(true, Some(2), None)), (vec![3, 4], true));
        assert_eq!(ids(window(true, None, Some(3))), (vec![1, 2], false));
        assert_eq!(ids(window(false, Some(6), Some(3))), (vec![5, 4], false));
    }
}
