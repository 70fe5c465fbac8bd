//! Small systems with answers anybody can check, laws, and one large system.

mod availability;
mod effects;
mod laws;
mod layout;
mod modes;
mod scale;
mod spofs;
mod spread;
mod stated;
mod world;
