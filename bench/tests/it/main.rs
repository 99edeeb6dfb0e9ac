//! The tools of the benchmark over real sockets.

mod floor;
mod load;
mod raw;
mod upstream;
