//! Patterns of paths: `*` within a part, `**` over parts, `?` for one character, `{a,b}` for one of several. No other
//! character is special, and a path without any of them means itself and all that lies below it.

/// The most patterns that braces may make of one.
const MAX_BRANCHES: usize = 64;

/// Patterns, one of which must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Globs {
    written: Vec<String>,
    branches: Vec<String>,
}

impl Globs {
    /// Patterns as written; the first that cannot be read is told.
    pub(super) fn read<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut globs = Self::default();
        for one in written {
            let plain = one.trim_start_matches("./").trim_end_matches('/');
            let leads_out = one.starts_with('/') || plain.split('/').any(|part| part == "..");
            if one.is_empty() || leads_out || one.contains('\0') {
                return Err(format!("`{one}` must be relative to the directory of this file, and below it"));
            }
            globs.written.push(one.to_owned());
            let mut branches = Vec::new();
            if !branch(if plain == "." { "" } else { plain }, &mut branches) {
                return Err(format!("`{one}` has braces that do not close, or more than {MAX_BRANCHES} branches"));
            }
            globs.branches.extend(branches);
        }
        Ok(globs)
    }

    /// As written.
    pub(super) fn words(&self) -> String {
        self.written.join(", ")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Whether a path fits one, or lies below a directory that does.
    pub(super) fn fits(&self, path: &str) -> bool {
        self.branches.iter().any(|one| {
            one.is_empty()
                || fits(one.as_bytes(), path.as_bytes())
                || path.match_indices('/').any(|(at, _)| fits(one.as_bytes(), &path.as_bytes()[..at]))
        })
    }
}

/// `a{b,c}d` into `abd` and `acd`.
fn branch(pattern: &str, into: &mut Vec<String>) -> bool {
    let Some(open) = pattern.find('{') else {
        into.push(pattern.to_owned());
        return into.len() <= MAX_BRANCHES && !pattern.contains('}');
    };
    let Some(close) = pattern[open..].find('}').map(|at| open + at) else { return false };
    let (before, after) = (&pattern[..open], &pattern[close + 1..]);
    pattern[open + 1..close].split(',').all(|middle| branch(&format!("{before}{middle}{after}"), into))
}

fn fits(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        ([b'*', b'*', b'/', rest @ ..], _) => {
            fits(rest, path) || path.iter().position(|c| *c == b'/').is_some_and(|at| fits(pattern, &path[at + 1..]))
        }
        ([b'*', b'*'], _) => true,
        ([b'*', rest @ ..], _) => {
            fits(rest, path) || path.split_first().is_some_and(|(c, more)| *c != b'/' && fits(pattern, more))
        }
        ([b'?', rest @ ..], [c, more @ ..]) => *c != b'/' && fits(rest, more),
        ([a, rest @ ..], [b, more @ ..]) => a == b && fits(rest, more),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_what_it_says_and_nothing_else() {
        let fits = |pattern: &str, path: &str| Globs::read([pattern]).expect("is a pattern").fits(path);
        assert!(fits("src", "src/a/b.py") && fits(".", "a.py") && fits("src/", "src/a.py"));
        assert!(fits("**/*_test.go", "a/b/c_test.go") && fits("**/*_test.go", "c_test.go"));
        assert!(fits("{src,lib}/**/*.{ts,tsx}", "lib/a/b.tsx") && fits("src/**", "src/a/b"));
        assert!(!fits("src", "srcs/a.py") && !fits("src/*.py", "src/a/b.py") && !fits("*.py", "a/b.py"));
        assert!(Globs::read(["../a"]).is_err() && Globs::read(["/a"]).is_err() && Globs::read(["a{b"]).is_err());
    }
}
