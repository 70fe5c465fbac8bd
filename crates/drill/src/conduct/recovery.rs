//! When the system was good again: the first of ten good answers in a row, by the time they were due.
//!
//! One good answer is not recovery (a breaker that probes lets single requests through), and the time of an answer is
//! not used because slow answers would move it.

use evidence::{Answer, Quantity, Unit};

use crate::load::Record;

/// Good answers in a row that make a recovery.
pub(crate) const IN_A_ROW: usize = 10;

/// The due time of the first of ten consecutive good requests of the main flow that were due at `since` or later.
/// Consecutive by number: a request that is still outstanding interrupts the row.
pub(crate) fn good_again(records: &[Record], since_us: i64) -> Option<i64> {
    let mut main: Vec<&Record> =
        records.iter().filter(|record| !record.bystander && record.at_us >= since_us).collect();
    main.sort_by_key(|record| record.n);
    main.windows(IN_A_ROW).find(|row| is_good_row(row)).map(|row| row[0].at_us)
}

fn is_good_row(row: &[&Record]) -> bool {
    let consecutive = row.windows(2).all(|pair| pair[1].n == pair[0].n + 1);
    consecutive && row.iter().all(|record| record.ended.answer() == Answer::Good)
}

/// Seconds from `since` until good again, as wide as the pause between two requests; open towards infinity when it was
/// not seen until `watched`.
pub(crate) fn recovery(records: &[Record], since_us: i64, watched_us: i64, spacing_s: f64) -> Option<Quantity> {
    let seconds = |us: i64| us.saturating_sub(since_us).max(0) as f64 / 1e6;
    match good_again(records, since_us) {
        Some(at_us) if at_us <= watched_us => {
            Quantity::interval(seconds(at_us), seconds(at_us) + spacing_s, Unit::Second)
        }
        Some(_) | None => Quantity::interval(seconds(watched_us), f64::INFINITY, Unit::Second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Ended;

    fn record(n: u64, ended: Ended) -> Record {
        let at_us = i64::try_from(n).expect("is small") * 10_000;
        Record {
            n,
            bystander: false,
            at_us,
            latency_us: 1000,
            lag_us: 0,
            ended,
            status: None,
            retry_after: false,
            guard: None,
        }
    }

    fn records(bad: impl Fn(u64) -> bool) -> Vec<Record> {
        (0..100).map(|n| record(n, if bad(n) { Ended::BadStatus } else { Ended::Good })).collect()
    }

    #[test]
    fn recovery_is_the_first_of_ten_good_answers_in_a_row() {
        let records = records(|n| n < 20 || n == 25);
        assert_eq!(good_again(&records, 0), Some(260_000));
        let seen = recovery(&records, 100_000, 1_000_000, 0.01).expect("is finite");
        assert!((seen.low() - 0.16).abs() < 1e-9 && (seen.high() - 0.17).abs() < 1e-9);
    }

    #[test]
    fn what_never_recovers_is_open_towards_infinity() {
        let seen = recovery(&records(|n| n % 5 == 0), 0, 900_000, 0.01).expect("is an interval");
        assert_eq!((seen.low(), seen.high()), (0.9, f64::INFINITY));
    }

    #[test]
    fn an_outstanding_request_interrupts_the_row() {
        let mut records = records(|_| false);
        records.retain(|record| record.n % 8 != 0);
        assert_eq!(good_again(&records, 0), None);
    }

    #[test]
    fn the_bystander_does_not_recover_for_the_main_flow() {
        let mut records = records(|_| false);
        records.iter_mut().for_each(|record| record.bystander = true);
        assert_eq!(good_again(&records, 0), None);
    }
}
