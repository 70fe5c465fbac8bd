//! Why something may be called although no search sees it: it is registered, looked up by name, or called by a framework.

use crate::Language;
use crate::facts::{Definition, Shape};
use crate::homes::{Homes, words};
use crate::program::Program;

/// Decorators and attributes that hand the function to nobody.
const INERT: &[&str] = &[
    "property",
    "staticmethod",
    "classmethod",
    "abstractmethod",
    "override",
    "overload",
    "wraps",
    "lru_cache",
    "cache",
    "cached_property",
    "contextmanager",
    "asynccontextmanager",
    "dataclass",
    "total_ordering",
    "retry",
    "final",
    "runtime_checkable",
    "deprecated",
    "setter",
    "getter",
    "deleter",
    "define",
    "frozen",
    "attrs",
    "s",
    "no_type_check",
    "singledispatch",
    "inline",
    "must_use",
    "allow",
    "expect",
    "deny",
    "warn",
    "cfg",
    "cfg_attr",
    "derive",
    "doc",
    "instrument",
    "async_trait",
    "cold",
    "track_caller",
    "serde",
    "repr",
    "non_exhaustive",
    "rustfmt::skip",
    "default",
    "error",
    "clippy",
    "unique",
    "skip",
    "typechecked",
    "beartype",
    "timed",
    "njit",
    "jit",
    "synchronized",
    "memoize",
];

/// Methods that a language or framework calls by their names.
const CALLED_BY_NAME: &[&str] = &[
    "ServeHTTP",
    "Error",
    "String",
    "MarshalJSON",
    "UnmarshalJSON",
    "MarshalText",
    "UnmarshalText",
    "Read",
    "Write",
    "Close",
    "Len",
    "Less",
    "Swap",
    "Scan",
    "Value",
    "RoundTrip",
    "Unwrap",
    "Format",
    "render",
    "componentDidMount",
    "componentDidCatch",
    "componentWillUnmount",
    "componentDidUpdate",
    "getDerivedStateFromError",
    "constructor",
    "toString",
    "toJSON",
    "ngOnInit",
    "ngOnDestroy",
];

/// Methods that frameworks call of the classes they are given.
const CALLED_BY_BASE: &[&str] = &[
    "run",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "list",
    "create",
    "retrieve",
    "update",
    "destroy",
    "partial_update",
    "perform_create",
    "perform_update",
    "get_queryset",
    "has_permission",
    "authenticate",
    "dispatch",
    "handle",
    "execute",
    "process_request",
    "process_response",
    "process_view",
    "process_exception",
    "save",
    "clean",
    "forward",
    "invoke",
    "call",
    "poll",
    "poll_ready",
    "emit",
    "format",
    "filter",
    "validate",
    "on_start",
    "on_stop",
    "on_message",
    "from_request",
    "from_request_parts",
    "drop",
    "fmt",
    "from",
    "next",
    "eq",
    "hash",
    "canActivate",
    "intercept",
    "transform",
    "use",
    "onModuleInit",
    "Handle",
    "Run",
    "Execute",
    "Process",
    "Reconcile",
    "Check",
    "Call",
];

/// Functions that something outside starts or reads.
const ENTRIES: &[&str] = &[
    "main",
    "create_app",
    "make_app",
    "init",
    "upgrade",
    "downgrade",
    "urlpatterns",
    "handler",
    "lambda_handler",
    "application",
    "getServerSideProps",
    "getStaticProps",
    "loader",
    "action",
    "middleware",
    "register",
    "activate",
];

/// Files whose exports a framework takes by the name of the file.
const ENTRY_STEMS: &[&str] =
    &["page", "layout", "route", "loading", "error", "not-found", "_app", "_document", "+page", "+layout", "conftest"];

/// Decorators without an object before them that hand the function to a framework.
const REGISTERING: &[&str] = &[
    "task",
    "shared_task",
    "fixture",
    "command",
    "receiver",
    "get",
    "post",
    "put",
    "delete",
    "patch",
    "test",
    "hookimpl",
    "api_view",
    "listens_for",
    "Injectable",
    "Controller",
    "Get",
    "Post",
    "Component",
    "flow",
    "asset",
    "dag",
    "job",
    "op",
];

/// Whether a decorator hands the function to something that calls it: `@app.get`, but not `@contextmanager`.
pub(crate) fn registers(marker: &str) -> bool {
    let last = marker.rsplit(['.', ':']).next().unwrap_or(marker);
    !INERT.contains(&last) && (marker.contains(['.', ':']) || REGISTERING.contains(&last))
}

/// Why a method may be called that no call names: one of the interfaces here has it.
pub(crate) const BY_INTERFACE: &str = "an interface asks for it";

