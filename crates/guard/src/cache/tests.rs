//! What is kept, what stands in, and for how long. Time is paused.

use http_body_util::BodyExt;
use text::Bytes as Size;

use super::*;

fn cache() -> Arc<Cache> {
    Arc::new(Cache::new(system::Cache { stale_if_error: Duration::from_secs(60), entries: 4, body: Size(8) }))
}

fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = "/a?b=1".parse().expect("is a path");
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    request
}

fn asked(headers: &[(&'static str, &'static str)]) -> Asked {
    Asked::of(&request(Method::GET, headers)).expect("is a GET")
}

async fn keep(cache: &Arc<Cache>, asked: &Asked, status: u16, headers: &[(&'static str, &'static str)], body: &str) {
    let mut response = Response::new(Payload::whole(body.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).expect("is a status");
    for (name, value) in headers {
        response.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    cache.tee(asked, response).into_body().collect().await.expect("has a body");
}

/// Whether an answer with these headers to a request with those is kept and can stand in at once.
async fn kept(request: &[(&'static str, &'static str)], response: &[(&'static str, &'static str)]) -> bool {
    let (cache, asked) = (cache(), asked(request));
    keep(&cache, &asked, 200, response, "x").await;
    cache.stand_in(&asked, true, None).is_some()
}

#[tokio::test(start_paused = true)]
async fn an_answer_stands_in_for_its_window_and_not_longer() {
    let (cache, asked) = (cache(), asked(&[]));
    assert!(cache.stand_in(&asked, true, None).is_none(), "nothing was kept yet");
    keep(&cache, &asked, 200, &[("cache-control", "max-age=10")], "hello").await;
    tokio::time::advance(Duration::from_secs(70)).await;
    let answer = cache.stand_in(&asked, true, Some(StatusCode::SERVICE_UNAVAILABLE)).expect("is within 10 s + 60 s");
    assert_eq!(answer.headers()["age"], "70");
    assert_eq!(answer.headers()["seaworthy-guard"], "stale");
    let status = "seaworthy; fwd=stale; fwd-status=503; ttl=-60; detail=stale-if-error";
    assert_eq!(answer.headers()["cache-status"], status);
    assert_eq!(answer.into_body().collect().await.expect("has a body").to_bytes(), "hello");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(cache.stand_in(&asked, true, None).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_window_of_the_answer_goes_before_that_of_the_policy() {
    let (cache, asked) = (cache(), asked(&[]));
    keep(&cache, &asked, 200, &[("cache-control", "stale-if-error=5")], "x").await;
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(cache.stand_in(&asked, false, None).is_some());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(cache.stand_in(&asked, false, None).is_none());
}

#[tokio::test(start_paused = true)]
async fn must_revalidate_serves_fresh_and_never_stale() {
    for directive in ["max-age=5, must-revalidate", "max-age=5, proxy-revalidate", "s-maxage=5"] {
        let (cache, asked) = (cache(), asked(&[]));
        keep(&cache, &asked, 200, &[("cache-control", directive)], "x").await;
        assert!(cache.stand_in(&asked, true, None).is_some(), "{directive}");
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(cache.stand_in(&asked, true, None).is_none(), "{directive}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_personal_or_forbidden_is_not_kept() {
    assert!(kept(&[], &[]).await);
    for response in ["no-store", "private", "no-cache", "private=\"x\""] {
        assert!(!kept(&[], &[("cache-control", response)]).await, "{response}");
    }
    assert!(!kept(&[], &[("set-cookie", "a=b")]).await);
    assert!(!kept(&[], &[("vary", "*")]).await);
    assert!(!kept(&[], &[("vary", "accept, *")]).await);
    assert!(!kept(&[("cache-control", "no-store")], &[]).await);
    assert!(!kept(&[("range", "bytes=0-1")], &[]).await);
    for credentials in [("authorization", "Bearer a"), ("cookie", "a=b")] {
        assert!(!kept(&[credentials], &[]).await);
        assert!(!kept(&[credentials], &[("cache-control", "max-age=5")]).await);
        assert!(kept(&[credentials], &[("cache-control", "public")]).await);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_an_anonymous_request_is_not_for_one_with_credentials() {
    let cache = cache();
    keep(&cache, &asked(&[]), 200, &[], "x").await;
    assert!(cache.stand_in(&asked(&[("cookie", "a=b")]), true, None).is_none());
    assert!(cache.stand_in(&asked(&[("cache-control", "no-cache")]), true, None).is_none());
    assert!(cache.stand_in(&asked(&[]), true, None).is_some());
}

#[tokio::test(start_paused = true)]
async fn only_whole_successes_within_the_limit_are_kept() {
    for (status, body, is_kept) in
        [(200, "12345678", true), (200, "123456789", false), (206, "x", false), (404, "x", false), (301, "x", false)]
    {
        let (cache, asked) = (cache(), asked(&[]));
        keep(&cache, &asked, status, &[], body).await;
        assert_eq!(cache.stand_in(&asked, true, None).is_some(), is_kept, "{status} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn variants_differ_by_what_vary_names() {
    let cache = cache();
    keep(&cache, &asked(&[("accept", "text/plain")]), 200, &[("vary", "Accept")], "x").await;
    assert!(cache.stand_in(&asked(&[("accept", "text/html")]), true, None).is_none());
    assert!(cache.stand_in(&asked(&[]), true, None).is_none());
    assert!(cache.stand_in(&asked(&[("accept", "text/plain"), ("x", "y")]), true, None).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_change_forgets_what_was_kept_for_its_address() {
    let (cache, asked) = (cache(), asked(&[]));
    keep(&cache, &asked, 200, &[], "x").await;
    assert!(changed_by(&request(Method::GET, &[])).is_none());
    cache.forget(&changed_by(&request(Method::PUT, &[])).expect("PUT changes"));
    assert!(cache.stand_in(&asked, true, None).is_none());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_old_when_it_came_is_older_now() {
    let (cache, asked) = (cache(), asked(&[]));
    keep(&cache, &asked, 200, &[("age", "50"), ("cache-control", "max-age=1")], "x").await;
    tokio::time::advance(Duration::from_secs(11)).await;
    assert!(cache.stand_in(&asked, true, None).is_some());
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(cache.stand_in(&asked, true, None).is_none());
}
