//! Which exceptions a clause of Python catches, and which calls end the process: told by names.

/// Calls that end the process.
const EXITS: &[&str] = &[
    "sys.exit",
    "exit",
    "quit",
    "os._exit",
    "os.abort",
    "process.exit",
    "process.abort",
    "os.Exit",
    "log.Fatal",
    "log.Fatalf",
    "log.Fatalln",
    "panic",
    "process::exit",
    "process::abort",
    "abort",
    "os.kill",
];

/// Whether a call ends the process, with or without the root of its path.
pub(crate) fn exits(function: &str) -> bool {
    EXITS.contains(&function.strip_prefix("std::").unwrap_or(function))
}

/// Whether a Python clause catches an exception, by what is known of both names. `what` may name its bases behind `|`.
pub(crate) fn catches(caught: &str, what: &str) -> bool {
    let last = |name: &str| name.trim().rsplit('.').next().unwrap_or("").to_owned();
    let line: Vec<String> = what.split('|').map(last).collect();
    let leaves = line.iter().any(|what| {
        ["exit", "quit", "SystemExit", "KeyboardInterrupt", "CancelledError", "BaseException"].contains(&what.as_str())
    }) && !line.iter().any(|what| what == "Exception");
    caught.is_empty()
        || caught.split(',').map(last).any(|name| match name.as_str() {
            "BaseException" => true,
            "SystemExit" => leaves,
            "Exception" => !leaves,
            name => line.iter().any(|what| name == what || parents(what).contains(&name)),
        })
}

/// A class of one's own may have any base: whether `except Base` catches it is not told by names. With its bases known up to
/// one of Python's own it is. A name in large letters may be a tuple of anything.
pub(crate) fn may_catch(caught: &str, what: &str) -> bool {
    let last = |name: &str| name.trim().rsplit('.').next().unwrap_or("").to_owned();
    let is_builtin = |name: &str| BUILTIN.contains(&name) || !parents(name).is_empty();
    let unrelated = ["SystemExit", "KeyboardInterrupt", "CancelledError", "StopIteration", "GeneratorExit"];
    let is_tuple =
        |name: &str| name.len() > 1 && name.chars().all(|c| c.is_uppercase() || c.is_ascii_digit() || c == '_');
    let is_known = what.split('|').any(|name| is_builtin(&last(name))) || exits(what);
    let mut names = caught.split(',').map(last).filter(|name| !name.is_empty());
    names.any(|name| is_tuple(&name) || !is_known && !unrelated.contains(&name.as_str()))
}

/// Exceptions that Python brings and that stand right below `Exception`.
const BUILTIN: &[&str] = &[
    "Exception",
    "BaseException",
    "RuntimeError",
    "ValueError",
    "TypeError",
    "OSError",
    "IOError",
    "LookupError",
    "AttributeError",
    "NameError",
    "ImportError",
    "AssertionError",
    "ArithmeticError",
    "EnvironmentError",
    "MemoryError",
    "StopIteration",
    "SystemExit",
    "KeyboardInterrupt",
    "EOFError",
    "SyntaxError",
    "Warning",
];

/// Base classes of the exceptions that Python brings, other than `Exception`; from the hierarchy in its documentation.
fn parents(what: &str) -> &'static [&'static str] {
    match what {
        "KeyError" | "IndexError" => &["LookupError"],
        "FileNotFoundError" | "PermissionError" | "TimeoutError" | "FileExistsError" | "InterruptedError" => {
            &["OSError", "IOError", "EnvironmentError"]
        }
        "ConnectionError"
        | "ConnectionRefusedError"
        | "ConnectionResetError"
        | "BrokenPipeError"
        | "ConnectionAbortedError" => &["ConnectionError", "OSError", "IOError"],
        "NotImplementedError" | "RecursionError" => &["RuntimeError"],
        "ModuleNotFoundError" => &["ImportError"],
        "ZeroDivisionError" | "OverflowError" | "FloatingPointError" => &["ArithmeticError"],
        "UnicodeDecodeError" | "UnicodeEncodeError" | "UnicodeError" | "ValidationError" | "JSONDecodeError" => {
            &["ValueError", "UnicodeError"]
        }
        _ => &[],
    }
}