/// The reasons, none when every caller would have been seen.
pub(crate) fn hidden(program: &Program, at: (usize, usize), homes: &Homes) -> Vec<String> {
    let definition = program.definition(at);
    let file = &program.files[at.0];
    let mut why = Vec::new();
    for marker in &definition.markers {
        let last = marker.rsplit(['.', ':']).next().unwrap_or(marker);
        if !INERT.contains(&last) && !INERT.contains(&marker.as_str()) && !only_wraps(program, last) {
            why.push(format!("`{marker}` may register it"));
        }
    }
    why.extend(by_language(definition, file.language, &file.path));
    if definition.owner.is_some() {
        why.extend(through_base(program, homes));
    } else if definition.shape == Shape::Class {
        why.extend(registered_by_base(program, at));
    }
    why.extend(by_text(program, at, homes));
    why.extend(by_lookup(program, at, homes));
    why.extend(by_other_files(program, at));
    why
}

/// A decorator of one's own that puts the function nowhere: it gives back another function around it.
pub(crate) fn only_wraps(program: &Program, name: &str) -> bool {
    let keeps = [".append(", ".add(", "] = ", "register", ".setdefault(", ".update(", "globals()", ".insert("];
    let all = program.mentioning(&[name]).into_iter().flat_map(|at| {
        let file = &program.files[at];
        let named = file.facts().definitions.iter().filter(move |one| one.name == name && one.owner.is_none());
        named.filter(|one| one.shape == Shape::Function).map(move |one| file.text.get(one.start..one.end).unwrap_or(""))
    });
    let bodies: Vec<&str> = all.collect();
    !bodies.is_empty()
        && bodies.iter().all(|body| {
            (body.contains("return ") || body.contains("=>")) && !keeps.iter().any(|word| body.contains(word))
        })
}

/// Whether a language, a framework or whoever starts the program calls it by its name.
pub(crate) fn by_language(definition: &Definition, language: Language, path: &str) -> Option<String> {
    let name = definition.name.as_str();
    let is_dunder = language == Language::Python && name.starts_with("__") && name.ends_with("__");
    let is_method = definition.owner.is_some();
    let is_entry = !is_method && ENTRIES.contains(&name);
    let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or("");
    let is_page = language.is_script()
        && !is_method
        && (ENTRY_STEMS.contains(&stem) || path.split('/').any(|part| part == "pages"));
    let is_command = path.contains("management/commands/") && name == "Command";
    (is_dunder || is_entry || is_page || is_command || is_method && CALLED_BY_NAME.contains(&name))
        .then(|| format!("`{name}` is called by its name from outside"))
}

/// Functions that make the whole and that a server may be told to call.
pub(crate) fn is_factory(program: &Program, at: (usize, usize)) -> Option<bool> {
    let name = program.definition(at).name.as_str();
    if !matches!(name, "create_app" | "make_app") {
        return None;
    }
    let is_told = program.others.iter().any(|(_, text)| holds(text, name));
    // Flask finds a function of these names by itself.
    let is_found = program.files[at.0].text.contains("flask");
    Some(is_told || is_found)
}

/// Whether frameworks usually call a method of this name.
pub(crate) fn is_called_by_base(name: &str, language: Language) -> bool {
    let is_hook = ["on_", "handle_", "visit_", "do_", "test_"].iter().any(|head| name.starts_with(head));
    CALLED_BY_BASE.contains(&name) || is_hook && language == Language::Python
}

/// A method of a class with a base that is not here may be called by that base; one of a trait by any user of the trait.
fn through_base(program: &Program, homes: &Homes) -> Vec<String> {
    let definition = program.definition(homes.at);
    let mut bases = definition.bases.clone();
    bases.extend(homes.named.map(|at| program.definition(at).bases.clone()).unwrap_or_default());
    let mut why = Vec::new();
    for base in bases {
        let name = words(&base).last().unwrap_or("").to_owned();
        if matches!(name.as_str(), "object" | "ABC" | "Generic" | "Exception" | "Enum" | "str" | "BaseModel") {
            continue;
        }
        let shape = program.mentioning(&[&name]).into_iter().find_map(|at| {
            let mut all = program.files[at].facts().definitions.iter();
            let found = all.find(|one| one.name == name && matches!(one.shape, Shape::Class | Shape::Interface));
            found.map(|one| one.shape)
        });
        let here = shape.is_some();
        let declares = program.mentioning(&[&homes.name]).into_iter().any(|at| {
            let mut all = program.files[at].facts().definitions.iter();
            all.any(|one| one.name == homes.name && one.owner.as_deref() == Some(name.as_str()))
        });
        if declares && shape == Some(Shape::Interface) {
            why.push(BY_INTERFACE.to_owned());
        } else if !here || declares {
            why.push(format!("`{name}` may call it"));
        }
    }
    if program.files[homes.at.0].language == Language::Go {
        let is_declared = program.mentioning(&[&homes.name]).into_iter().any(|at| {
            let mut all = program.files[at].facts().definitions.iter();
            all.any(|one| one.name == homes.name && one.bases.iter().any(|base| base == "interface"))
        });
        if is_declared {
            why.push(BY_INTERFACE.to_owned());
        }
    }
    why
}

