//! Every limit of the guard under its name, so that nobody has to read the code to know one.

pub use crate::admin::{ADMIN_DRAIN_WITHIN, ADMIN_REQUEST_WITHIN, LARGEST_ADMIN_BODY, MOST_ADMIN_CONNECTIONS};
pub use crate::breaker::WIDEST_WINDOW;
pub use crate::bypass::LONGEST_BYPASS;
pub use crate::core::DRAIN_WITHIN;
pub use crate::door::CLOSE_WITHIN;
pub use crate::edge::MOST_CONNECTIONS;
pub use crate::fault::{LONGEST_DELAY, LONGEST_TTL, MOST_FAULTS};
pub use crate::http::{HEAD_WITHIN, LARGEST_REQUEST_HEAD, MOST_HEADERS};
pub use crate::plan::{MOST_EDGES, MOST_WORKERS};
pub use crate::pool::{IDLE_FOR, LARGEST_ANSWER_HEAD, MOST_IDLE};
pub use crate::retry::{LONGEST_KEPT_BODY, WINDOW_SECONDS};
pub use crate::timeout::{BODY_STANDSTILL, BYPASSED_CONNECT, LONGEST_ATTEMPT, LONGEST_BYPASSED_ATTEMPT};
