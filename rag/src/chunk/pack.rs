//! Packing units into chunks.

use super::units::{Unit, UnitKind};

/// Bounds of packing, in tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) max: u32,
    pub(super) overlap: u32,
    /// Whether headings and tables end a chunk.
    pub(super) by_structure: bool,
}

/// A chunk as indices of its units, ascending; a table's header may come first from further
/// before.
pub(super) type Packed = Vec<usize>;

/// Packs all units.
pub(super) fn pack(units: &[Unit], limits: Limits) -> Vec<Packed> {
    pack_some(units, &(0..units.len()).collect::<Vec<_>>(), limits)
}

/// Packs the units `which`.
pub(super) fn pack_some(units: &[Unit], which: &[usize], limits: Limits) -> Vec<Packed> {
    let mut packer = Packer {
        units,
        limits,
        chunks: Vec::new(),
        open: Vec::new(),
        tokens: 0,
        fresh: 0,
        header: None,
    };
    let mut at = 0;
    while at < which.len() {
        let unit = &units[which[at]];
        if limits.by_structure && unit.kind == UnitKind::Header {
            let rows = which[at..]
                .iter()
                .take_while(|n| units[**n].block == unit.block)
                .count();
            packer.table(&which[at..at + rows]);
            at += rows;
            continue;
        }
        packer.add(which[at]);
        at += 1;
    }
    packer.close(false);
    packer.chunks
}

struct Packer<'a> {
    units: &'a [Unit],
    limits: Limits,
    chunks: Vec<Packed>,
    open: Packed,
    tokens: u32,
    /// Units of the open chunk that are no overlap.
    fresh: usize,
    header: Option<usize>,
}

impl Packer<'_> {
    fn add(&mut self, index: usize) {
        let unit = &self.units[index];
        if self.limits.by_structure && self.ends_before(unit) {
            self.close(false);
        }
        if self.tokens + unit.tokens > self.limits.max && self.fresh > 0 {
            self.close(true);
            // An overlap must not keep the next unit out.
            while self.tokens + unit.tokens > self.limits.max && !self.open.is_empty() {
                let first = self.open.remove(0);
                self.tokens -= self.units[first].tokens;
            }
            if self.open.is_empty() {
                self.repeat_header(unit);
            }
        }
        self.open.push(index);
        self.tokens += unit.tokens;
        self.fresh += 1;
    }

    /// Puts the header of a table that goes on above its rows.
    fn repeat_header(&mut self, unit: &Unit) {
        let Some(header) = self.header.filter(|_| unit.kind == UnitKind::Row) else {
            return;
        };
        let tokens = self.units[header].tokens;
        if tokens + unit.tokens <= self.limits.max {
            self.open.push(header);
            self.tokens += tokens;
        }
    }

    /// Whether `unit` begins something that does not belong to the open chunk.
    fn ends_before(&self, unit: &Unit) -> bool {
        let Some(first) = self.open.first().map(|index| &self.units[*index]) else {
            return false;
        };
        let last = self.open.last().map(|index| self.units[*index].kind);
        match unit.kind {
            UnitKind::Heading(level) => match (first.kind, last) {
                // Headings that follow each other stay together.
                (_, Some(UnitKind::Heading(above))) if above < level => false,
                // A short beginning goes on below a lower heading.
                (UnitKind::Heading(above), _) if above < level => self.tokens * 4 > self.limits.max,
                _ => true,
            },
            UnitKind::Code => {
                let is_code = |index: &usize| self.units[*index].kind == UnitKind::Code;
                !self.open.iter().any(is_code) && self.tokens * 2 > self.limits.max
            }
            UnitKind::Text | UnitKind::Row | UnitKind::Header => false,
        }
    }

    /// Adds a table: whole where it fits, else in chunks of its own.
    fn table(&mut self, rows: &[usize]) {
        let total: u32 = rows.iter().map(|index| self.units[*index].tokens).sum();
        if self.tokens + total > self.limits.max {
            self.close(false);
        }
        if total <= self.limits.max {
            for index in rows {
                self.open.push(*index);
                self.tokens += self.units[*index].tokens;
                self.fresh += 1;
            }
            return;
        }
        self.header = rows.first().copied();
        // Rows are not repeated: each stands for itself.
        let overlap = std::mem::replace(&mut self.limits.overlap, 0);
        for index in rows {
            self.add(*index);
        }
        self.limits.overlap = overlap;
        self.close(false);
        self.header = None;
    }

    /// Ends the open chunk. `goes_on` says that the text does, so that the next one begins with an
    /// overlap.
    fn close(&mut self, goes_on: bool) {
        if self.fresh == 0 {
            (self.open, self.tokens) = (Vec::new(), 0);
            return;
        }
        let mut chunk = std::mem::take(&mut self.open);
        (self.tokens, self.fresh) = (0, 0);
        // A heading belongs to what follows it.
        let mut carried = Vec::new();
        let is_heading = |index: &usize| matches!(self.units[*index].kind, UnitKind::Heading(_));
        while goes_on && chunk.len() > 1 && chunk.last().is_some_and(is_heading) {
            carried.extend(chunk.pop());
        }
        carried.reverse();
        if goes_on && carried.is_empty() {
            carried = self.overlap(&chunk);
        }
        self.tokens = carried.iter().map(|index| self.units[*index].tokens).sum();
        self.open = carried;
        self.chunks.push(chunk);
    }

    /// The last units of `chunk` that fit into the overlap.
    fn overlap(&self, chunk: &[usize]) -> Vec<usize> {
        let mut left = self.limits.overlap;
        let mut units = Vec::new();
        for index in chunk.iter().rev().take(chunk.len() - 1) {
            let unit = &self.units[*index];
            let is_text = matches!(unit.kind, UnitKind::Text | UnitKind::Code);
            if unit.tokens > left || (self.limits.by_structure && !is_text) {
                break;
            }
            left -= unit.tokens;
            units.push(*index);
        }
        units.reverse();
        units
    }
}
