//! The load generator as a process, against servers that answer, stall and hang up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use drill::Error;
use drill::load::{Ended, FlowSpec, Found, Handle, LoadSpec, Read};
use outside::process::RunMark;
use system::{Load, SessionStep, Verify};
use text::Rate;
use tokio::time::{Instant, sleep};

use crate::mini::Reply;
use crate::world::{exe, server};

fn get(path: &str, rate: f64) -> Load {
    Load {
        method: "GET".to_owned(),
        path: path.to_owned(),
        headers: BTreeMap::new(),
        body: None,
        rate: Rate::try_new(rate).expect("is a rate"),
        good_status: (200..300).collect(),
        not_header: BTreeMap::new(),
        patience: Duration::from_secs(1),
        session: Vec::new(),
        verify: None,
    }
}

fn spec(load: Load, to: SocketAddr) -> LoadSpec {
    LoadSpec { seed: 7, prefix: "7-t".to_owned(), main: FlowSpec { load, targets: vec![to] }, bystander: None }
}

async fn start(spec: &LoadSpec) -> Result<Handle, Error> {
    let run = RunMark::try_new("load-test").expect("is a mark");
    Handle::start(exe(), &run, spec, None).await
}

async fn run_for(spec: &LoadSpec, how_long: Duration) -> Read {
    let load = start(spec).await.expect("starts");
    sleep(how_long).await;
    load.stop().await.expect("stops")
}

fn latencies_ms(read: &Read) -> Vec<f64> {
    let mut all: Vec<f64> = read.records.iter().map(|record| record.latency_us as f64 / 1e3).collect();
    all.sort_by(f64::total_cmp);
    all
}

#[tokio::test]
async fn requests_go_out_on_schedule_and_all_are_told() {
    let to = server(|_| async { Reply::of(200, "") }).await;
    let read = run_for(&spec(get("/", 200.0), to), Duration::from_secs(1)).await;
    let (due, not_sent) = read.finished.expect("finished");
    assert_eq!((due, not_sent), (read.records.len() as u64, 0));
    assert!((150..=300).contains(&due), "{due}");
    assert!(read.records.iter().all(|record| record.ended == Ended::Good));
    let mut due_at: Vec<(u64, i64)> = read.records.iter().map(|record| (record.n, record.at_us)).collect();
    due_at.sort_unstable();
    assert!(
        due_at.windows(2).all(|pair| (4_990..=5_010).contains(&(pair[1].1 - pair[0].1))),
        "the schedule has a hole"
    );
}

/// A closed loop asks once, waits, and sees one slow answer among hundreds. The open loop keeps asking.
#[tokio::test]
async fn a_stall_shows_in_the_99th_percentile_of_an_open_loop() {
    let stalled_until: Arc<Mutex<Option<Instant>>> = Arc::default();
    let shared = Arc::clone(&stalled_until);
    let to = server(move |_| {
        let until = *shared.lock().unwrap();
        async move {
            if let Some(until) = until {
                tokio::time::sleep_until(until).await;
            }
            Reply::of(200, "")
        }
    })
    .await;
    let load = start(&spec(get("/", 100.0), to)).await.expect("starts");
    sleep(Duration::from_millis(700)).await;
    *stalled_until.lock().unwrap() = Some(Instant::now() + Duration::from_millis(500));
    sleep(Duration::from_millis(1300)).await;
    let latencies = latencies_ms(&load.stop().await.expect("stops"));
    let p99 = measure::percentile(&latencies, 0.99).expect("has samples");
    let p50 = measure::percentile(&latencies, 0.5).expect("has samples");
    assert!(p99 >= 400.0, "open loop: p99 {p99} ms");
    assert!(p50 < 100.0, "most were fast: p50 {p50} ms");

    // The same stall in a closed loop: one of about a thousand requests waits for it.
    let client = outside::http::Client::new(outside::http::Limits { body_bytes: 100, connect: Duration::from_secs(1) });
    let mut closed = Vec::new();
    *stalled_until.lock().unwrap() = None;
    for n in 0..300 {
        if n == 100 {
            *stalled_until.lock().unwrap() = Some(Instant::now() + Duration::from_millis(500));
        }
        let began = Instant::now();
        client.send(to, outside::http::Request::get("/"), Duration::from_secs(2)).await.expect("answers");
        closed.push(began.elapsed().as_secs_f64() * 1e3);
    }
    closed.sort_by(f64::total_cmp);
    let p99 = measure::percentile(&closed, 0.99).expect("has samples");
    assert!(p99 < 400.0, "a closed loop hides the stall: p99 {p99} ms");
}

