//! The reader: what a sound file means, and forty ways to write it wrongly.

use evidence::{Claims, GateModel, Grade, Look, RiskId, read_claims};
use expect_test::{Expect, expect};
use text::{Problem, Source, read_yaml};

use crate::world::risk;

fn read(yaml: &str, known: &[RiskId]) -> (Option<Claims>, Vec<Problem>) {
    let source = Source::new("seaworthy.yaml", yaml);
    let (node, mut problems) = read_yaml(&source);
    let claims = read_claims(&source, &node.expect("is YAML"), known, &mut problems);
    (claims, problems)
}

/// Each file with its problems; registers hold R-1, R-2 and SEC-001.
fn check(files: &[&str], expected: Expect) {
    let known = ["R-1", "R-2", "SEC-001"].map(risk);
    let mut told = String::new();
    for yaml in files {
        let (_, problems) = read(yaml, &known);
        assert!(!problems.is_empty(), "{yaml} has no problem");
        told.push_str(&format!("--- {}\n", yaml.trim_end().replace('\n', "\n    ")));
        for problem in problems {
            let Problem { line, column, rule, severity, message, help, .. } = problem;
            let help = help.map_or_else(String::new, |help| format!(" ({help})"));
            told.push_str(&format!("{line}:{column} {} {rule}: {message}{help}\n", severity.word()));
        }
    }
    expected.assert_eq(&told);
}

/// A file with one claim whose body is given.
fn with_claim(body: &str) -> String {
    format!("claims: {{R-1: {{a: {{{body}}}}}}}\n")
}

