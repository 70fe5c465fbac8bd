//! Drills against real processes and sockets on the loopback.

mod drills;
mod faults;
mod guard;
mod heal;
mod kinds;
mod load;
mod mini;
mod world;
