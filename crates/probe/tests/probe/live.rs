//! `k8s.live`, against a fake: a small service that answers with recorded JSON of an API server. It is no API server, and
//! shows nothing of how a real one authorizes.

use evidence::{Grade, Observation};

use crate::server::{Manner, Raw};
use crate::service::{Service, answer};
use crate::world::{Place, blind, broken, held, not_seen};

const SECRET: &str = env!("CARGO_MANIFEST_DIR");

const BUDGET: &str = r#"{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"api","generation":2},
"spec":{"minAvailable":2},"status":{"observedGeneration":2,"disruptionsAllowed":1,"expectedPods":3,"currentHealthy":3,"desiredHealthy":2,
"conditions":[{"type":"DisruptionAllowed","status":"True"},{"type":"Odd","status":"Unknown"},{"type":"Failed","status":"False"}]}}"#;

const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"api","generation":1},
"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"c","image":"api:1"}]}}},
"status":{"observedGeneration":1,"replicas":3,"readyReplicas":3,"conditions":[{"type":"Available","status":"True"}]}}"#;

const GONE: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","details":{"name":"api","group":"policy"},"code":404}"#;

fn pod(node: &str, ready: &str) -> String {
    format!(
        "{{\"metadata\":{{}},\"spec\":{{\"nodeName\":\"{node}\"}},\"status\":{{\"phase\":\"Running\",\"conditions\":[{{\"type\":\"Ready\",\"status\":\"{ready}\"}}]}}}}"
    )
}

fn pods(pods: &[String]) -> String {
    format!("{{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"metadata\":{{}},\"items\":[{}]}}", pods.join(","))
}

/// What a fake with this body shows of a resource.
async fn look(status: u16, body: &str, with: &str) -> Observation {
    let body = body.to_owned();
    let fake = Service::answering(move |_| answer(status, "Content-Type: application/json\r\n", &body));
    let with = format!("{{url: 'http://{}', {with}}}", fake.address);
    Place::new().look("k8s.live", &with).await
}

#[tokio::test]
async fn a_budget_that_allows_a_disruption_holds_and_one_that_selects_nothing_turns() {
    let expect =
        "obs.found && obs.disruptions_allowed >= 1 && obs.expected_pods > 0 && obs.conditions.DisruptionAllowed";
    let with = "resource: PodDisruptionBudget/shop/api";
    let seen = look(200, BUDGET, with).await;
    held(&seen, expect);
    held(&seen, "!obs.conditions.Failed && obs.desired_healthy == 2");
    not_seen(&seen, "!obs.conditions.Odd");
    for (from, to) in [
        ("\"disruptionsAllowed\":1", "\"disruptionsAllowed\":0"),
        ("\"expectedPods\":3", "\"expectedPods\":0"),
        ("\"type\":\"DisruptionAllowed\",\"status\":\"True\"", "\"type\":\"DisruptionAllowed\",\"status\":\"False\""),
    ] {
        assert!(BUDGET.contains(from), "{from}");
        broken(&look(200, &BUDGET.replace(from, to), with).await, expect);
    }
    // The controller has not looked at the new object yet.
    let old = look(200, &BUDGET.replace("\"generation\":2", "\"generation\":3"), with).await;
    not_seen(&old, expect);
    let gone = look(404, GONE, with).await;
    broken(&gone, "obs.found");
    assert_eq!(gone.grade, Some(Grade::Absent));
    not_seen(&gone, "obs.disruptions_allowed >= 1");
}

#[tokio::test]
async fn replicas_that_are_not_ready_count_as_none() {
    let expect = "obs.ready_replicas == obs.replicas && obs.conditions.Available && obs.value == 'api:1'";
    let with = "resource: Deployment/shop/api, at: '$.spec.template.spec.containers[0].image'";
    held(&look(200, DEPLOYMENT, with).await, expect);
    broken(&look(200, &DEPLOYMENT.replace("\"readyReplicas\":3,", ""), with).await, expect);
    held(&look(200, &DEPLOYMENT.replace("\"readyReplicas\":3,", ""), with).await, "obs.ready_replicas == 0");
    broken(&look(200, &DEPLOYMENT.replace("api:1", "api:2"), with).await, expect);
    // Not looked at by any controller: nothing is known of what is ready.
    let fresh = DEPLOYMENT.replace("\"observedGeneration\":1,\"replicas\":3,\"readyReplicas\":3,", "");
    not_seen(&look(200, &fresh, with).await, "obs.ready_replicas == 0");
}

