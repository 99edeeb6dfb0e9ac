//! What runs, how often and when.

pub(super) mod approval;
pub(super) mod call;
pub(super) mod delay;
pub(super) mod filter;
pub(super) mod for_each;
pub(super) mod if_else;
pub(super) mod merge;
pub(super) mod stop;
pub(super) mod switch;
pub(super) mod try_catch;
pub(super) mod while_loop;
