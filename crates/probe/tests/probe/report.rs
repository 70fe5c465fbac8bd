//! `test.report`: what ran holds; a case that was skipped, renamed, or left out of an old report turns or is not seen.

use evidence::Grade;

use crate::versioned::{DAY, commit, versioned};
use crate::world::{NOW, Place, blind, broken, held, not_seen};

const JUNIT: &str = r#"<?xml version="1.0"?>
<testsuites><testsuite name="pytest" tests="4" failures="0" errors="0" skipped="1" timestamp="2025-11-13T00:00:00+00:00">
  <properties><property name="git.commit" value="0123456789abcdef0123456789abcdef01234567"/></properties>
  <testcase classname="tests.test_cache" name="test_invalidated_on_update[user-1]" time="0.1"/>
  <testcase classname="tests.test_cache" name="test_invalidated_on_delete" time="0.1"></testcase>
  <testcase classname="tests.test_cache" name="test_eviction"><skipped type="pytest.xfail" message="later"/></testcase>
  <testcase classname="tests.test_other" name="test_x" time="0.1"/>
</testsuite></testsuites>
"#;

const WITH: &str =
    "{paths: 'reports/*.xml', cases: [test_invalidated_on_update, 'tests.test_cache::test_invalidated_on_delete']}";
const RAN: &str = "obs.cases_passed && obs.failed == 0 && size(obs.missing_cases) == 0";

fn place_with(path: &str, text: &str) -> Place {
    let place = Place::new();
    place.write(path, text);
    place
}

#[tokio::test]
async fn cases_that_ran_hold_and_each_way_of_not_running_turns() {
    let place = place_with("reports/unit.xml", JUNIT);
    let sound = place.look("test.report", WITH).await;
    held(&sound, RAN);
    held(&sound, "obs.cases == 4 && obs.passed == 3 && obs.expected_failures == 1 && obs.skipped == 0 && obs.age > 1h");
    assert_eq!(sound.grade, Some(Grade::Declared));
    let ways = [
        ("test_invalidated_on_delete", "test_invalidated_on_deletion"),
        ("test_invalidated_on_update[user-1]", "test_invalidated_on_updates[user-1]"),
        ("name=\"test_invalidated_on_delete\" time=\"0.1\">", "name=\"test_invalidated_on_delete\"><skipped/>"),
        (
            "name=\"test_invalidated_on_delete\" time=\"0.1\">",
            "name=\"test_invalidated_on_delete\"><failure message=\"x\">y</failure>",
        ),
        ("errors=\"0\"", "errors=\"1\""),
        (
            "classname=\"tests.test_cache\" name=\"test_invalidated_on_delete\"",
            "classname=\"old.test_cache\" name=\"test_invalidated_on_delete\"",
        ),
    ];
    for (old, new) in ways {
        assert!(JUNIT.contains(old), "{old}");
        place.write("reports/unit.xml", &JUNIT.replace(old, new));
        broken(&place.look("test.report", WITH).await, RAN);
    }
}

#[tokio::test]
async fn failures_that_no_element_tells_are_told_by_words_and_counts() {
    const GREEN: &str = "obs.failed == 0 && obs.cases >= 1";
    let one = |root: &str, case: &str| {
        format!(
            "<testsuites{root}><testsuite name='a'><testcase name='t'/><testcase name='u'{case}/></testsuite></testsuites>"
        )
    };
    let place = Place::new();
    let look = || place.look("test.report", "{paths: r.xml}");
    for (root, case) in
        [("", ""), (" tests='2' failures='0'", ""), ("", " status='run' result='completed'"), ("", " status='passed'")]
    {
        place.write("r.xml", &one(root, case));
        held(&look().await, "obs.failed == 0 && obs.passed == 2");
    }
    for (root, case) in [
        ("", " status='failed'"),
        ("", " status='fail'"),
        ("", " status='undefined'"),
        ("", " result='error'"),
        (" tests='2' failures='1'", ""),
        (" tests='2' errors='1'", ""),
    ] {
        place.write("r.xml", &one(root, case));
        broken(&look().await, GREEN);
    }
    for case in [" status='disabled'", " status='notrun' result='suppressed'", " result='skipped'"] {
        place.write("r.xml", &one("", case));
        held(&look().await, "obs.passed == 1 && obs.skipped == 1");
    }
    place.write("r.xml", &one(" tests='20'", ""));
    not_seen(&look().await, GREEN);
    place.write("r.xml", "<testsuite tests='2'><testcase name='t'><skipped/></testcase><testcase name='u' status='disabled'/></testsuite>");
    not_seen(&look().await, GREEN);
    broken(&look().await, "obs.passed >= 1");
}

