//! What registers state of failures, beside what follows from the system.

use std::fmt::Write as _;

use ::impact::Compared;
use serde_json::{Value as Json, json};
use text::Problem;

/// Places that were not compared and are shown for people.
const MAX_SHOWN: usize = 20;

/// One register that was held against the system, or was not.
#[derive(Clone, Debug)]
pub enum StatedAgainst {
    /// What came of it, by path.
    System(String, Compared),
    /// Nothing but this text knows the system; by path.
    Itself(String),
}

/// For people: every difference with both places, then what was not compared and why.
pub fn stated_text(stated: &[StatedAgainst]) -> String {
    let mut text = String::new();
    for one in stated {
        match one {
            StatedAgainst::Itself(path) => {
                let _ = writeln!(
                    text,
                    "\nStated against computed: {path}\n  ? not seen (circular): nothing but this text says what needs what, so there is nothing to hold it against\n    say it in seaworthy.yaml, or point to files that do: --from docker-compose.yaml"
                );
            }
            StatedAgainst::System(path, compared) => compared_text(&mut text, path, compared),
        }
    }
    text
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn compared_text(text: &mut String, path: &str, compared: &Compared) {
    let (different, left) = (compared.differences.len(), compared.not_compared.len());
    if compared.compared + different + left == 0 {
        let _ = writeln!(
            text,
            "\nStated against computed: {path}\n  ? nothing to compare: no row names a component and how it fails, no path and no chain is told"
        );
        return;
    }
    let _ = writeln!(
        text,
        "\nStated against computed: {path}, {} compared, {}, {left} not compared",
        plural(compared.compared, "row"),
        plural(different, "difference")
    );
    for problem in &compared.differences {
        let _ = writeln!(text, "  ≠ {}", problem.message);
        let mut places = vec![format!("{}:{}", problem.path, problem.line)];
        places.extend(problem.related.iter().map(|one| format!("{}:{} {}", one.path, one.line, one.message)));
        let _ = writeln!(text, "    {} [{}]", places.join(" · "), problem.rule);
    }
    if different == 0 && compared.compared > 0 {
        text.push_str("  none: what was compared agrees\n");
    }
    if left > 0 {
        text.push_str("  not compared:\n");
    }
    for problem in compared.not_compared.iter().take(MAX_SHOWN) {
        let _ = writeln!(text, "  ? {}:{} {}", problem.path, problem.line, problem.message);
    }
    if left > MAX_SHOWN {
        let _ = writeln!(text, "  and {} more, in --format json", left - MAX_SHOWN);
    }
}

/// The same for machines.
pub(crate) fn stated_json(stated: &[StatedAgainst]) -> Json {
    stated
        .iter()
        .map(|one| match one {
            StatedAgainst::Itself(path) => json!({"register": path, "verdict": "not_seen", "reason": "circular"}),
            StatedAgainst::System(path, compared) => json!({
                "register": path,
                "compared": compared.compared,
                "differences": compared.differences.iter().map(difference_json).collect::<Vec<_>>(),
                "not_compared": compared.not_compared.iter().map(difference_json).collect::<Vec<_>>(),
            }),
        })
        .collect()
}

fn difference_json(problem: &Problem) -> Json {
    let related: Vec<Json> =
        problem.related.iter().map(|one| json!({"file": one.path, "line": one.line, "what": one.message})).collect();
    json!({
        "rule": problem.rule,
        "file": problem.path,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "help": problem.help,
        "computed_at": related,
    })
}