fn check_claims(bodies: &[&str], expected: Expect) {
    let files: Vec<String> = bodies.iter().map(|body| with_claim(body)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    check(&files, expected);
}

const SOUND: &str = r#"
seaworthy: 1
claims:
  R-2:
    no-lost-write:
      says: failing over loses no acknowledged write
      drill: restart
      with: {component: db}
      expect: "obs.lost_acknowledged == 0 && obs.rto < 30s"
      every: 90d
      max_age: 30d
      in: [staging]
  SEC-001:
    only-named:
      probe: file.value
      expect: obs.value == 'strict'
      min_grade: wired
      also: [R-1]
      in: local
acceptances:
  R-1: {owner: platform-team, approved_by: security-lead, until: 2027-03-31, reason: plaintext stays inside the mesh}
gate: {model: levels, require: wired}
environments:
  staging: {}
"#;

#[test]
fn a_sound_file_is_read_whole() {
    let (claims, problems) = read(SOUND, &["R-1", "R-2", "SEC-001"].map(risk));
    assert_eq!(problems, []);
    let claims = claims.expect("is read");
    let (first, second) = (&claims.claims[0], &claims.claims[1]);
    assert_eq!(first.id.to_string(), "R-2/no-lost-write");
    assert_eq!((first.look, first.kind.as_str()), (Look::Drill, "restart"));
    assert_eq!(first.says, "failing over loses no acknowledged write");
    assert_eq!(first.with.get("component").and_then(text::Node::as_text), Some("db"));
    assert_eq!(first.every.map(|every| every.as_secs()), Some(90 * 86_400));
    assert_eq!(first.max_age.map(|age| age.as_secs()), Some(30 * 86_400));
    assert_eq!(first.environments, ["staging"]);
    assert_eq!(second.says, "only named");
    assert_eq!(second.min_grade, Some(Grade::Wired));
    assert_eq!(second.also, [risk("R-1")]);
    assert_eq!(second.with.as_map().map(<[_]>::len), Some(0));
    assert_eq!(claims.acceptances[0].until.to_string(), "2027-03-31");
    assert_eq!((claims.gate.model, claims.gate.require), (GateModel::Levels, Grade::Wired));
}

#[test]
fn missing_sections_are_empty_and_the_gate_has_a_default() {
    let (claims, problems) = read("seaworthy: 1\n", &[]);
    let claims = claims.expect("is read");
    assert_eq!(problems, []);
    assert!(claims.claims.is_empty() && claims.acceptances.is_empty());
    assert_eq!((claims.gate.model, claims.gate.require), (GateModel::Bmad, Grade::Live));
}

#[test]
fn unknown_registers_check_no_risk() {
    let (claims, problems) = read(&with_claim("probe: exec, expect: obs.code == 0"), &[]);
    assert_eq!((claims.expect("is read").claims.len(), problems), (1, Vec::new()));
}

#[test]
fn a_claim_with_a_mistake_is_left_out() {
    for body in [
        "probe: exec, expect: obs.code == 0, evry: 5d",
        "probe: exec, expect: obs.code == 0, in: nowhere",
        "probe: exec",
    ] {
        let (claims, problems) = read(&with_claim(body), &[]);
        assert!(text::has_errors(&problems), "{body}");
        assert!(claims.expect("is read").claims.is_empty(), "{body}");
    }
}

#[test]
fn sections_of_the_wrong_shape() {
    check(
        &[
            "claims: text\n",
            "claims: [a]\n",
            "claims: {R-1: text}\n",
            "claims: {R-1: {a: text}}\n",
            "claims: {R-1: }\n",
            "acceptances: []\n",
            "acceptances: {R-1: yes}\n",
            "gate: bmad\n",
        ],
        expect![[r#"
            --- claims: text
            1:9 error wrong-shape: `claims` must be a map, found text
            --- claims: [a]
            1:9 error wrong-shape: `claims` must be a map, found a list
            --- claims: {R-1: text}
            1:15 error wrong-shape: the claims of `R-1` must be a map, found text
            --- claims: {R-1: {a: text}}
            1:19 error wrong-shape: claim `R-1/a` must be a map, found text
            --- claims: {R-1: }
            1:10 warning empty-claims: nothing is claimed for `R-1` (write a claim under it, or remove the key)
            --- acceptances: []
            1:14 error wrong-shape: `acceptances` must be a map, found a list
            --- acceptances: {R-1: yes}
            1:20 error wrong-shape: the acceptance of `R-1` must be a map, found text
            --- gate: bmad
            1:7 error wrong-shape: the gate must be a map, found text
        "#]],
    );
}

#[test]
fn names_that_are_none_or_not_known() {
    check(
        &[
            "claims: {R-3: {a: {probe: exec, expect: obs.code == 0}}}\n",
            "claims: {SEC-01: {a: {probe: exec, expect: obs.code == 0}}}\n",
            "claims: {R/1: {a: {probe: exec, expect: obs.code == 0}}}\n",
            "claims: {R-1: {No Lost Write: {probe: exec, expect: obs.code == 0}}}\n",
            "claims: {R-1: {probe: exec, expect: obs.code == 0}}\n",
            "acceptances: {R-11: {owner: a, approved_by: b, until: 2027-01-01, reason: c}}\n",
        ],
        expect![[r#"
            --- claims: {R-3: {a: {probe: exec, expect: obs.code == 0}}}
            1:10 error unknown-risk: no register holds a risk `R-3` (did you mean `R-1`?)
            --- claims: {SEC-01: {a: {probe: exec, expect: obs.code == 0}}}
            1:10 error unknown-risk: no register holds a risk `SEC-01` (did you mean `SEC-001`?)
            --- claims: {R/1: {a: {probe: exec, expect: obs.code == 0}}}
            1:10 error wrong-name: `R/1` is not the id of a risk (an id has 1 to 64 bytes, no `/`, no line break, and no space at its ends)
            --- claims: {R-1: {No Lost Write: {probe: exec, expect: obs.code == 0}}}
            1:16 error wrong-name: `No Lost Write` is not the name of a claim (a name has 1 to 64 lower-case letters, digits and `-`, as in `no-lost-write`)
            --- claims: {R-1: {probe: exec, expect: obs.code == 0}}
            1:10 error missing-name: the claim of `R-1` has no name (write the name between them, as in `R-1: {no-lost-write: {..}}`)
            --- acceptances: {R-11: {owner: a, approved_by: b, until: 2027-01-01, reason: c}}
            1:15 error unknown-risk: no register holds a risk `R-11` (did you mean `R-1`?)
        "#]],
    );
}

#[test]
fn claims_that_are_seen_by_nothing_or_expect_nothing() {
    check_claims(
        &[
            "expect: obs.code == 0",
            "probe: exec, drill: restart, expect: obs.code == 0",
            "probe: {kind: exec}, expect: obs.code == 0",
            "probe: '', expect: obs.code == 0",
            "probe: exec",
            "probe: exec, expect: ''",
            "probe: exec, expect: [a]",
            "probe: exec, expect: obs.code = 0",
            "probe: exec, expect: \"code == 0\"",
            "probe: exec, expect: 'true'",
            "probe: exec, expect: obs.a == obs.a",
            "probe: exec, expect: obs.a == 1 && obs.a == 2",
            "probe: exec, expect: obs.errors >= 0",
            "probe: exec, expect: 5s < 10",
        ],
        expect![[r#"
            --- claims: {R-1: {a: {expect: obs.code == 0}}}
            1:19 error missing-key: claim `R-1/a` has neither `probe` nor `drill` (say how to see whether it holds, as in `probe: http.check`)
            --- claims: {R-1: {a: {probe: exec, drill: restart, expect: obs.code == 0}}}
            1:40 error wrong-look: claim `R-1/a` has a probe and a drill (a claim is seen by one of them; write two claims)
            --- claims: {R-1: {a: {probe: {kind: exec}, expect: obs.code == 0}}}
            1:27 error wrong-value: `probe` of claim `R-1/a` must be the name of a kind, found a map (its parameters go under `with`)
            --- claims: {R-1: {a: {probe: '', expect: obs.code == 0}}}
            1:27 error wrong-value: `probe` of claim `R-1/a` must be the name of a kind, found text (its parameters go under `with`)
            --- claims: {R-1: {a: {probe: exec}}}
            1:19 error missing-key: claim `R-1/a` has no `expect`
            --- claims: {R-1: {a: {probe: exec, expect: ''}}}
            1:42 error expect-syntax: the expectation is empty (an expectation looks like `obs.status == 401`)
            --- claims: {R-1: {a: {probe: exec, expect: [a]}}}
            1:41 error wrong-value: `expect` of claim `R-1/a` must be text, found a list (put the whole expectation in double quotes)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code = 0}}}
            1:50 error expect-syntax: `=` means nothing here (comparison is written `==`)
            --- claims: {R-1: {a: {probe: exec, expect: "code == 0"}}}
            1:42 error unknown-name: `code` is not a name known here (a field of the observation is `obs.code`, a text stands in quotes: `'code'`)
            --- claims: {R-1: {a: {probe: exec, expect: 'true'}}}
            1:42 error claim-cannot-fail: this expectation reads no field of `obs`, so nothing that is seen could break it (hold a field against something, as in `obs.status == 401`)
            --- claims: {R-1: {a: {probe: exec, expect: obs.a == obs.a}}}
            1:41 error claim-cannot-fail: no observation makes this expectation false, so it proves nothing (drop the part that is always true)
            --- claims: {R-1: {a: {probe: exec, expect: obs.a == 1 && obs.a == 2}}}
            1:41 error claim-cannot-hold: no observation makes this expectation true, so it can never hold (its parts contradict each other)
            --- claims: {R-1: {a: {probe: exec, expect: obs.errors >= 0}}}
            1:41 warning claim-cannot-fail: only a value below zero makes this expectation false, and counts, sizes and durations never are (if the value is never below zero, hold it against a limit that it can miss)
            --- claims: {R-1: {a: {probe: exec, expect: 5s < 10}}}
            1:41 error expect-type: a duration is compared with a bare number (give both the same unit, as in `obs.p95 < 300ms`)
        "#]],
    );
}

#[test]
fn claims_with_a_wrong_detail() {
    check_claims(
        &[
            "probe: exec, expected: obs.code == 0",
            "probe: exec, expect: obs.code == 0, with: 5",
            "probe: exec, expect: obs.code == 0, min_grade: lives",
            "probe: exec, expect: obs.code == 0, min_grade: absent",
            "probe: exec, expect: obs.code == 0, min_grade: effective",
            "probe: exec, expect: obs.code == 0, every: 90",
            "probe: exec, expect: obs.code == 0, every: 0s",
            "probe: exec, expect: obs.code == 0, max_age: 0s",
            "probe: exec, expect: obs.code == 0, in: [staging]",
            "probe: exec, expect: obs.code == 0, in: {a: b}",
            "probe: exec, expect: obs.code == 0, also: [R-22, R-1, R-2, R-2]",
            "probe: exec, expect: obs.code == 0, says: [a]",
        ],
        expect![[r#"
            --- claims: {R-1: {a: {probe: exec, expected: obs.code == 0}}}
            1:19 error missing-key: claim `R-1/a` has no `expect`
            1:33 error unknown-key: unknown key `expected` in claim `R-1/a` (did you mean `expect`?)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, with: 5}}}
            1:62 error wrong-shape: `with` of claim `R-1/a` must be a map, found text
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, min_grade: lives}}}
            1:67 error unknown-word: `min_grade` of claim `R-1/a` cannot be `lives` (did you mean `live`?)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, min_grade: absent}}}
            1:67 error unknown-word: `min_grade` of claim `R-1/a` cannot be `absent` (one of: declared, wired, live, effective)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, min_grade: effective}}}
            1:67 error claim-cannot-hold: claim `R-1/a` demands `effective`, and a probe reaches `live` at most (demand `live`, or show it with a drill)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, every: 90}}}
            1:63 error wrong-value: `every` of claim `R-1/a` must be a duration such as `500ms`, `5s`, `10m`, `24h` or `90d`, found `90`
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, every: 0s}}}
            1:63 error wrong-value: `every` of claim `R-1/a` must be longer than nothing (evidence that is never fresh never counts; write how long it does, as in `7d`)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, max_age: 0s}}}
            1:65 error wrong-value: `max_age` of claim `R-1/a` must be longer than nothing (evidence that is never fresh never counts; write how long it does, as in `7d`)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, in: [staging]}}}
            1:61 error unknown-environment: `staging` is not an environment (declare it under `environments`)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, in: {a: b}}}}
            1:60 error wrong-value: `in` of claim `R-1/a` must be text, found a map
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, also: [R-22, R-1, R-2, R-2]}}}
            1:63 error unknown-risk: no register holds a risk `R-22` (did you mean `R-2`?)
            1:69 warning named-twice: the claim supports `R-1` already (remove it here)
            1:79 warning named-twice: the claim supports `R-2` already (remove it here)
            --- claims: {R-1: {a: {probe: exec, expect: obs.code == 0, says: [a]}}}
            1:62 error wrong-value: `says` of claim `R-1/a` must be text, found a list
        "#]],
    );
}

