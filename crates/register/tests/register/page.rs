//! `docs/lint.md` says of each rule what the code says. Rewritten by `UPDATE_EXPECT=1`, so that it cannot rot.

use expect_test::expect_file;
use register::{Rule, rules};

const PAGE: &str = include_str!("../../../../docs/lint.md");
const BEGIN: &str = "<!-- rules -->\n";
const END: &str = "<!-- /rules -->\n";

/// The page with the part between the marks made anew.
fn remade(rules: &[&Rule]) -> String {
    let (before, rest) = PAGE.split_once(BEGIN).expect("the page has a mark where the rules begin");
    let (_, after) = rest.split_once(END).expect("the page has a mark where the rules end");
    format!("{before}{BEGIN}{}{}{END}{after}", table(rules), rules.iter().map(|rule| section(rule)).collect::<String>())
}

fn table(rules: &[&Rule]) -> String {
    let row = |rule: &&Rule| format!("| [`{0}`](#{0}) | {1} | {2} |\n", rule.name, rule.severity.word(), rule.what);
    let rows: String = rules.iter().map(row).collect();
    format!("| rule | severity | finds |\n|---|---|---|\n{rows}\n")
}

fn section(rule: &Rule) -> String {
    let Rule { name, severity, what, why, before, after } = rule;
    let (severity, what, why) = (sentence(severity.word()), sentence(what), sentence(why));
    format!(
        "## {name}\n\n**{severity}** {what}\n{why}\n\nFound in:\n\n```text\n{before}\n```\n\nMended:\n\n```text\n{after}\n```\n\n"
    )
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[test]
fn the_page_of_the_rules_says_what_the_code_says() {
    expect_file!["../../../../docs/lint.md"].assert_eq(&remade(&rules()));
}

#[test]
fn a_rule_whose_words_changed_would_change_the_page() {
    let changed = Rule { what: "something else", ..*rules()[0] };
    assert_ne!(remade(&[&changed]), remade(&rules()[..1]));
    assert!(remade(&[&changed]).contains("Something else."));
}
