//! The smaller commands, as somebody meets them who types them for the first time.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use expect_test::{expect, expect_file};

use crate::aftermath::until;
use crate::proof::Proof;
use crate::small::{RISKS, post_office};
use crate::world::{Said, World, repository};

/// The longest line of a help text: a wide terminal.
const WIDTH: usize = 130;

// ===== help =====

#[test]
fn every_help_text_is_in_the_pages_and_fits_a_terminal() {
    let world = World::empty();
    let mut page =
        "# Commands\n\nWhat each command and flag does, as `--help` says it. This page is written by a test: \
                    `UPDATE_EXPECT=1 cargo test -p seaworthy --test seaworthy help`.\n"
            .to_owned();
    let mut waiting = vec![Vec::<String>::new()];
    let mut count = 0;
    while let Some(words) = waiting.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = world.run(&arguments).exits(0);
        assert!(help.err.is_empty(), "{words:?}: {}", help.err);
        let lines: Vec<&str> = help.out.lines().map(str::trim_end).collect();
        lines.iter().for_each(|line| assert!(line.chars().count() <= WIDTH, "{words:?} is too wide: {line}"));
        let name = ["seaworthy".to_owned()].into_iter().chain(words.clone()).collect::<Vec<_>>().join(" ");
        page.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim()));
        let below = subcommands(&lines).into_iter().rev().map(|word| [words.clone(), vec![word]].concat());
        waiting.extend(below);
        count += 1;
    }
    assert!(count >= 11, "{count} help texts");
    expect_file![repository().join("docs/cli.md")].assert_eq(&page);
}