#[test]
fn environments_that_are_not_declared() {
    check(
        &[
            "environments: {staging: {}, prod: {}}\nclaims: {R-1: {a: {probe: exec, expect: obs.code == 0, in: [stagin, elsewhere, local]}}}\n",
        ],
        expect![[r#"
            --- environments: {staging: {}, prod: {}}
                claims: {R-1: {a: {probe: exec, expect: obs.code == 0, in: [stagin, elsewhere, local]}}}
            2:61 error unknown-environment: `stagin` is not an environment (did you mean `staging`?)
            2:69 error unknown-environment: `elsewhere` is not an environment (known environments: staging, prod)
        "#]],
    );
}

#[test]
fn acceptances_that_are_written_wrongly() {
    check(
        &[
            "acceptances: {R-1: {}}\n",
            "acceptances: {R-1: {owner: ann, approved_by: ANN, until: 2027-01-01, reason: c}}\n",
            "acceptances: {R-1: {owner: Ann Lee, approved_by: ' ann  lee', until: 2027-01-01, reason: c}}\n",
            "acceptances: {R-1: {owner: ann, approved_by: bob, until: 31.12.2027, reason: c}}\n",
            "acceptances: {R-1: {owner: ann, approved_by: bob, until: 2027-02-30, reason: c}}\n",
            "acceptances: {R-1: {owner: ann, approved_by: bob, until: 2027-01-01T10:00:00, reason: c}}\n",
            "acceptances: {R-1: {owner: ann, approved_by: bob, until: [2027], reason: c}}\n",
            "acceptances: {R-1: {owner: ann, approved_by: bob, until: 2027-01-01, reason: ' '}}\n",
            "acceptances: {R-1: {owner: ann, aproved_by: bob, until: 2027-01-01, reason: c}}\n",
        ],
        expect![[r#"
            --- acceptances: {R-1: {}}
            1:20 error missing-key: the acceptance of `R-1` has no `owner`
            1:20 error missing-key: the acceptance of `R-1` has no `approved_by`
            1:20 error missing-key: the acceptance of `R-1` has no `until`
            1:20 error missing-key: the acceptance of `R-1` has no `reason`
            --- acceptances: {R-1: {owner: ann, approved_by: ANN, until: 2027-01-01, reason: c}}
            1:46 error own-approval: the acceptance of `R-1` is approved by its own owner (somebody other than the owner must agree)
            --- acceptances: {R-1: {owner: Ann Lee, approved_by: ' ann  lee', until: 2027-01-01, reason: c}}
            1:50 error own-approval: the acceptance of `R-1` is approved by its own owner (somebody other than the owner must agree)
            --- acceptances: {R-1: {owner: ann, approved_by: bob, until: 31.12.2027, reason: c}}
            1:58 error wrong-value: `until` of the acceptance of `R-1` must be a date such as `2027-03-31`, found `31.12.2027`
            --- acceptances: {R-1: {owner: ann, approved_by: bob, until: 2027-02-30, reason: c}}
            1:58 error wrong-value: `until` of the acceptance of `R-1` must be a date such as `2027-03-31`, found `2027-02-30`
            --- acceptances: {R-1: {owner: ann, approved_by: bob, until: 2027-01-01T10:00:00, reason: c}}
            1:58 error wrong-value: `until` of the acceptance of `R-1` must be a date such as `2027-03-31`, found `2027-01-01T10:00:00`
            --- acceptances: {R-1: {owner: ann, approved_by: bob, until: [2027], reason: c}}
            1:58 error wrong-value: `until` of the acceptance of `R-1` must be a date such as `2027-03-31`, found a list
            --- acceptances: {R-1: {owner: ann, approved_by: bob, until: 2027-01-01, reason: ' '}}
            1:78 error wrong-value: `reason` of the acceptance of `R-1` is empty
            --- acceptances: {R-1: {owner: ann, aproved_by: bob, until: 2027-01-01, reason: c}}
            1:20 error missing-key: the acceptance of `R-1` has no `approved_by`
            1:33 error unknown-key: unknown key `aproved_by` in the acceptance of `R-1` (did you mean `approved_by`?)
        "#]],
    );
}

#[test]
fn gates_that_are_written_wrongly() {
    check(
        &[
            "gate: {model: bmd}\n",
            "gate: {require: absent}\n",
            "gate: {requires: live}\n",
            "gate: {model: [bmad], require: effectiv}\n",
        ],
        expect![[r#"
            --- gate: {model: bmd}
            1:15 error unknown-word: `model` of the gate cannot be `bmd` (did you mean `bmad`?)
            --- gate: {require: absent}
            1:17 error unknown-word: `require` of the gate cannot be `absent` (one of: declared, wired, live, effective)
            --- gate: {requires: live}
            1:8 error unknown-key: unknown key `requires` in the gate (did you mean `require`?)
            --- gate: {model: [bmad], require: effectiv}
            1:15 error wrong-value: `model` of the gate must be a word, found a list
            1:32 error unknown-word: `require` of the gate cannot be `effectiv` (did you mean `effective`?)
        "#]],
    );
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    check(
        &[
            "claims:\n  R-7:\n    A: {probe: exec, expect: obs.code = 0, evry: 5d}\n    b: {expect: 5}\nacceptances: {R-8: {owner: a}}\ngate: {model: x}\n",
        ],
        expect![[r#"
            --- claims:
                  R-7:
                    A: {probe: exec, expect: obs.code = 0, evry: 5d}
                    b: {expect: 5}
                acceptances: {R-8: {owner: a}}
                gate: {model: x}
            2:3 error unknown-risk: no register holds a risk `R-7` (did you mean `R-1`?)
            3:5 error wrong-name: `A` is not the name of a claim (a name has 1 to 64 lower-case letters, digits and `-`, as in `no-lost-write`)
            3:39 error expect-syntax: `=` means nothing here (comparison is written `==`)
            3:44 error unknown-key: unknown key `evry` in claim `R-7/A` (did you mean `every`?)
            4:8 error missing-key: claim `R-7/b` has neither `probe` nor `drill` (say how to see whether it holds, as in `probe: http.check`)
            4:17 error expect-type: an expectation is true or false, and this is a bare number (compare it with something, as in `obs.count > 0`)
            5:15 error unknown-risk: no register holds a risk `R-8` (did you mean `R-1`?)
            5:20 error missing-key: the acceptance of `R-8` has no `approved_by`
            5:20 error missing-key: the acceptance of `R-8` has no `until`
            5:20 error missing-key: the acceptance of `R-8` has no `reason`
            6:15 error unknown-word: `model` of the gate cannot be `x` (one of: bmad, levels, before-production, own)
        "#]],
    );
}

#[test]
fn a_file_that_is_no_map_is_reported_by_the_reader_of_the_system() {
    let (claims, problems) = read("[a, b]\n", &[]);
    assert_eq!((claims, problems), (None, Vec::new()));
}