#[tokio::test]
async fn pods_on_one_node_and_pods_that_are_gone_turn() {
    let expect = "obs.ready_pods >= 2 && obs.distinct_nodes >= 2";
    let with = "resource: Pod/shop, selector: app=api";
    held(&look(200, &pods(&[pod("a", "True"), pod("b", "True")]), with).await, expect);
    broken(&look(200, &pods(&[pod("a", "True"), pod("a", "True")]), with).await, expect);
    broken(&look(200, &pods(&[pod("a", "True"), pod("b", "False")]), with).await, expect);
    let none = look(200, &pods(&[]), with).await;
    broken(&none, expect);
    not_seen(&none, "obs.distinct_nodes == obs.pods");
    let part = pods(&[pod("a", "True"), pod("b", "True")])
        .replace("\"metadata\":{},\"items\"", "\"metadata\":{\"continue\":\"x\"},\"items\"");
    not_seen(&look(200, &part, with).await, expect);
}

#[tokio::test]
async fn endpoints_that_are_not_ready_are_none() {
    let slice = |ready: &str| {
        format!(
            "{{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSliceList\",\"metadata\":{{}},\"items\":[{{\"endpoints\":[{{\"addresses\":[\"10.0.0.1\"],\"conditions\":{{\"ready\":{ready}}}}}]}}]}}"
        )
    };
    let with = "resource: EndpointSlice/shop, selector: 'kubernetes.io/service-name=api'";
    held(&look(200, &slice("true"), with).await, "obs.endpoints == 1");
    broken(&look(200, &slice("false"), with).await, "obs.endpoints >= 1");
}

#[tokio::test]
async fn the_token_is_sent_and_nowhere_kept() {
    let fake = Service::answering(|head| {
        let sent = head.contains(&format!("authorization: Bearer {SECRET}"));
        let path = head.starts_with("GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets/api ");
        answer(
            if sent && path { 200 } else { 401 },
            "",
            &BUDGET.replace("\"name\":\"api\"", &format!("\"name\":\"{SECRET}\"")),
        )
    });
    let with = format!(
        "{{url: 'http://{}', resource: apis/policy/v1/namespaces/shop/poddisruptionbudgets/api, token: '${{env:CARGO_MANIFEST_DIR}}', at: $.metadata.name}}",
        fake.address
    );
    let seen = Place::new().look("k8s.live", &with).await;
    held(&seen, "obs.found && obs.value == '***'");
    assert!(!format!("{seen:?}").contains(SECRET));
    let stranger = Place::new().look("k8s.live", &with.replace("token: '${env:CARGO_MANIFEST_DIR}', ", "")).await;
    blind(&stranger, "status 401");
}

#[tokio::test]
async fn what_the_server_does_not_say_is_not_seen() {
    let with = "resource: PodDisruptionBudget/shop/api";
    for (status, body, why) in [
        (404, "404 page not found", "status 404"),
        (404, "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"details\":{}}", "status 404"),
        (403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\"}", "status 403"),
        (200, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\"}", "no object of Kubernetes"),
        (200, "{}", "no object of Kubernetes"),
        (200, "<html/>", "no JSON"),
    ] {
        let seen = look(status, body, with).await;
        blind(&seen, why);
        not_seen(&seen, "!obs.found");
    }
    for manner in [Manner::Hangs, Manner::Closes, Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{")] {
        let server = Raw::new(manner);
        let with = format!("{{url: 'http://{}', within: 300ms, {with}}}", server.at);
        blind(&Place::new().look("k8s.live", &with).await, "");
    }
}

#[test]
fn everything_wrong_with_a_resource_is_said() {
    let problems = Place::new().read("k8s.live", "{component: api, resource: Node/x/y, token: abc, at: 'x['}");
    let all = problems.expect_err("is wrong").into_iter().map(|p| p.message).collect::<Vec<String>>().join("\n");
    for part in ["`Node` is not known by name", "${env:NAME}", "no JSONPath"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}
