//! `prom.query` and `prom.rule`, against a really started Prometheus that scrapes a service of the test, and a really
//! started Alertmanager.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use evidence::{Grade, Observation, Verdict};

use crate::server::{Manner, Raw, Server, free, program, until};
use crate::service::{Service, answer};
use crate::world::{Place, blind, broken, held, not_seen, verdict};

const METRICS: &str = "
# TYPE requests_total counter
requests_total{code=\"200\",shard=\"a\"} 10
requests_total{code=\"200\",shard=\"b\"} 30
queue_depth 0
backup_age_seconds{tier=\"gold\"} 100
broken_ratio NaN
";

const RULES: &str = "
groups:
  - name: g
    rules:
      - alert: BackupTooOld
        expr: backup_age_seconds{tier=\"gold\"} > 3600
        for: 1h30m
        labels: {severity: critical, team: data}
      - alert: ApiDown
        expr: absent(up{job=\"api\"}) == 1 or queue_depth > 100
        labels: {severity: warning}
      - record: job:queue
        expr: queue_depth * 2
      - alert: Twice
        expr: queue_depth > 1
        labels: {severity: warning}
      - alert: Twice
        expr: queue_depth > 2
        labels: {severity: critical}
";

const ROUTES: &str = "
route:
  receiver: nobody
  group_wait: 1s
  routes:
    - matchers: ['severity=\"critical\"']
      receiver: pager
receivers:
  - name: nobody
  - name: pager
    webhook_configs: [{url: 'http://127.0.0.1:9/hook'}]
";

/// The first rule of [`RULES`] with one thing changed.
const FLAWS: [(&str, &str); 6] = [
    ("backup_age_seconds{tier", "backup_age_second{tier"),
    ("{tier=\"gold\"}", "{job=\"shoop\"}"),
    ("> 3600", "> 3600 and on() not_there"),
    ("severity: critical, team", "severity: page, team"),
    ("for: 1h30m", "for: 3h"),
    ("backup_age_seconds{tier=\"gold\"}", "requests_total / on() requests_total"),
];

/// All rules, and the flawed ones beside them as `Flaw0`, `Flaw1`, .., and one whose labels no series has yet.
fn flawed_rules() -> String {
    let end = RULES.find("      - alert: ApiDown").expect("is there");
    let first = &RULES[RULES.find("      - alert: BackupTooOld").expect("is there")..end];
    let mut rules = RULES.to_owned();
    for (number, (from, to)) in FLAWS.iter().enumerate() {
        assert!(first.contains(from), "{from}");
        rules += &first.replacen(from, to, 1).replace("BackupTooOld", &format!("Flaw{number}"));
    }
    rules + &first.replace("tier=\"gold\"", "tier=\"silver\"").replace("BackupTooOld", "Rare")
}

/// A Prometheus, what it scrapes, and a place from which it is looked at.
struct Watch {
    prometheus: Server,
    metrics: Arc<Mutex<String>>,
    _service: Service,
    place: Place,
}

async fn prometheus(test: &str, rules: &str, alertmanager: Option<SocketAddr>) -> Option<Watch> {
    let program = program(test, "prometheus")?;
    let metrics = Arc::new(Mutex::new(METRICS.to_owned()));
    let told = metrics.clone();
    let service = Service::answering(move |_| {
        answer(200, "Content-Type: text/plain\r\n", &told.lock().unwrap_or_else(PoisonError::into_inner))
    });
    let (directory, at) = (tempfile::tempdir().expect("makes a directory"), free());
    let alerting = alertmanager.map_or_else(String::new, |at| {
        format!("alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{at}']}}]}}]}}\n")
    });
    let config = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}\nrule_files: [rules.yml]\n\
         {alerting}scrape_configs: [{{job_name: shop, static_configs: [{{targets: ['{}']}}]}}]\n",
        service.address
    );
    for (name, text) in [("prometheus.yml", config.as_str()), ("rules.yml", rules)] {
        outside::files::write_whole(&directory.path().join(name), text.as_bytes()).expect("writes");
    }
    let arguments = [
        format!("--config.file={}", directory.path().join("prometheus.yml").display()),
        format!("--storage.tsdb.path={}", directory.path().join("data").display()),
        format!("--web.listen-address={at}"),
    ];
    let prometheus = Server::start(&program, &arguments, at, directory).await;
    let watch = Watch { prometheus, metrics, _service: service, place: Place::new() };
    until("Prometheus has scraped the service and evaluated its rules", async || {
        let seen = watch.query("queue_depth").await;
        let rule = watch.rule("alert: BackupTooOld").await;
        verdict(&seen, "obs.series == 1").is_held()
            && (rule.values.contains_key("health") && verdict(&rule, "obs.health == 'unknown'") == Verdict::Broken
                || verdict(&rule, "obs.rules == 0").is_held())
    })
    .await;
    Some(watch)
}

impl Watch {
    async fn query(&self, query: &str) -> Observation {
        let with = format!("{{url: 'http://{}', query: '{}'}}", self.prometheus.at, query.replace('\'', "''"));
        self.place.look("prom.query", &with).await
    }

    async fn rule(&self, with: &str) -> Observation {
        self.place.look("prom.rule", &format!("{{url: 'http://{}', {with}}}", self.prometheus.at)).await
    }
}

async fn alertmanager(test: &str, routes: &str) -> Option<Server> {
    let program = program(test, "prometheus-alertmanager")?;
    let (directory, at) = (tempfile::tempdir().expect("makes a directory"), free());
    let file = directory.path().join("alertmanager.yml");
    outside::files::write_whole(&file, routes.as_bytes()).expect("writes");
    let arguments = [
        format!("--config.file={}", file.display()),
        format!("--storage.path={}", directory.path().join("data").display()),
        format!("--web.listen-address={at}"),
        "--cluster.listen-address=".to_owned(),
    ];
    Some(Server::start(&program, &arguments, at, directory).await)
}

#[tokio::test]
async fn a_metric_of_a_prometheus_has_a_level_and_none_without_series() {
    let test = "a_metric_of_a_prometheus_has_a_level_and_none_without_series";
    let Some(watch) = prometheus(test, RULES, None).await else { return };
    let metric = async |query: &str, limits: &str| {
        let from = format!("{{prometheus: {{url: 'http://{}', query: '{query}'}}}}", watch.prometheus.at);
        watch.place.look("metric", &format!("{{from: {from}, {limits}}}")).await
    };
    let seen = metric("sum(requests_total) by (code)", "target: '<50', alert: '>60', critical: '>90'").await;
    held(&seen, "obs.level == 'ok' && obs.value == 40");
    assert_eq!(seen.grade, Some(Grade::Live));
    broken(&metric("sum(requests_total) by (code)", "target: '<30', alert: '>35'").await, "obs.level == 'ok'");
    not_seen(&metric("queue_depht", "target: '<50'").await, "obs.level == 'ok'");
    not_seen(&metric("requests_total", "target: '<50'").await, "obs.level == 'ok'");
}

#[tokio::test]
async fn an_empty_vector_is_no_data_and_zero_is_a_value() {
    let test = "an_empty_vector_is_no_data_and_zero_is_a_value";
    let Some(watch) = prometheus(test, RULES, None).await else { return };
    let zero = watch.query("queue_depth").await;
    held(&zero, "obs.value == 0 && obs.series == 1 && obs.labels.job == 'shop' && obs.oldest_sample_age < 1min");
    assert_eq!(zero.grade, Some(Grade::Live));
    broken(&zero, "obs.value > 0");
    for gone in ["queue_depht", "queue_depth{job=\"shoop\"}", "queue_depth > 0"] {
        let seen = watch.query(gone).await;
        not_seen(&seen, "obs.series == 0");
        blind(&seen, "no data, and not 0");
    }
    let many = watch.query("requests_total").await;
    held(&many, "obs.series == 2 && obs.min == 10 && obs.max == 30 && obs.labels.code == '200'");
    not_seen(&many, "obs.value == 10");
    not_seen(&many, "obs.labels.shard == 'a'");
    held(&watch.query("sum(requests_total) by (code)").await, "obs.value == 40");
    held(&watch.query("scalar(queue_depth) + 1").await, "obs.value == 1");
    for (query, why) in [
        ("broken_ratio", "NaN or infinite"),
        ("vector(1) / 0", "NaN or infinite"),
        ("scalar(nothing)", "NaN or infinite"),
        ("queue_depth[5m]", "the answer is a matrix"),
        ("sum(", "parse error"),
    ] {
        let seen = watch.query(query).await;
        assert!(seen.trouble.as_ref().is_some_and(|trouble| trouble.contains(why)), "{query}: {seen:?}");
        not_seen(&seen, "obs.value < 100");
        not_seen(&seen, "obs.value > 100");
    }
    let mixed = watch.query("{__name__=~\"broken_ratio|queue_depth\"}").await;
    broken(&mixed, "obs.series == 1");
    not_seen(&mixed, "obs.max < 100");
}

#[tokio::test]
async fn an_alert_can_fire_and_every_subtle_break_turns() {
    let test = "an_alert_can_fire_and_every_subtle_break_turns";
    let with = "alert: BackupTooOld, labels: {severity: critical}";
    let expect = "obs.exists && obs.evaluates && obs.can_fire && obs.for_seconds <= 2h";
    let Some(watch) = prometheus(test, &flawed_rules(), None).await else { return };
    let seen = watch.rule(with).await;
    held(&seen, expect);
    held(&seen, "obs.state == 'inactive' && obs.metrics == ['backup_age_seconds'] && obs.missing_metrics == 0");
    held(&seen, "obs.labels.team == 'data' && obs.alertmanagers == 0");
    let absent = watch.rule("alert: ApiDown").await;
    held(&absent, "obs.can_fire && obs.state == 'firing' && obs.for_seconds == 0s");
    // Two rules of one name must be told apart.
    not_seen(&watch.rule("alert: Twice").await, "obs.exists");
    held(
        &watch.rule("alert: Twice, labels: {severity: warning}").await,
        "obs.expr == 'queue_depth > 1' && obs.can_fire",
    );
    let gone = watch.rule("alert: BackupToOld").await;
    broken(&gone, "obs.exists");
    assert_eq!(gone.grade, Some(Grade::Absent));
    for flaw in 0..FLAWS.len() {
        let flawed = with.replace("BackupTooOld", &format!("Flaw{flaw}"));
        // An expression can only fail once what it reads was scraped.
        until("the flawed rule is evaluated", async || verdict(&watch.rule(&flawed).await, expect) == Verdict::Broken)
            .await;
    }
    // A label that only some series will ever have: nobody knows whether it is a slip.
    let seen = watch.rule("alert: Rare").await;
    not_seen(&seen, "obs.can_fire");
    broken(&seen, "size(obs.selectors_without_series) == 0");
}

#[tokio::test]
async fn a_metric_that_ends_takes_the_alert_with_it() {
    let test = "a_metric_that_ends_takes_the_alert_with_it";
    let Some(watch) = prometheus(test, RULES, None).await else { return };
    held(&watch.rule("alert: BackupTooOld").await, "obs.can_fire");
    *watch.metrics.lock().unwrap_or_else(PoisonError::into_inner) =
        METRICS.replace("backup_age_seconds", "backup_age_minutes");
    until("the series is marked stale", async || {
        verdict(&watch.rule("alert: BackupTooOld").await, "obs.can_fire") == Verdict::Broken
    })
    .await;
    held(&watch.rule("alert: BackupTooOld").await, "obs.metrics_without_series == ['backup_age_seconds']");
}

#[tokio::test]
async fn an_alert_reaches_somebody_and_every_lost_link_turns() {
    let test = "an_alert_reaches_somebody_and_every_lost_link_turns";
    let Some(pager) = alertmanager(test, ROUTES).await else { return };
    let Some(watch) = prometheus(test, RULES, Some(pager.at)).await else { return };
    let expect = "obs.can_fire && obs.alertmanagers > 0 && obs.alertmanager_known && obs.routed && !obs.silenced";
    let with = |at: SocketAddr, more: &str| format!("alert: BackupTooOld, alertmanager: 'http://{at}'{more}");
    until("Prometheus knows its Alertmanager", async || {
        verdict(&watch.rule(&with(pager.at, "")).await, "obs.alertmanagers == 1").is_held()
    })
    .await;
    let seen = watch.rule(&with(pager.at, ", receiver: pager")).await;
    held(&seen, expect);
    held(&seen, "obs.receiver == 'pager' && !obs.receiver_is_empty && obs.alerts_now == 0");
    broken(&watch.rule(&with(pager.at, ", receiver: chat")).await, expect);
    let warning = watch.rule(&with(pager.at, "").replace("BackupTooOld", "ApiDown")).await;
    broken(&warning, "obs.routed");
    held(&warning, "obs.receiver == 'nobody' && obs.receiver_is_empty");
    for (from, to) in [
        ("severity=\"critical\"", "severity=\"critcal\""),
        ("severity=\"critical\"", "severity=\"critical\", team!=\"data\""),
        ("webhook_configs: [{url: 'http://127.0.0.1:9/hook'}]", "webhook_configs: []"),
        ("receiver: pager\n", "receiver: nobody\n"),
    ] {
        assert!(ROUTES.contains(from), "{from}");
        let flawed = alertmanager(test, &ROUTES.replacen(from, to, 1)).await.expect("the program is there");
        broken(&watch.rule(&with(flawed.at, "")).await, "obs.routed");
        // It is not the one that Prometheus sends to, either.
        broken(&watch.rule(&with(flawed.at, "")).await, "obs.alertmanager_known");
    }
    let open = ROUTES.replacen("severity=\"critical\"", "namespace=\"shop\"", 1);
    let open = alertmanager(test, &open).await.expect("the program is there");
    not_seen(&watch.rule(&with(open.at, "")).await, "obs.routed");
    held(
        &watch.rule(&with(open.at, ", series_labels: {namespace: shop}")).await,
        "obs.routed && obs.receiver == 'pager'",
    );
    broken(&watch.rule(&with(open.at, ", series_labels: {namespace: other}")).await, "obs.routed");
    silence(pager.at).await;
    until("the silence is active", async || {
        verdict(&watch.rule(&with(pager.at, "")).await, "!obs.silenced") == Verdict::Broken
    })
    .await;
    not_seen(&watch.rule(&with(crate::service::nobody(), "")).await, "obs.can_fire");
}

/// Silences everything critical for an hour, as a person would.
async fn silence(at: SocketAddr) {
    let body = "{\"matchers\":[{\"name\":\"severity\",\"value\":\"crit.*\",\"isRegex\":true,\"isEqual\":true}],\
                \"startsAt\":\"2020-01-01T00:00:00Z\",\"endsAt\":\"2099-01-01T00:00:00Z\",\"createdBy\":\"t\",\"comment\":\"t\"}";
    let limits = outside::http::Limits { body_bytes: 10_000, connect: crate::world::PATIENCE };
    let request = outside::http::Request {
        method: "POST".to_owned(),
        path: "/api/v2/silences".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    };
    let answer = outside::http::Client::new(limits).send(at, request, crate::world::PATIENCE).await.expect("answers");
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn a_rule_in_a_file_is_declared_and_its_absence_is_known_only_where_all_was_read() {
    let place = Place::new();
    let manifest = format!(
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {{name: r}}\nspec:\n{}",
        RULES.trim_start().lines().map(|line| format!("  {line}\n")).collect::<String>()
    );
    place.write("rules/a.yaml", &format!("kind: ConfigMap\n---\n{manifest}"));
    place.write("rules/b.yml", "groups: [{name: x, rules: [{alert: Other, expr: up == 0}]}]");
    let look = async |alert: &str| place.look("prom.rule", &format!("{{path: rules, alert: {alert}}}")).await;
    let seen = look("BackupTooOld").await;
    held(&seen, "obs.exists && obs.for_seconds == 90min && obs.metrics == ['backup_age_seconds'] && obs.alerts == 5");
    assert_eq!((seen.grade, seen.source.as_str()), (Some(Grade::Declared), "rules/a.yaml:10"));
    not_seen(&seen, "obs.can_fire");
    let gone = look("BackupToOld").await;
    broken(&gone, "obs.exists");
    assert_eq!(gone.grade, Some(Grade::Absent));
    place.write("rules/d.yaml", "kind: ConfigMap\ndata:\n  rules.yml: |\n    - alert: BackupToOld\n");
    not_seen(&look("BackupToOld").await, "!obs.exists");
    place.write("rules/c.yaml", "groups:\n{{- range .Values.x }}\n  - a: [\n");
    not_seen(&look("BackupToOld").await, "!obs.exists");
    not_seen(&look("BackupTooOld").await, "obs.exists");
    place.write("none/a.yaml", "kind: ConfigMap\n");
    blind(&place.look("prom.rule", "{path: none, alert: A}").await, "no alerting rule at all");
    blind(&place.look("prom.rule", "{path: ../x.yml, alert: A}").await, "");
    blind(&place.look("prom.rule", "{path: nowhere.yml, alert: A}").await, "is not there");
}

#[tokio::test]
async fn a_prometheus_on_a_bad_day_is_not_seen() {
    let place = Place::new();
    for (manner, why) in [
        (Manner::Hangs, "timed out"),
        (Manner::Drips(b'H'), ""),
        (Manner::Closes, "connection reset"),
        (Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"status\""), "connection reset"),
        (Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n<html/>"), "no JSON"),
        (
            Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 35\r\n\r\n{\"status\":\"error\",\"error\":\"so sad\"}"),
            "so sad",
        ),
        (Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n{\"status\":\"success\",\"data\":1}"), ""),
        (
            Manner::Says(b"HTTP/1.1 302 F\r\nlocation: http://elsewhere.example/\r\ncontent-length: 0\r\n\r\n"),
            "a redirect to http://elsewhere.example/, which is not followed",
        ),
        (Manner::Says(b"HTTP/1.1 503 x\r\ncontent-length: 5\r\n\r\nwait!"), "status 503: wait!"),
        (Manner::Floods(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"), "larger than the limit"),
    ] {
        let server = Raw::new(manner);
        for (kind, more) in [("prom.query", "query: up"), ("prom.rule", "alert: A")] {
            let with = format!("{{url: 'http://{}', within: 700ms, {more}}}", server.at);
            let seen = place.look(kind, &with).await;
            blind(&seen, why);
            not_seen(&seen, "!obs.exists && obs.series == 0");
        }
    }
}

#[test]
fn everything_wrong_with_a_question_to_prometheus_is_said() {
    let place = Place::new();
    let wrong = |kind: &str, with: &str| {
        let problems = place.read(kind, with).err().unwrap_or_default();
        problems.into_iter().map(|problem| problem.message).collect::<Vec<String>>().join("\n")
    };
    assert_eq!(wrong("prom.query", "{component: api, query: up}"), "");
    assert!(wrong("prom.query", "{component: db, query: ' '}").contains("answers HTTP"));
    assert!(wrong("prom.query", "{url: 'http://127.0.0.1:1'}").contains("no `query`"));
    assert_eq!(
        wrong("prom.rule", "{component: api, alert: A, alertmanager: api, receiver: x, series_labels: {a: b}}"),
        ""
    );
    assert!(wrong("prom.rule", "{component: api, alert: A, receiver: x}").contains("needs an `alertmanager`"));
    assert!(wrong("prom.rule", "{path: a.yml, alert: A, alertmanager: api}").contains("unknown key `alertmanager`"));
    assert!(wrong("prom.rule", "{alert: A, labels: [a]}").contains("`labels` must be a map"));
}
