//! A short lock. The state of an edge is shared by all cores and touched for well under a microsecond at a time, so a
//! plain mutex is right; none is held across an await. A thread that panicked while holding one leaves counters and
//! lists behind that are still well formed, so poison is ignored.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened to the last holder.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