#[tokio::test]
async fn a_package_of_go_that_does_not_build_is_a_failure() {
    let sound = "{\"Action\":\"run\",\"Package\":\"a\",\"Test\":\"TestX\"}\n{\"Action\":\"pass\",\"Package\":\"a\",\"Test\":\"TestX\"}\n{\"Action\":\"pass\",\"Package\":\"a\"}\n";
    let place = place_with("go.json", sound);
    held(&place.look("test.report", "{paths: go.json}").await, "obs.failed == 0 && obs.passed == 1");
    let fallen = "{\"Action\":\"start\",\"Package\":\"b\"}\n{\"Action\":\"fail\",\"Package\":\"b\"}\n";
    place.write("go.json", &format!("{sound}{fallen}"));
    broken(&place.look("test.report", "{paths: go.json}").await, "obs.failed == 0");
}

#[tokio::test]
async fn a_report_of_nothing_or_half_of_one_is_no_data() {
    let place = place_with("reports/unit.xml", "<testsuites><testsuite tests=\"0\"/></testsuites>");
    blind(&place.look("test.report", "{paths: reports/unit.xml}").await, "no case");
    place.write("reports/unit.xml", &JUNIT[..JUNIT.find("<testcase classname=\"tests.test_other").expect("is there")]);
    not_seen(&place.look("test.report", WITH).await, RAN);
    place.write("reports/unit.xml", &JUNIT.replace("tests=\"4\"", "tests=\"40\""));
    not_seen(&place.look("test.report", WITH).await, RAN);
    blind(&Place::new().look("test.report", "{paths: reports}").await, "there is no report");
    place.write("reports/unit.xml", JUNIT);
    not_seen(&place.look("test.report", "{paths: [reports/unit.xml, reports/more.xml]}").await, "obs.failed == 0");
    assert!(place.read("test.report", "{paths: a, cases: ['*']}").is_err());
    assert!(place.read("test.report", "{paths: a, value: p95}").is_err());
}

#[tokio::test]
async fn tries_again_and_errors_of_whole_suites_are_told() {
    let text = "<testsuite><testcase name='a'><flakyFailure>x</flakyFailure></testcase><testcase name='b'><rerunFailure/><failure/></testcase>\
                <testsuite name='in' tests='1'><error message='import'/><testcase name='c'/></testsuite></testsuite>";
    let place = place_with("r.xml", text);
    held(
        &place.look("test.report", "{paths: r.xml}").await,
        "obs.flaky == 1 && obs.failed == 2 && obs.errors == 1 && obs.cases == 3",
    );
}

#[tokio::test]
async fn an_old_report_or_one_of_another_revision_holds_nothing() {
    let mut place = place_with("reports/unit.xml", JUNIT);
    place.world.version = Some("0123456789ab".to_owned());
    let with = WITH.replace("}", ", revision: required, max_age: 7d}");
    held(&place.look("test.report", &with).await, "obs.revision_matches && obs.failed == 0");
    place.world.version = Some("0123456789ab+changes".to_owned());
    not_seen(&place.look("test.report", &with).await, RAN);
    place.world.version = Some("fedcba987654".to_owned());
    not_seen(&place.look("test.report", &with).await, RAN);
    broken(&place.look("test.report", WITH).await, "obs.revision_matches");
    place.world.version = Some("0123456789ab".to_owned());
    place.world.now = NOW + 30 * DAY * 1_000_000;
    not_seen(&place.look("test.report", &with).await, RAN);
}

#[tokio::test]
async fn a_report_is_fresh_only_when_nothing_was_committed_since() {
    let place = versioned();
    place.write("app.py", "x = 1\n");
    place.write(".gitignore", "reports/\n");
    commit(&place, "first", 2 * DAY);
    place.write("reports/unit.xml", JUNIT);
    let fresh = place.look("test.report", WITH).await;
    held(&fresh, "obs.fresh");
    assert_eq!(fresh.grade, Some(Grade::Wired));
    place.write("app.py", "x = 2\n");
    broken(&place.look("test.report", WITH).await, "obs.fresh");
    commit(&place, "second", 60);
    broken(&place.look("test.report", WITH).await, "obs.fresh");
}

const LCOV: &str = "TN:\nSF:/build/src/cache/invalidate.py\nDA:1,1\nDA:2,1\nDA:3,0\nDA:4,2\nBRDA:2,0,0,1\nBRDA:2,0,1,-\nend_of_record\nSF:/build/src/other.py\nDA:1,0\nend_of_record\n";

