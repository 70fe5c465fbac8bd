//! SARIF 2.1.0 (OASIS, 2020), as code scanning services read it.

use register::Rule;
use serde_json::{Value as Json, json};
use text::{Problem, Severity, Source, Span};

use super::{Linted, fingerprints};

/// The whole run as one SARIF log. What is silenced or in the baseline is in it as suppressed.
pub fn sarif(linted: &Linted, rules: &[&Rule], version: &str) -> String {
    let told = results(linted, &linted.problems, |_| None);
    let silenced: Vec<Problem> = linted.silenced.iter().map(|(problem, _)| problem.clone()).collect();
    let reasons: Vec<&str> = linted.silenced.iter().map(|(_, reason)| reason.as_str()).collect();
    let silenced =
        results(linted, &silenced, |at| Some(json!([{"kind": "inSource", "justification": reasons.get(at)}])));
    let known =
        results(linted, &linted.known, |_| Some(json!([{"kind": "external", "justification": "in the baseline"}])));
    let notes: Vec<Json> =
        linted.unknown.iter().map(|what| json!({"level": "note", "message": {"text": what}})).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "seaworthy",
                "version": version,
                "semanticVersion": version,
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notes}],
            "results": told.into_iter().chain(silenced).chain(known).collect::<Vec<_>>(),
        }],
    });
    crate::wire::pretty(&log)
}

fn described(rule: &Rule) -> Json {
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": format!("Found in:\n{}\n\nMended:\n{}", rule.before, rule.after),
            "markdown": format!("Found in:\n\n```text\n{}\n```\n\nMended:\n\n```text\n{}\n```", rule.before, rule.after),
        },
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn results(linted: &Linted, problems: &[Problem], suppressed: impl Fn(usize) -> Option<Json>) -> Vec<Json> {
    let prints = fingerprints(problems, &linted.sources);
    let one = |(at, (problem, print)): (usize, (&Problem, String))| {
        let mut text = problem.message.clone();
        if let Some(help) = &problem.help {
            text = format!("{text}. {help}");
        }
        let mut result = json!({
            "ruleId": problem.rule,
            "level": level(problem.severity),
            "message": {"text": text},
            "locations": [location(linted, &problem.path, problem.span, None)],
            "partialFingerprints": {"seaworthy/v1": print},
        });
        if !problem.related.is_empty() {
            let related = problem.related.iter();
            let related: Vec<Json> =
                related.map(|other| location(linted, &other.path, Some(other.span), Some(&other.message))).collect();
            result["relatedLocations"] = json!(related);
        }
        if let (Some(fix), Some(source)) = (&problem.fix, linted.sources.get(&problem.path)) {
            result["fixes"] = json!([{
                "description": {"text": "the only right answer"},
                "artifactChanges": [{
                    "artifactLocation": artifact(&problem.path),
                    "replacements": [{"deletedRegion": region(source, fix.span), "insertedContent": {"text": fix.text}}],
                }],
            }]);
        }
        if let Some(suppressed) = suppressed(at) {
            result["suppressions"] = suppressed;
        }
        result
    };
    problems.iter().zip(prints).enumerate().map(one).collect()
}

fn location(linted: &Linted, path: &str, span: Option<Span>, message: Option<&str>) -> Json {
    let mut physical = json!({"artifactLocation": artifact(path)});
    if let (Some(span), Some(source)) = (span, linted.sources.get(path)) {
        physical["region"] = region(source, span);
    }
    match message {
        Some(message) => json!({"physicalLocation": physical, "message": {"text": message}}),
        None => json!({"physicalLocation": physical}),
    }
}

fn region(source: &Source, span: Span) -> Json {
    let (start_line, start_column) = source.line_column(span.start);
    let (end_line, end_column) = source.line_column(span.end.max(span.start));
    json!({"startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column})
}

fn artifact(path: &str) -> Json {
    if path.starts_with('/') {
        return json!({"uri": format!("file://{}", percent(path))});
    }
    json!({"uri": percent(path.strip_prefix("./").unwrap_or(path)), "uriBaseId": "%SRCROOT%"})
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` in percents.
fn percent(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    path.bytes().map(byte).collect()
}
