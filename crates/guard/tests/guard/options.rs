//! The guard as a command: problems come out together, before a port is bound.

use clap::Parser;
use guard::{Options, exit};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn options(arguments: &[&str]) -> Options {
    Arguments::try_parse_from([&["guard"], arguments].concat()).unwrap_or_else(|error| panic!("{error}")).options
}

#[test]
fn a_missing_file_and_a_wrong_address_are_told_together() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let options = options(&["--file", "/no/such/file.yaml", "--admin", "nowhere"]);
    assert_eq!(guard::run(&options, &mut out, &mut err), exit::USAGE);
    let text = String::from_utf8(err).unwrap();
    assert!(text.contains("/no/such/file.yaml") && text.contains("nowhere") && text.contains("help:"), "{text}");
    assert!(out.is_empty(), "nothing is announced");
}

#[test]
fn a_taken_admin_port_is_named() {
    let taken = outside::net::listen(crate::world::loopback(), false).unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(guard::run(&options(&["--toxiproxy", "--admin", &at]), &mut out, &mut err), exit::USAGE);
    let text = String::from_utf8(err).unwrap();
    assert!(text.contains("admin port") && text.contains(&at), "{text}");
}

#[test]
fn without_a_file_there_are_only_toxiproxys_routes() {
    let (plan, warnings) = guard::plan(&options(&["--toxiproxy", "--workers", "1", "--seed", "7"])).unwrap();
    assert!(plan.edges.is_empty() && plan.toxiproxy && warnings.is_empty());
    assert_eq!((plan.workers, plan.seed), (1, 7));
}

#[test]
fn no_more_workers_than_allowed() {
    let problems = guard::plan(&options(&["--toxiproxy", "--workers", "1000"])).unwrap_err();
    assert!(problems[0].message.contains("workers must be 1 to 64"), "{problems:?}");
}

const FILE: &str = "
seaworthy: 1
name: shop
system:
  components:
    web: {kind: client}
    api: {kind: service, at: 127.0.0.1:3001}
    pay: {kind: external, at: \"${env:GUARD_TEST_NOT_SET:-127.0.0.1:3002}\"}
    job: {kind: service, start: run it}
  edges:
    web->api: {needs: hard, guard: {listen: 127.0.0.1:8080, timeout: 500ms}}
    api->pay: {needs: soft, guard: {}}
    api->job: {needs: soft, guard: {}}
";

/// A directory with the file, and the arguments that name it.
fn with_file(text: &str, arguments: &[&str]) -> (tempfile::TempDir, Options) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("seaworthy.yaml");
    outside::files::write_whole(&path, text.as_bytes()).unwrap();
    let options = options(&[&["--file", path.to_str().unwrap()], arguments].concat());
    (directory, options)
}

#[test]
fn every_guarded_edge_is_planned_with_its_callees_address_and_flags_go_before_the_file() {
    let (_directory, all) =
        with_file(FILE, &["--upstream", "api -> job=127.0.0.1:1,127.0.0.1:2", "--listen", "web->api=127.0.0.1:0"]);
    let (plan, _) = guard::plan(&all).unwrap();
    let seen: Vec<String> =
        plan.edges.iter().map(|edge| format!("{} {} {:?}", edge.id, edge.listen, edge.upstreams)).collect();
    assert_eq!(
        seen,
        [
            "web->api 127.0.0.1:0 [127.0.0.1:3001]",
            "api->pay 127.0.0.1:0 [127.0.0.1:3002]",
            "api->job 127.0.0.1:0 [127.0.0.1:1, 127.0.0.1:2]",
        ]
    );
    let (_directory, one) = with_file(FILE, &["--edge", "web->api"]);
    let (plan, _) = guard::plan(&one).unwrap();
    assert_eq!(plan.edges.len(), 1);
    assert_eq!(plan.edges[0].listen.to_string(), "127.0.0.1:8080");
    assert_eq!(plan.edges[0].policy.timeout, Some(std::time::Duration::from_millis(500)));
}

#[test]
fn everything_that_is_wrong_with_arguments_and_file_is_told_at_once() {
    let (_directory, wrong) = with_file(
        FILE,
        &[
            "--edge",
            "web->apo",
            "--listen",
            "web->api",
            "--upstream",
            "api->pay=nowhere",
            "--upstream",
            "x=y",
            "--admin",
            "x",
        ],
    );
    let problems = guard::plan(&wrong).unwrap_err();
    let told: Vec<String> = problems.iter().map(|problem| format!("{problem:?}")).collect();
    for word in ["web->apo", "did you mean `web->api`", "has no `=`", "nowhere", "nobody says where job listens", "`x`"]
    {
        assert!(told.iter().any(|problem| problem.contains(word)), "{word}: {told:#?}");
    }
    let (_directory, left_out) = with_file(FILE, &["--edge", "web->api", "--upstream", "api->pay=127.0.0.1:1"]);
    let problems = guard::plan(&left_out).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("left out by --edge")), "{problems:?}");
}

#[test]
fn a_file_without_guards_or_with_bad_yaml_is_no_plan() {
    let none = FILE.replace(", guard: {}", "").replace(", guard: {listen: 127.0.0.1:8080, timeout: 500ms}", "");
    let (_directory, none) = with_file(&none, &[]);
    assert!(guard::plan(&none).unwrap_err().iter().any(|problem| problem.rule == "no-guard"));
    let (_directory, bad) = with_file("seaworthy: [", &[]);
    assert!(guard::plan(&bad).unwrap_err().iter().any(|problem| problem.rule == "yaml-syntax"));
}