#[tokio::test]
async fn each_end_of_a_request_is_told_apart() {
    let to = server(|ask| async move {
        match ask.path.rsplit('=').next() {
            Some("0") => Reply::of(200, ""),
            Some("1") => Reply::of(503, ""),
            Some("2") => Reply::HangUp,
            Some("3") => {
                let headers = vec![("x-freshness", "fallback".to_owned())];
                Reply::Answer { status: 200, headers, body: Vec::new() }
            }
            Some("4") => {
                let headers = vec![("retry-after", "1".to_owned()), ("seaworthy-guard", "stale".to_owned())];
                Reply::Answer { status: 503, headers, body: Vec::new() }
            }
            _ => std::future::pending().await,
        }
    })
    .await;
    let mut load = get("/?n=${seq}", 100.0);
    load.not_header.insert("x-freshness".to_owned(), "fallback".to_owned());
    load.patience = Duration::from_millis(300);
    let read = run_for(&spec(load, to), Duration::from_millis(150)).await;
    let ended = |n: u64| read.records.iter().find(|record| record.n == n).expect("is told").clone();
    let ends = [0, 1, 2, 3, 4, 5].map(|n| ended(n).ended);
    use Ended::{BadHeader, BadStatus, Good, Reset, TimedOut};
    assert_eq!(ends, [Good, BadStatus, Reset, BadHeader, BadStatus, TimedOut]);
    assert_eq!((ended(4).retry_after, ended(4).guard), (true, Some("stale".to_owned())));
    assert!((290_000..600_000).contains(&ended(5).latency_us), "{:?}", ended(5));
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    let port = outside::net::free_port().expect("a port");
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    let read = run_for(&spec(get("/", 100.0), to), Duration::from_millis(200)).await;
    assert!(!read.records.is_empty() && read.records.iter().all(|record| record.ended == Ended::Refused));
}

#[tokio::test]
async fn what_is_over_the_cap_is_told_as_not_sent() {
    let to = server(|_| async { std::future::pending::<Reply>().await }).await;
    let mut load = get("/", 1900.0);
    load.patience = Duration::from_secs(2);
    let read = run_for(&spec(load, to), Duration::from_millis(800)).await;
    let (due, not_sent) = read.finished.expect("finished");
    assert_eq!(due, read.records.len() as u64);
    assert!(not_sent > 0 && due - not_sent >= drill::load::MAX_OUTSTANDING as u64, "{due} {not_sent}");
    let told = read.records.iter().filter(|record| record.ended == Ended::NotSent).count();
    assert_eq!(told as u64, not_sent);
}

