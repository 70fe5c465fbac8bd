//! What the event tracker promises, and that each of its flaws breaks exactly such a promise.

mod documents;
mod events;
mod flaws;
mod mail;
mod process;
mod reads;
mod redis;
mod world;