/// A base that keeps a list of its classes.
fn registered_by_base(program: &Program, at: (usize, usize)) -> Option<String> {
    let bases = &program.definition(at).bases;
    let registers = |name: &str| {
        program.mentioning(&["__init_subclass__"]).into_iter().any(|at| {
            let mut all = program.files[at].facts().definitions.iter();
            all.any(|one| one.name == "__init_subclass__" && one.owner.as_deref() == Some(name))
        })
    };
    let base = bases.iter().find(|base| words(base).last().is_some_and(registers))?;
    Some(format!("`{base}` registers its subclasses"))
}

/// Names in strings: `"app.breaker:Breaker"`, `getattr(x, "call")`.
fn by_text(program: &Program, at: (usize, usize), homes: &Homes) -> Vec<String> {
    let definition = program.definition(at);
    let stem = program.files[at.0].stem();
    let owner = definition.owner.as_deref().unwrap_or(stem);
    let lookups = [
        "getattr",
        "import_string",
        "attrgetter",
        "methodcaller",
        "import_module",
        "locate",
        "resolve",
        "get_attr",
        "load",
        "MethodByName",
        "get_class",
        "send_task",
        "signature",
    ];
    let mut why = Vec::new();
    for at in program.mentioning(&[&definition.name]) {
        let file = &program.files[at];
        for text in file.facts().texts.iter().filter(|text| !text.is_test && !file.is_test) {
            let Some(before) = text.value.strip_suffix(definition.name.as_str()) else { continue };
            let is_path =
                before.ends_with(['.', ':']) && words(before).last().is_some_and(|last| last == stem || last == owner);
            let called = text.call.as_deref().and_then(|call| call.rsplit('.').next()).unwrap_or("");
            let is_looked_up = before.is_empty() && lookups.contains(&called);
            if is_path || is_looked_up {
                why.push(format!("named in a string at {}:{}", file.path, text.line));
            }
        }
    }
    let _ = homes;
    why
}

/// A lookup by a name that is made at run time, in the file itself or in one that imports it as a module.
fn by_lookup(program: &Program, at: (usize, usize), homes: &Homes) -> Vec<String> {
    let mut why = Vec::new();
    for &file in homes.files.iter() {
        let one = &program.files[file];
        let reaches = file == at.0 || homes.has_module(file);
        if one.is_test || !reaches {
            continue;
        }
        for (line, words) in &one.facts().dynamic {
            if is_about(words, one.facts(), homes, file) && can_reach(words, &homes.name, homes.is_method) {
                why.push(format!("looked up by a name made at run time at {}:{line}", one.path));
            }
        }
    }
    why
}

/// Whether a lookup is of a module that leads here, or of an object of the file itself.
fn is_about(words: &str, facts: &crate::Facts, homes: &Homes, file: usize) -> bool {
    let Some(rest) = words.split_once("getattr(").map(|(_, rest)| rest) else { return true };
    let object = rest.split(',').next().unwrap_or("").trim();
    let is_module = homes.is_module(file, object) || object.contains("sys.modules") || object.contains("import_module");
    let is_other_import = facts.imports.iter().any(|import| import.local == object);
    is_module || file == homes.at.0 && homes.is_method && !is_other_import
}

/// `getattr(self, f"handle_{x}")` reaches only what begins so.
fn can_reach(words: &str, name: &str, is_method: bool) -> bool {
    if words.contains("getattr(settings") || words.contains("getattr(logging") || words.contains("getattr(config") {
        return false;
    }
    if words.starts_with("getattr(self") && !is_method {
        return false;
    }
    let Some(start) = words.find("f\"").or(words.find("f'")) else { return true };
    let template = &words[start + 2..];
    let head = template.split('{').next().unwrap_or("");
    name.starts_with(head)
}

/// Manifests and settings that name it: `app.main:run`.
fn by_other_files(program: &Program, at: (usize, usize)) -> Vec<String> {
    let definition = program.definition(at);
    let stem = program.files[at.0].stem();
    let owner = definition.owner.as_deref().unwrap_or(stem);
    let forms = [format!("{owner}:{}", definition.name), format!("{owner}.{}", definition.name)];
    let named = program.others.iter().filter(|(_, text)| forms.iter().any(|form| holds(text, form)));
    named.map(|(path, _)| format!("named in {path}")).collect()
}

/// Whether a text holds a name as a whole.
fn holds(text: &str, form: &str) -> bool {
    text.match_indices(form).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + form.len()..].chars().next())
    })
}
