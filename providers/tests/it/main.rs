//! Whole maps, driven by fixtures.

mod responses;
