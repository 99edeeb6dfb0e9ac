//! From glyphs to lines, from lines to blocks in reading order.
//!
//! The order in which a PDF shows its text is nearly always the order in which it is read, also
//! over columns, and no geometry knows formulas better; so it is kept unless it contradicts
//! itself, and only then columns are cut by white space ([`order`]).

pub(super) mod blocks;
pub(super) mod furniture;
pub(super) mod line;
pub(super) mod order;
pub(super) mod rtl;
pub(super) mod table;

pub(super) use blocks::{Piece, pieces};
pub(super) use line::{Line, lines};
