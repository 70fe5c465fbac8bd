//! The languages that are read, told by the names of files, and which files are tests.

/// A language with a grammar here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// `.py`, `.pyi`.
    Python,
    /// `.js`, `.jsx`, `.mjs`, `.cjs`.
    JavaScript,
    /// `.ts`, `.mts`, `.cts`.
    TypeScript,
    /// `.tsx`.
    Tsx,
    /// `.rs`.
    Rust,
    /// `.go`.
    Go,
}

/// Directories whose files are tests, in every language.
const TEST_DIRECTORIES: &[&str] = &[
    "test",
    "tests",
    "testing",
    "__tests__",
    "__mocks__",
    "spec",
    "specs",
    "e2e",
    "cypress",
    "testdata",
    "fixtures",
    "benches",
];

impl Language {
    /// The words by which a person asks for one; JavaScript and TypeScript are searched together.
    pub const WORDS: [&'static str; 5] = ["python", "typescript", "javascript", "rust", "go"];

    /// By the name of the file.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name.rsplit_once('.')?.1 {
            "py" | "pyi" => Some(Self::Python),
            "js" | "jsx" | "mjs" | "cjs" => Some(Self::JavaScript),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" => Some(Self::Tsx),
            "rs" => Some(Self::Rust),
            "go" => Some(Self::Go),
            _ => None,
        }
    }

    /// Whether a file in this language is searched when a person asks for the word.
    pub fn is_called(self, word: &str) -> bool {
        match self {
            Self::Python => word == "python",
            Self::JavaScript | Self::TypeScript | Self::Tsx => word == "typescript" || word == "javascript",
            Self::Rust => word == "rust",
            Self::Go => word == "go",
        }
    }

    /// Whether two files can import each other.
    pub fn meets(self, other: Self) -> bool {
        self.is_script() == other.is_script() && (self.is_script() || self == other)
    }

    /// JavaScript and its kin.
    pub fn is_script(self) -> bool {
        matches!(self, Self::JavaScript | Self::TypeScript | Self::Tsx)
    }

    /// Whether the path alone says that this is a test. In Rust tests also stand beside the code, see the facts.
    pub fn is_test(self, path: &str) -> bool {
        let (directories, name) = path.rsplit_once('/').unwrap_or(("", path));
        let in_tests = directories.split('/').any(|directory| TEST_DIRECTORIES.contains(&directory));
        let stem = name.split('.').next().unwrap_or(name);
        in_tests
            || match self {
                Self::Python => stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest",
                Self::JavaScript | Self::TypeScript | Self::Tsx => {
                    [".test.", ".spec.", ".stories.", ".cy.", ".mock."].iter().any(|mark| name.contains(mark))
                }
                Self::Rust => stem == "tests" || stem.ends_with("_tests") || stem.ends_with("_test"),
                Self::Go => stem.ends_with("_test"),
            }
    }

    pub(crate) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
        }
    }
}