#[tokio::test]
async fn coverage_is_that_of_the_files_asked_for_and_files_left_out_are_named() {
    let place = place_with("lcov.info", LCOV);
    place.write("src/cache/invalidate.py", "x\n");
    let with = "{paths: lcov.info, files: 'src/cache/**'}";
    let seen = place.look("test.report", with).await;
    held(
        &seen,
        "obs.line_coverage == 75% && obs.branch_coverage == 50% && obs.lines == 4 && size(obs.not_in_report) == 0",
    );
    held(&place.look("test.report", "{paths: lcov.info}").await, "obs.line_coverage == 60%");
    place.write("src/cache/eviction.py", "y\n");
    held(&place.look("test.report", with).await, "obs.not_in_report == ['src/cache/eviction.py']");
    let nothing = place.look("test.report", "{paths: lcov.info, files: 'src/cash/**'}").await;
    blind(&nothing, "no line of the files");
    place.write("lcov.info", &LCOV[..LCOV.len() - 15]);
    not_seen(&place.look("test.report", with).await, "obs.line_coverage >= 70%");
}

#[tokio::test]
async fn cobertura_counts_a_line_once() {
    let text = "<coverage line-rate=\"1\" timestamp=\"1762990000\"><packages><package><classes><class filename=\"cache.py\"><methods><method><lines>\
                <line number=\"1\" hits=\"1\"/></lines></method></methods><lines><line number=\"1\" hits=\"1\"/>\
                <line number=\"2\" hits=\"0\" condition-coverage=\"50% (1/2)\"/></lines></class></classes></package></packages></coverage>";
    let place = place_with("coverage.xml", text);
    let seen = place.look("test.report", "{paths: coverage.xml, files: cache.py}").await;
    held(&seen, "obs.line_coverage == 50% && obs.branch_coverage == 50% && obs.lines == 2 && obs.age < 1d");
}

#[tokio::test]
async fn silence_counts_only_where_a_detector_was_listening() {
    let place = place_with("race.log", "$ go test -race ./...\nok  \texample/cache\t1.2s\n");
    held(&place.look("test.report", "{paths: race.log}").await, "obs.races == 0");
    place.write("race.log", "$ go test -race ./...\n==================\nWARNING: DATA RACE\nRead at 0x0\n");
    broken(&place.look("test.report", "{paths: race.log}").await, "obs.races == 0");
    place.write("race.log", "$ go test ./...\nok  \texample/cache\t1.2s\n");
    let deaf = place.look("test.report", "{paths: race.log}").await;
    blind(&deaf, "nothing shows that a detector was on");
    place.write("race.log", "==1==ERROR: AddressSanitizer: heap-use-after-free on address\n");
    held(&place.look("test.report", "{paths: race.log}").await, "obs.sanitizer_errors == 1");
}

#[tokio::test]
async fn benchmarks_are_durations_and_a_slower_one_turns() {
    let place = place_with(
        "target/criterion/cache get/new/estimates.json",
        "{\"mean\": {\"point_estimate\": 1500000.0}, \"median\": {\"point_estimate\": 1400000.0}}",
    );
    let with = "{paths: 'target/criterion/**/new/estimates.json', cases: cache get}";
    held(&place.look("test.report", with).await, "obs.mean < 2ms && obs.benchmarks == 1");
    place.write("target/criterion/cache get/new/estimates.json", "{\"mean\": {\"point_estimate\": 2500000.0}}");
    broken(&place.look("test.report", with).await, "obs.mean < 2ms");
    place.write("b.json", "{\"datetime\": \"2025-11-12T00:00:00\", \"benchmarks\": [{\"name\": \"a\", \"stats\": {\"mean\": 0.2, \"median\": 0.1}}]}");
    held(&place.look("test.report", "{paths: b.json}").await, "obs.mean == 200ms && obs.age > 1d");
    place.write("h.json", "{\"results\": [{\"command\": \"x\", \"mean\": 0.5, \"exit_codes\": [0]}]}");
    held(&place.look("test.report", "{paths: h.json}").await, "obs.mean == 500ms");
    place.write("k6.json", "{\"metrics\": {\"p95\": 120}}");
    held(&place.look("test.report", "{paths: k6.json, value: $.metrics.p95}").await, "obs.value == 120");
}

#[tokio::test]
async fn the_last_word_of_go_counts() {
    let text = "{\"Time\":\"2025-11-12T00:00:00Z\",\"Action\":\"start\",\"Package\":\"p\"}\n{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA\"}\n{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}\n";
    let place = place_with("go.json", text);
    held(&place.look("test.report", "{paths: go.json, cases: TestA}").await, RAN);
    place.write("go.json", &text.replace("\"pass\"", "\"fail\""));
    broken(&place.look("test.report", "{paths: go.json, cases: TestA}").await, RAN);
    place.write("go.json", &text[..text.rfind("{\"Action\"").expect("is there")]);
    not_seen(&place.look("test.report", "{paths: go.json, cases: TestA}").await, RAN);
}
