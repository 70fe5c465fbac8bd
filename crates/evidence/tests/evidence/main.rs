//! Tests of the whole crate from outside, as one binary: the language, the judge, the gate and the reader.

mod decide;
mod expect;
mod judge;
mod laws;
mod read;
mod search;
mod world;
