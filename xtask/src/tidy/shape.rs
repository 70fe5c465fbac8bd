//! The shape of files and functions: headers, lengths, and constructs that hide something.

use crate::tree::Tree;

/// Lines of one function, its signature and closing brace included.
const MAX_FUNCTION_LINES: usize = 70;

/// Lines of one file.
const MAX_FILE_LINES: usize = 700;

pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, content) in tree.rust() {
        let lines: Vec<&str> = content.lines().collect();
        if !content.starts_with("//!") {
            findings.push(format!("{path}:1: no `//!` header; say what this is, why, and what it does not do"));
        }
        if lines.len() > MAX_FILE_LINES {
            findings.push(format!("{path}: {} lines, at most {MAX_FILE_LINES}; split by noun", lines.len()));
        }
        findings.extend(long_functions(path, &lines));
    }
    findings
}

/// Formatted code closes a function with a brace at the indentation of its first line.
fn long_functions(path: &str, lines: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let close = format!("{indent}}}");
        let one_line = line.trim_end().ends_with(['}', ';']);
        let end = if one_line { Some(start) } else { (start..lines.len()).find(|at| lines[*at] == close) };
        let length = end.map_or(0, |end| end - start + 1);
        if length > MAX_FUNCTION_LINES {
            findings.push(format!(
                "{path}:{}: function `{name}` has {length} lines, at most {MAX_FUNCTION_LINES}",
                start + 1
            ));
        }
    }
    findings
}

fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for prefix in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async ", "unsafe "] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    fn function(body: usize) -> String {
        format!("//! x\nimpl A {{\n    pub async fn long(&self) {{\n{}    }}\n}}\n", "        a();\n".repeat(body))
    }

    #[test]
    fn a_function_of_71_lines_is_a_finding_and_of_70_is_not() {
        assert!(check(&tree_of(&[("a.rs", &function(68))])).is_empty());
        assert_eq!(check(&tree_of(&[("a.rs", &function(69))])), ["a.rs:3: function `long` has 71 lines, at most 70"]);
    }

    #[test]
    fn a_file_without_header_or_too_long_is_a_finding() {
        assert_eq!(check(&tree_of(&[("a.rs", "fn a() {}\n")])).len(), 1);
        assert_eq!(check(&tree_of(&[("a.rs", &format!("//! x\n{}", "\n".repeat(700)))])).len(), 1);
    }
}