/// The words listed under `Commands:`.
fn subcommands(help: &[&str]) -> Vec<String> {
    let below = help.iter().skip_while(|line| **line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = below.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn help_says_what_nobody_could_guess() {
    let world = World::empty();
    let help = world.run(&["--help"]).exits(0).out;
    for words in ["Exit codes: 0 pass", "10 something is left to heal", "seaworthy prove examples/event-tracker"] {
        assert!(help.contains(words), "{help}");
    }
    for hidden in ["keep", "trampoline", "watchdog", "load"] {
        assert!(!help.lines().any(|line| line.trim_start().starts_with(hidden)), "{hidden} is for nobody to type");
    }
    assert!(world.run(&["--version"]).exits(0).out.starts_with("seaworthy 0."));
    let wrong = world.run(&["porve"]).exits(2);
    assert!(wrong.out.is_empty() && wrong.err.contains("'prove'"), "{}", wrong.err);
}

// ===== seaworthy alone =====

#[test]
fn alone_in_an_empty_directory_it_says_how_to_begin() {
    let world = World::empty();
    let said = world.run(&[]).exits(0);
    expect![[r#"
        There is no seaworthy.yaml here, and no risk register by a usual name (docs/failure-modes.md, docs/RISK_REGISTER.md, docs/risk-register.md, docs/risks.md, docs/RISKS.md, RISK_REGISTER.md, ..).

        Next:
          seaworthy lint FILE.md       reads any Markdown with risks in it
          seaworthy init --template    writes docs/risks.md to fill in:

            # Risks

            What can go wrong, how bad it would be, and what stands against it.
            Likelihood and impact: Low, Medium, High.

            | ID | Risk | Likelihood | Impact | Current controls | Status | Owner |
            | --- | --- | --- | --- | --- | --- | --- |
            | R-1 | <what goes wrong> | <Low/Medium/High> | <Low/Medium/High> | <what stands against it, with the file that shows it> | Open | <who> |
    "#]].assert_eq(&said.out);
    assert!(said.err.is_empty(), "{}", said.err);
}

#[test]
fn alone_beside_a_register_it_shows_what_it_understood_and_the_next_step() {
    let world = World::empty();
    world.write("docs/risks.md", &format!("{RISKS}| R-3 | The post is late | Low | High | Open | post team |\n"));
    let said = world.run(&[]).exits(0);
    expect![[r#"
        docs/risks.md: 4 risks, scored by words
          line  id   title                     likelihood  impact  status     owner
             3  R-1  The post does not answer  low         high    mitigated  post team
             4  R-2  The post is slow          low         high    mitigated  post team
             5  R-3  The post crashes          low         high    open       post team
             6  R-3  The post is late          low         high    open       post team

        No sentence says what was done about a risk, so nothing can be held to it yet.
        Not known: no version control answered here: renamed and removed files are not known.

        The most telling of 2 findings:

        error[duplicate-id]: R-3 is the id of two risks: 'The post crashes' and 'The post is late'
         --> docs/risks.md:6:3
          |
        6 | | R-3 | The post is late | Low | High | Open | post team |
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: give one of them an id of its own; the other one stands in line 5


        Next:
          seaworthy lint    every finding; `--baseline` keeps those of today apart from new ones
          seaworthy init    writes seaworthy.yaml: claims for what is stated as done, questions for the rest
    "#]]
    .assert_eq(&said.out);
    assert!(said.err.is_empty(), "{}", said.err);
    assert!(!world.path().join(".seaworthy").exists(), "it writes nothing");
}

#[test]
fn alone_beside_its_file_it_says_whether_that_can_be_used() {
    let world = post_office();
    let said = world.run(&[]).exits(0);
    expect![[r#"
        post office: 3 risks in 1 register, 4 claims, 2 components, 1 edge

        Next:
          seaworthy prove        probe, drill, judge, decide
          seaworthy drill plan   what that would break, and what undoes it
          seaworthy lint         where the text contradicts itself
    "#]]
    .assert_eq(&said.out);
    world.replace("seaworthy.yaml", "kind: service", "kind: servise");
    let said = world.run(&[]).exits(2);
    assert!(said.out.is_empty() && said.err.contains("seaworthy.yaml:8:13"), "{}", said.err);
    assert_eq!(fs::read_dir(world.state()).unwrap().count(), 0);
}

// ===== lint =====

#[test]
fn lint_of_a_file_ends_with_what_it_found() {
    let world = World::empty();
    world.write("sound.md", RISKS);
    world.write("wrong.md", &format!("{RISKS}| R-1 | Twice | Low | High | Open | post team |\n"));
    world.write("text.md", "# Nothing\n\nNo risk here.\n");
    let lint = |files: &[&str]| world.run(&[&["lint"], files].concat());
    expect![[r#"
        3 risks in 1 register: 1 note
    "#]]
    .assert_eq(&lint(&["sound.md"]).exits(0).out);
    let wrong = lint(&["sound.md", "wrong.md"]).exits(1);
    expect![[r#"
        info[scale-missing]: 'high' is a word of a scale that is nowhere stated
         --> sound.md:3:42
          |
        3 | | R-1 | The post does not answer | Low | High | Mitigated | post team |
          |                                          ^^^^
          |
          = help: say once what each level means

        info[scale-missing]: 'high' is a word of a scale that is nowhere stated
         --> wrong.md:3:42
          |
        3 | | R-1 | The post does not answer | Low | High | Mitigated | post team |
          |                                          ^^^^
          |
          = help: say once what each level means

        error[duplicate-id]: R-1 is the id of two risks: 'The post does not answer' and 'Twice'
         --> wrong.md:6:3
          |
        6 | | R-1 | Twice | Low | High | Open | post team |
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: give one of them an id of its own; the other one stands in line 3

        not known: no version control answered here: renamed and removed files are not known
        7 risks in 2 registers: 1 error, 2 notes
    "#]]
    .assert_eq(&format!("{}{}", wrong.err, wrong.out));
    expect!["0 risks in 1 register: 1 warning\n"].assert_eq(&lint(&["text.md"]).exits(0).out);
    for missing in ["missing.md", "missing.yaml", "."] {
        let said = lint(&["sound.md", missing]).exits(2);
        assert!(said.out.is_empty() && said.err.contains("help: "), "{missing}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_rule_is_explained_and_an_unknown_one_gets_the_nearest() {
    let world = World::empty();
    let said = world.run(&["lint", "--explain", "duplicate-id"]).exits(0);
    expect![[r#"
        duplicate-id (error)

        two risks of the same table or list have the same id and different titles

        Why: a claim, an acceptance or a review of that id could mean either of them

        Found in:
        | R-1 | Crash |
        | R-1 | Data loss |

        Mended:
        | R-1 | Crash |
        | R-2 | Data loss |
    "#]]
    .assert_eq(&said.out);
    let wrong = world.run(&["lint", "--explain", "duplicate-ids"]).exits(2);
    assert!(wrong.out.is_empty() && wrong.err.contains("did you mean `duplicate-id`?"), "{}", wrong.err);
}

// ===== impact =====

#[test]
fn impact_shows_chains_and_single_points_of_failure() {
    let said = post_office().run(&["impact"]).exits(0);
    expect![[r#"
        post office: guardrails that count: nothing

        post down  [P0, 100 % of use]
          → look down: post down → web down → look down
          ▮ web->post breaker, timeout: passes; does not count until a drill proves it

        post slow  [P0, 100 % of use]
          → look hangs: post hangs → web hangs → look hangs
          ▮ web->post breaker, timeout: fails-fast; does not count until a drill proves it

        Single points of failure
          look: ◆ post

        Stated against computed: docs/risks.md
          ? nothing to compare: no row names a component and how it fails, no path and no chain is told
    "#]]
    .assert_eq(&said.out);
}

// ===== serve =====

#[test]
fn serve_shows_the_ledger_until_it_is_told_to_stop() {
    let world = post_office();
    let proof = Proof::run(&world, &["R-1"], 0);
    let mut served = Served::start(&world);
    let health = served.ask("GET", "/healthz");
    assert!(health.starts_with("HTTP/1.1 200 ") && health.contains("\"ok\":true"), "{health}");
    let head = served.ask("GET", "/api/v1/head");
    assert!(head.contains(proof.json["ledger"]["head"].as_str().unwrap()), "{head}");
    let verdicts = served.ask("GET", "/api/v1/ledger?limit=500").matches("\"kind\":\"verdict\"").count();
    assert_eq!(verdicts, proof.claims().len());
    assert!(served.ask("POST", "/api/v1/ledger").starts_with("HTTP/1.1 405 "));
    assert!(served.ask("GET", "/nothing").starts_with("HTTP/1.1 404 "));
    let taken = world.run(&["serve", "--listen", &served.address.to_string()]).exits(2);
    assert!(taken.err.contains("cannot listen on") && !taken.err.contains("serving"), "{}", taken.err);
    assert_eq!(served.stop("TERM"), Some(0));
    assert!(TcpStream::connect(served.address).is_err(), "somebody still listens");
    let mut again = Served::start(&world);
    assert_eq!(again.stop("INT"), Some(0));
}

/// A running `seaworthy serve`.
pub(crate) struct Served {
    child: Child,
    address: SocketAddr,
}

impl Served {
    fn start(world: &World) -> Self {
        Self::with(world, &[])
    }

    /// With these variables.
    pub(crate) fn with(world: &World, variables: &[(&str, &str)]) -> Self {
        let mut command = world.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok());
        Self { child, address: address.unwrap_or_else(|| panic!("it said {line}")) }
    }

    /// One request; head and body of its answer.
    pub(crate) fn ask(&self, method: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let host = self.address;
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn stop(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let mut ended = None;
        until("the server ends", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// ===== one place for all =====

#[test]
fn a_directory_and_the_file_in_it_are_the_same_thing() {
    let world = post_office();
    let file = world.path().join("seaworthy.yaml");
    let said = |path: &str| Said::of(world.command(&["impact", path]).current_dir("/").output().unwrap()).exits(0);
    let (one, other) = (said(world.path().to_str().unwrap()), said(file.to_str().unwrap()));
    assert_eq!(one.out, other.out);
}
