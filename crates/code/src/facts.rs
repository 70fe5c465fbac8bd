//! What one file says, without its neighbors.

/// Everything known of one file.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What is defined, in the order written; indices are used as containers.
    pub definitions: Vec<Definition>,
    /// What is imported or exported again.
    pub imports: Vec<Import>,
    /// Every use of a name that is neither its definition nor its import.
    pub uses: Vec<Use>,
    /// Names with what is known of their type.
    pub bindings: Vec<Binding>,
    /// Names that are given another value.
    pub writes: Vec<Write>,
    /// Strings that could be names: short, without spaces, no docstrings.
    pub texts: Vec<Text>,
    /// Lines where something is looked up by a name that is made at run time, with what is asked.
    pub dynamic: Vec<(usize, String)>,
    /// The bytes of what never runs, and of closures that nobody takes up.
    pub dead: Vec<std::ops::Range<usize>>,
    /// Lines that do not parse.
    pub broken: Vec<usize>,
}

/// What a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A function, a method, or a name bound to one.
    Function,
    /// A class, struct or enum.
    Class,
    /// An interface, trait or type alias: nothing of it exists at run time.
    Interface,
    /// A variable or constant of a module or class.
    Variable,
}

/// One definition.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its own name, without its class.
    pub name: String,
    /// The class, type or trait that it belongs to.
    pub owner: Option<String>,
    /// What it is.
    pub shape: Shape,
    /// From 1.
    pub line: usize,
    /// Where its text begins, decorators included.
    pub start: usize,
    /// Where its text ends.
    pub end: usize,
    /// The definition around it.
    pub container: Option<usize>,
    /// Decorators and attributes, as written, without arguments.
    pub markers: Vec<String>,
    /// Base classes; for a method of Rust the trait it implements.
    pub bases: Vec<String>,
    /// The type of what it returns, or holds when it is a variable.
    pub gives: Option<Made>,
    /// Stands in test code.
    pub is_test: bool,
    /// Holds on some ways only: below an `if`, a `try`, a loop.
    pub is_conditional: bool,
    /// A function stated within another: who is outside of that cannot name it.
    pub is_nested: bool,
}

/// A name that is given a value, where that makes no definition of it.
#[derive(Clone, Debug)]
pub struct Write {
    /// The name.
    pub name: String,
    /// The function in which it holds; none for the module.
    pub scope: Option<usize>,
    /// Its byte.
    pub at: usize,
    /// From 1.
    pub line: usize,
    /// Holds on some ways only.
    pub is_conditional: bool,
    /// What is written holds what was there before, as `f = wrap(f)`.
    pub is_kept: bool,
    /// Nothing is written: `None`, `null`, `nil`.
    pub is_nothing: bool,
}

/// Where the type of a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// Stated.
    Type(String),
    /// Made by a call of this.
    By(String),
    /// The same as another name.
    Same(String),
    /// Nothing: `None`, `null`, `nil`.
    Nothing,
    /// A literal, a function, or something else without a class of ours.
    Plain,
}

/// One imported name.
#[derive(Clone, Debug)]
pub struct Import {
    /// As written: `a.b`, `.x`, `./x`, `crate::a`, `example.org/x/y`.
    pub module: String,
    /// The name in that module; `None` for the module itself, `*` for all, `default` for the default export.
    pub name: Option<String>,
    /// The name in this file; empty when there is none.
    pub local: String,
    /// From 1.
    pub line: usize,
    /// Made at run time, as in `import("./x")`.
    pub is_dynamic: bool,
    /// Stands where it never runs, or for types only.
    pub is_dead: bool,
    /// Stands in test code.
    pub is_test: bool,
    /// Its byte.
    pub at: usize,
    /// The function in which it holds; none for the module.
    pub scope: Option<usize>,
    /// Holds on some ways only.
    pub is_conditional: bool,
}

/// How a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Called, instantiated, rendered.
    Call,
    /// Passed, stored, or something of it is used.
    Value,
    /// Put over a definition.
    Decorator,
    /// Inherited from, or implemented.
    Base,
    /// Stated as a type.
    Type,
    /// Compared with: caught, `isinstance`.
    Caught,
}

/// One use.
#[derive(Clone, Debug)]
pub struct Use {
    /// The last part of the name.
    pub name: String,
    /// What stands before it: `self`, `a.b`, `get()`.
    pub base: Option<String>,
    /// How.
    pub role: Role,
    /// From 1.
    pub line: usize,
    /// Its byte.
    pub at: usize,
    /// The innermost definition around it.
    pub container: Option<usize>,
    /// The class around it.
    pub owner: Option<String>,
    /// A parameter or local variable has this name.
    pub is_local: bool,
    /// Stands where it never runs.
    pub is_dead: bool,
    /// Stands in test code.
    pub is_test: bool,
    /// Stands in a closure, which runs when somebody calls that.
    pub is_late: bool,
    /// What is taken of it: `post` in `router.post(..)`.
    pub asked: Option<String>,
    /// The object that it, or the closure around it, is handed to: `router` in `router.post("/", f)`.
    pub through: Option<String>,
}

/// A name with what is known of its type.
#[derive(Clone, Debug)]
pub struct Binding {
    /// `x`, or `self.x` for what every method sees.
    pub name: String,
    /// The class of `self.x`.
    pub owner: Option<String>,
    /// The function in which it holds.
    pub container: Option<usize>,
    /// What it is.
    pub made: Made,
    /// The bytes of the statement that says so.
    pub span: std::ops::Range<usize>,
    /// Holds on some ways only.
    pub is_conditional: bool,
}

/// A string that could be a name.
#[derive(Clone, Debug)]
pub struct Text {
    /// Without quotes.
    pub value: String,
    /// The function that it is an argument of, as written.
    pub call: Option<String>,
    /// The innermost definition around it.
    pub container: Option<usize>,
    /// Stands where it never runs.
    pub is_dead: bool,
    /// From 1.
    pub line: usize,
    /// Stands in test code.
    pub is_test: bool,
}