#[tokio::test]
async fn a_session_takes_what_the_load_needs() {
    let to = server(|ask| async move {
        match ask.path.as_str() {
            "/login" => Reply::of(200, format!("{{\"who\": {{\"token\": \"{}\"}}}}", ask.body.len())),
            "/t/6" => Reply::of(200, ""),
            other => Reply::of(404, other),
        }
    })
    .await;
    let mut load = get("/t/${take:token}", 50.0);
    load.session.push(SessionStep {
        method: "POST".to_owned(),
        path: "/login".to_owned(),
        body: Some("${id}".to_owned()),
        take: BTreeMap::from([("token".to_owned(), "/who/token".to_owned())]),
    });
    // "7-t-m" and one more letter would be another length.
    let read = run_for(&spec(load.clone(), to), Duration::from_millis(200)).await;
    let statuses: Vec<Option<u16>> = read.records.iter().map(|record| record.status).collect();
    assert!(statuses.iter().all(|status| *status == Some(404)), "5 letters: {statuses:?}");
    load.session[0].body = Some("${id}!".to_owned());
    let read = run_for(&spec(load, to), Duration::from_millis(200)).await;
    assert!(read.records.iter().all(|record| record.ended == Ended::Good));
}

#[tokio::test]
async fn a_failed_session_is_said_with_what_was_answered() {
    let to = server(|_| async { Reply::of(401, "who are you?") }).await;
    let mut load = get("/", 50.0);
    let step = SessionStep { method: "POST".to_owned(), path: "/login".to_owned(), body: None, take: BTreeMap::new() };
    load.session.push(step);
    let error = start(&spec(load, to)).await.expect_err("cannot begin").to_string();
    assert_eq!(error, "the load failed: session step POST /login: answered 401: who are you?");
}

#[tokio::test]
async fn writes_are_looked_for_and_lost_torn_and_late_ones_told_apart() {
    let asked: Arc<Mutex<BTreeMap<String, u64>>> = Arc::default();
    let to = server(move |ask| {
        let asked = Arc::clone(&asked);
        async move {
            let id = ask.path.rsplit('/').next().unwrap_or_default().to_owned();
            let number: u64 = id.trim_start_matches("7-t-m").parse().unwrap_or(0);
            if number == u64::MAX {
                return Reply::of(404, "never written");
            }
            if ask.method == "PUT" {
                return if number % 10 == 3 { Reply::HangUp } else { Reply::of(201, "") };
            }
            let times = {
                let mut asked = asked.lock().unwrap();
                let times = asked.entry(id.clone()).or_insert(0);
                *times += 1;
                *times
            };
            match number % 10 {
                0 => Reply::of(404, ""),
                1 => Reply::of(200, "half"),
                2 if times == 1 => Reply::of(404, "not yet"),
                4 => Reply::of(503, ""),
                _ => Reply::of(200, format!("whole {id}")),
            }
        }
    })
    .await;
    let mut load = get("/items/${id}", 100.0);
    load.method = "PUT".to_owned();
    load.verify = Some(Verify { path: "/items/${id}".to_owned(), holds: "whole ${id}".to_owned() });
    let read = run_for(&spec(load, to), Duration::from_millis(300)).await;
    let found = |n: u64| read.checked.iter().find(|checked| checked.n == n).expect("was looked for").found;
    use Found::{Absent, Torn, Unseen, Whole};
    assert_eq!([0, 1, 2, 3, 4, 5].map(found), [Absent, Torn, Whole, Whole, Unseen, Whole]);
    let told = read.records.iter().filter(|record| record.ended != Ended::BadStatus).count();
    assert_eq!(read.checked.len(), told);
}

fn writes() -> Load {
    let mut load = get("/items/${id}", 100.0);
    load.method = "PUT".to_owned();
    load.verify = Some(Verify { path: "/items/${id}".to_owned(), holds: "${id}".to_owned() });
    load
}

/// A service that answers 200 whatever happens would lose nothing, ever.
#[tokio::test]
async fn a_missing_write_is_absent_also_where_errors_are_answered_with_200() {
    let to = server(|ask| async move {
        if ask.method == "PUT" { Reply::of(201, "") } else { Reply::of(200, "{\"error\": \"no such item\"}") }
    })
    .await;
    let read = run_for(&spec(writes(), to), Duration::from_millis(200)).await;
    assert!(!read.checked.is_empty() && read.checked.iter().all(|checked| checked.found == Found::Absent), "{read:?}");
}

