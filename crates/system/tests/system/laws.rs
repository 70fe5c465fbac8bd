//! Any text is read without a panic, and reading is a function of the text.

use proptest::prelude::*;
use text::has_errors;

use crate::world::read;

const WHOLE: &str = "seaworthy: 1
name: t
registers: [a.md]
system:
  components:
    web: {kind: client}
    api: {kind: service, replicas: 2, start: 'a ${port} ${edge:api->db}', env: {A: '${env:B:-c}'}, ready: /h}
    db: {kind: postgres, at: '127.0.0.1:5432'}
  edges:
    web->api: {guard: {retry: {attempts: 3}, breaker: {trips: 5 in a row, open: 1s}, cache: {stale_if_error: 1m}}}
    api->db: {needs: soft, fallback: memory, loses: [x], timeout: 1s, guard: {}}
  flows:
    f: {path: [web, api, db], weight: 5%, load: {request: 'PUT /x/${id}', session: [{request: POST /l, take: {t: /t}}], verify: {path: '/x/${id}', holds: '${id}'}}}
  shared_fate: {n: [api, db]}
environments: {s: {allow: [10.0.0.0/8], at: {db: '10.0.0.1:1'}, drills: never, gate: {require: live}}}
exec: {allow: [git]}
";

#[test]
fn the_unmutated_file_is_sound() {
    let (_, problems) = read(WHOLE);
    assert!(problems.is_empty(), "{problems:?}");
}

/// Pieces that break things in ways random letters rarely do.
const PIECES: [&str; 14] =
    ["", " ", "\n", ": ", "{", "}", "[", "]", "${", "->", "'", "-1", "99999999999999999999", "\u{fe0f}ä"];

fn mutated(cuts: &[(usize, usize, usize)]) -> String {
    let mut text = WHOLE.to_owned();
    for (at, length, piece) in cuts {
        let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let start = boundary(at % text.len().max(1));
        let end = boundary(start + length).max(start);
        text.replace_range(start..end, PIECES[piece % PIECES.len()]);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_mutated_file_is_read_without_panic(cuts in prop::collection::vec((0_usize..2000, 0_usize..6, 0_usize..14), 1..5)) {
        let text = mutated(&cuts);
        let (system, problems) = read(&text);
        prop_assert_eq!(&read(&text), &(system.clone(), problems.clone()));
        for problem in &problems {
            prop_assert!(problem.span.is_none_or(|span| span.end <= text.len()));
            prop_assert!(!problem.message.ends_with('.'));
        }
        let Some(system) = system else { return Ok(()) };
        for edge in &system.edges {
            prop_assert!(system.components.contains_key(&edge.id.from) && system.components.contains_key(&edge.id.to));
        }
        for flow in system.flows.values() {
            prop_assert!(flow.path.len() >= 2);
            prop_assert!(flow.path.iter().chain(&flow.deferred).all(|id| system.components.contains_key(id)));
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,120}") {
        let _ = read(&text);
        let _ = read(&format!("seaworthy: 1\nname: t\nsystem: {text}\n"));
    }

    /// A value of the wrong shape anywhere is never accepted in silence.
    #[test]
    fn a_list_in_place_of_a_map_is_a_problem(key in prop::sample::select(vec!["system:", "components:", "edges:", "flows:", "environments:", "exec:"])) {
        let start = WHOLE.find(key).expect("is there") + key.len();
        let end = WHOLE[start..].find('\n').expect("ends") + start;
        let block = WHOLE[end + 1..].lines().take_while(|line| line.starts_with(' ')).map(|line| line.len() + 1).sum::<usize>();
        let inner = if WHOLE[start..end].trim().is_empty() { block } else { 0 };
        let text = format!("{} [[x]]{}", &WHOLE[..start], &WHOLE[end + inner..]);
        let (_, problems) = read(&text);
        prop_assert!(has_errors(&problems), "{text}");
    }
}