#[tokio::test]
async fn a_look_that_finds_what_was_never_written_is_refused_before_the_load() {
    let to = server(|ask| async move { Reply::of(200, format!("there is no {}", ask.path)) }).await;
    let error = start(&spec(writes(), to)).await.expect_err("cannot tell").to_string();
    assert!(error.contains("verify finds a write that was never made"), "{error}");
}

#[tokio::test]
async fn what_was_looked_for_before_a_restart_is_not_lost_by_it() {
    let forgets = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&forgets);
    let to = server(move |ask| {
        let forgets = shared.load(Ordering::Relaxed);
        async move {
            match (ask.method.as_str(), ask.path.ends_with(&u64::MAX.to_string()) || forgets) {
                ("PUT", _) => Reply::of(201, ""),
                (_, true) => Reply::of(404, ""),
                (_, false) => Reply::of(200, ask.path),
            }
        }
    })
    .await;
    let mut load = start(&spec(writes(), to)).await.expect("starts");
    assert!(load.wait_until(Duration::from_secs(5), |read| read.records.len() > 10).await.expect("runs"));
    load.verify().await.expect("looks");
    let looked = load.look(|read| read.checked.len());
    forgets.store(true, Ordering::Relaxed);
    assert!(load.wait_until(Duration::from_secs(5), |read| read.records.len() > looked + 10).await.expect("runs"));
    let read = load.stop().await.expect("stops");
    let found = |found| read.checked.iter().filter(|checked| checked.found == found).count();
    assert!(looked >= 10, "{looked}");
    assert_eq!((found(Found::Whole), found(Found::Absent)), (looked, read.records.len() - looked));
}

#[tokio::test]
async fn two_flows_run_at_once_and_are_told_apart() {
    let to = server(|ask| async move { Reply::of(if ask.path == "/main" { 200 } else { 500 }, "") }).await;
    let mut spec = spec(get("/main", 100.0), to);
    spec.bystander = Some(FlowSpec { load: get("/other", 50.0), targets: vec![to] });
    let read = run_for(&spec, Duration::from_millis(500)).await;
    let (bystander, main): (Vec<_>, Vec<_>) = read.records.iter().partition(|record| record.bystander);
    assert!(main.len() > bystander.len() && !bystander.is_empty());
    assert!(main.iter().all(|record| record.ended == Ended::Good));
    assert!(bystander.iter().all(|record| record.ended == Ended::BadStatus));
}

#[tokio::test]
async fn a_load_whose_runner_is_gone_stops_at_once() {
    let (asked, answering) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(true)));
    let (count, on) = (Arc::clone(&asked), Arc::clone(&answering));
    let to = server(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        let on = Arc::clone(&on);
        async move { if on.load(Ordering::Relaxed) { Reply::of(200, "") } else { Reply::HangUp } }
    })
    .await;
    let load = start(&spec(get("/", 200.0), to)).await.expect("starts");
    assert!(load.wait_until(Duration::from_secs(5), |read| read.records.len() > 10).await.expect("runs"));
    drop(load);
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let before = asked.load(Ordering::Relaxed);
        sleep(Duration::from_millis(100)).await;
        if asked.load(Ordering::Relaxed) == before {
            break;
        }
        assert!(Instant::now() < deadline, "it still sends");
    }
}

#[tokio::test]
async fn marks_are_on_the_clock_of_the_requests() {
    let to = server(|_| async { Reply::of(200, "") }).await;
    let mut load = start(&spec(get("/", 100.0), to)).await.expect("starts");
    sleep(Duration::from_millis(200)).await;
    let first = load.mark("clean").await.expect("is marked");
    let second = load.mark("fault").await.expect("is marked");
    assert!(150_000 < first && first <= second);
    let read = load.stop().await.expect("stops");
    assert_eq!(read.marks, [("clean".to_owned(), first), ("fault".to_owned(), second)]);
}
