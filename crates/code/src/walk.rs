//! One file from its syntax tree to facts: the way through the tree, which every language shares.
//!
//! The tree is walked without recursion, so that a thousand nested brackets cannot exhaust the stack.

use std::collections::{BTreeSet, HashMap};

use tree_sitter::{Node, Parser, Tree};

use crate::facts::{Binding, Definition, Facts, Import, Made, Role, Shape, Text, Use, Write};
use crate::{Language, dead, go, idle, python, rust, script};

/// The deepest nesting that is followed; deeper parts count as not parsed.
pub const MAX_DEPTH: usize = 2000;

/// The longest string that could be a name.
const LONGEST_NAME: usize = 200;

/// The longest receiver that is kept.
const LONGEST_BASE: usize = 200;

/// Functions that are statements.
const STATED: &[&str] =
    &["function_definition", "function_declaration", "function_item", "generator_function_declaration"];

/// Where a function or class begins, and with it another count of ways.
const BODIES: &[&str] = &[
    "function_definition",
    "function_declaration",
    "function_item",
    "function_expression",
    "generator_function_declaration",
    "arrow_function",
    "method_definition",
    "method_declaration",
    "func_literal",
    "closure_expression",
    "lambda",
    "class_definition",
    "class_declaration",
];

/// What holds on some ways only.
const WAYS: &[&str] = &[
    "if_statement",
    "elif_clause",
    "else_clause",
    "except_clause",
    "catch_clause",
    "for_statement",
    "for_in_statement",
    "while_statement",
    "match_statement",
    "switch_statement",
    "expression_switch_statement",
    "if_expression",
    "match_expression",
    "for_expression",
    "while_expression",
    "conditional_expression",
    "ternary_expression",
    "boolean_operator",
    "binary_expression",
];

/// The syntax tree of a text. `None` only when the parser gives up.
pub(crate) fn tree(language: Language, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).ok()?;
    parser.parse(text, None)
}

/// The facts of one file.
pub fn read(language: Language, text: &str) -> Facts {
    let Some(tree) = tree(language, text) else { return Facts { broken: vec![1], ..Facts::default() } };
    let mut walk = Walk {
        language,
        text,
        path: Vec::new(),
        scopes: vec![Scope::default()],
        facts: Facts::default(),
        settled: dead::settled(text),
        ended: HashMap::new(),
    };
    walk.run(&tree);
    walk.facts
}

/// One node on the way from the root.
#[derive(Clone, Copy)]
pub(crate) struct Step<'t> {
    pub(crate) node: Node<'t>,
    pub(crate) field: Option<&'t str>,
    scopes: usize,
}

/// What holds below a node.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    pub(crate) definition: Option<usize>,
    pub(crate) owner: Option<String>,
    /// The trait of an `impl`.
    pub(crate) implements: Option<String>,
    /// Names bound here; only functions bind.
    pub(crate) names: BTreeSet<String>,
    pub(crate) is_function: bool,
    pub(crate) is_dead: bool,
    pub(crate) is_test: bool,
}

/// A walk through one file.
pub(crate) struct Walk<'t> {
    pub(crate) language: Language,
    pub(crate) text: &'t str,
    pub(crate) path: Vec<Step<'t>>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) facts: Facts,
    /// Lines in which a constant may be bound.
    pub(crate) settled: Vec<&'t str>,
    /// Of each block that was entered, the byte behind which nothing runs.
    pub(crate) ended: HashMap<usize, usize>,
}

/// Whether to go below a node.
pub(crate) enum Go {
    Below,
    Past,
}

impl<'t> Walk<'t> {
    fn run(&mut self, tree: &'t Tree) {
        let mut cursor = tree.walk();
        loop {
            let step = Step { node: cursor.node(), field: cursor.field_name(), scopes: self.scopes.len() };
            self.path.push(step);
            let below = self.enter() && cursor.goto_first_child();
            if below {
                continue;
            }
            loop {
                if let Some(step) = self.path.pop() {
                    self.scopes.truncate(step.scopes);
                }
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn enter(&mut self) -> bool {
        let node = self.node();
        if node.is_error() || node.is_missing() || self.path.len() > MAX_DEPTH {
            self.facts.broken.push(line(node));
        }
        if self.path.len() > MAX_DEPTH {
            return false;
        }
        if !self.scope().is_dead && node.is_named() && (dead::is_dead(self) || idle::is_idle_closure(self)) {
            self.push_dead();
        }
        let go = match self.language {
            Language::Python => python::enter(self),
            Language::JavaScript | Language::TypeScript | Language::Tsx => script::enter(self),
            Language::Rust => rust::enter(self),
            Language::Go => go::enter(self),
        };
        matches!(go, Go::Below)
    }

    /// The node that is entered.
    pub(crate) fn node(&self) -> Node<'t> {
        self.path[self.path.len() - 1].node
    }

    /// The way up: 0 is the node itself, 1 its parent.
    pub(crate) fn up(&self, steps: usize) -> Option<Step<'t>> {
        self.path.len().checked_sub(steps + 1).map(|at| self.path[at])
    }

    /// The kind of a node above; empty above the root.
    pub(crate) fn kind(&self, steps: usize) -> &'t str {
        self.up(steps).map_or("", |step| step.node.kind())
    }

    /// The field of a node above in its own parent.
    pub(crate) fn field(&self, steps: usize) -> &'t str {
        self.up(steps).and_then(|step| step.field).unwrap_or("")
    }

    pub(crate) fn of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or("")
    }

    pub(crate) fn child<'n>(&self, node: Node<'n>, field: &str) -> Option<Node<'n>> {
        node.child_by_field_name(field)
    }

    pub(crate) fn child_text(&self, node: Node<'_>, field: &str) -> &'t str {
        self.child(node, field).map_or("", |child| self.of(child))
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scopes[self.scopes.len() - 1]
    }

    /// What holds here, inherited by a new scope.
    pub(crate) fn inner(&self) -> Scope {
        let outer = self.scope();
        Scope { names: BTreeSet::new(), is_function: false, ..outer.clone() }
    }

    pub(crate) fn push(&mut self, scope: Scope) {
        self.scopes.push(scope);
    }

    /// Below this nothing ever runs.
    pub(crate) fn push_dead(&mut self) {
        self.facts.dead.push(self.node().byte_range());
        let scope = Scope { is_dead: true, ..self.inner() };
        self.push(scope);
    }

    /// A function without a name of its own, which binds names.
    pub(crate) fn push_function(&mut self, names: BTreeSet<String>) {
        let scope = Scope { names, is_function: true, ..self.inner() };
        self.push(scope);
    }

    /// Whether the walk is inside of a function.
    pub(crate) fn in_function(&self) -> bool {
        self.scopes.iter().any(|scope| scope.is_function)
    }

    pub(crate) fn is_bound(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.names.contains(name))
    }

    /// Notes a definition over `node` and answers its index.
    pub(crate) fn define(&mut self, name: &str, shape: Shape, node: Node<'_>) -> usize {
        let scope = self.scope();
        let definition = Definition {
            name: name.to_owned(),
            owner: scope.owner.clone(),
            shape,
            line: line(node),
            start: node.start_byte(),
            end: node.end_byte(),
            container: scope.definition,
            markers: Vec::new(),
            bases: scope.implements.clone().into_iter().collect(),
            gives: None,
            is_test: scope.is_test,
            is_conditional: self.is_conditional(),
            is_nested: self.in_function() && STATED.contains(&node.kind()),
        };
        self.facts.definitions.push(definition);
        self.facts.definitions.len() - 1
    }

    /// Below this is the inside of a definition.
    pub(crate) fn push_definition(&mut self, index: usize, owner: Option<String>, names: Option<BTreeSet<String>>) {
        let is_function = names.is_some();
        let mut scope = self.inner();
        scope.definition = Some(index);
        scope.owner = owner;
        scope.implements = None;
        scope.names = names.unwrap_or_default();
        scope.is_function = is_function;
        self.push(scope);
    }

    /// Notes a use of the name at `node`.
    pub(crate) fn uses(&mut self, node: Node<'_>, base: Option<Node<'_>>, role: Role) {
        let base = base.map(|base| squeezed(self.of(base)));
        self.uses_named(self.of(node), node, base, role);
    }

    pub(crate) fn uses_named(&mut self, name: &str, node: Node<'_>, base: Option<String>, role: Role) {
        let scope = self.scope();
        let role = if idle::is_only_named(self, node) { Role::Caught } else { role };
        let is_idle = matches!(role, Role::Value | Role::Call) && idle::is_idle(self, role);
        let is_local = base.is_none() && self.is_bound(name) && !self.is_before_binding(name);
        let made = Use {
            name: name.to_owned(),
            base,
            role,
            line: line(node),
            at: node.start_byte(),
            container: scope.definition,
            owner: scope.owner.clone(),
            is_local,
            is_dead: scope.is_dead || is_idle,
            is_test: scope.is_test,
            is_late: self.in_closure(),
            asked: idle::asked(self, node),
            through: idle::through(self),
        };
        self.facts.uses.push(made);
    }

    /// `let x = x();` of Rust and `x := x()` of Go: the value is looked up before the name is bound.
    fn is_before_binding(&self, name: &str) -> bool {
        (1..self.path.len()).any(|steps| {
            let (node, field) = (self.path[self.path.len() - 1 - steps].node, self.field(steps - 1));
            let bound = match (node.kind(), field) {
                ("let_declaration", "value") => node.child_by_field_name("pattern"),
                ("short_var_declaration", "right") => node.child_by_field_name("left"),
                _ => None,
            };
            bound.is_some_and(|bound| self.of(bound) == name)
        })
    }

    pub(crate) fn import(&mut self, module: &str, name: Option<&str>, local: &str, is_dynamic: bool) {
        let scope = self.scope();
        let import = Import {
            module: module.to_owned(),
            name: name.map(str::to_owned),
            local: local.to_owned(),
            line: line(self.node()),
            is_dynamic,
            is_dead: scope.is_dead,
            is_test: scope.is_test,
            at: self.node().start_byte(),
            scope: self.function(),
            is_conditional: self.is_conditional(),
        };
        self.facts.imports.push(import);
    }

    pub(crate) fn bind(&mut self, name: &str, made: Made) {
        let scope = self.scope();
        let is_member = name.contains('.');
        let owner = if is_member { scope.owner.clone() } else { None };
        let container = if is_member { None } else { scope.definition };
        let span = self.node().byte_range();
        let is_conditional = self.is_conditional();
        self.facts.bindings.push(Binding { name: name.to_owned(), owner, container, made, span, is_conditional });
    }

    /// Notes that a name is given another value; `value` is what is written, when that can be told.
    pub(crate) fn write(&mut self, name: &str, value: Option<Node<'_>>) {
        let kinds = ["identifier", "shorthand_property_identifier"];
        let is_same = |one: &Node<'_>| self.of(*one) == name;
        let is_kept = value.is_some_and(|value| self.inside(value, &kinds, &[]).iter().any(is_same));
        let is_nothing = value.is_some_and(|value| matches!(value.kind(), "none" | "null" | "nil" | "undefined"));
        let is_own = self.is_bound(name);
        let scope = self.function().filter(|_| is_own);
        let is_late = !is_own && self.in_function();
        let node = self.node();
        let is_conditional = is_late || self.is_conditional();
        if self.scope().is_dead || self.scope().is_test {
            return;
        }
        let name = name.to_owned();
        let (at, line) = (node.start_byte(), line(node));
        self.facts.writes.push(Write { name, scope, at, line, is_conditional, is_kept, is_nothing });
    }

    /// The function around, when it has a name.
    pub(crate) fn function(&self) -> Option<usize> {
        let mut at = self.scope().definition;
        while let Some(index) = at {
            let definition = &self.facts.definitions[index];
            if definition.shape == Shape::Function {
                return Some(index);
            }
            at = definition.container;
        }
        None
    }

    /// Whether a closure stands between the node and the definition around it.
    fn in_closure(&self) -> bool {
        let around = (1..self.path.len()).map(|steps| self.kind(steps)).take_while(|kind| !STATED.contains(kind));
        around.into_iter().any(|kind| idle::CLOSURES.contains(&kind))
    }

    /// Whether the node stands below something that is not done always.
    pub(crate) fn is_conditional(&self) -> bool {
        let steps = (1..self.path.len()).filter_map(|steps| self.up(steps));
        let mut around = steps.map(|step| step.node).take_while(|node| !BODIES.contains(&node.kind()));
        around.any(|node| {
            let is_tried = node.kind() == "try_statement"
                && children(node).iter().any(|one| matches!(one.kind(), "except_clause" | "catch_clause"));
            is_tried || WAYS.contains(&node.kind())
        })
    }

    /// A string that could be a name.
    pub(crate) fn string(&mut self, value: &str, call: Option<String>) {
        if value.is_empty() || value.len() > LONGEST_NAME || value.contains(char::is_whitespace) {
            return;
        }
        let scope = self.scope();
        let (container, is_dead, is_test) = (scope.definition, scope.is_dead, scope.is_test);
        let line = line(self.node());
        self.facts.texts.push(Text { value: value.to_owned(), call, container, is_dead, line, is_test });
    }

    pub(crate) fn dynamic(&mut self, what: &str) {
        if !self.scope().is_test {
            let line = line(self.node());
            self.facts.dynamic.push((line, what.to_owned()));
        }
    }

    /// Every descendant of these kinds, without entering nodes of the kinds in `walls`.
    pub(crate) fn inside<'n>(&self, node: Node<'n>, kinds: &[&str], walls: &[&str]) -> Vec<Node<'n>> {
        let mut found = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if kinds.contains(&node.kind()) {
                found.push(node);
            }
            let mut cursor = node.walk();
            open.extend(node.children(&mut cursor).filter(|child| !walls.contains(&child.kind())));
        }
        found
    }
}

/// From 1.
pub(crate) fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}

/// The named children of a node.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

/// A receiver in one line, cut when it is long.
fn squeezed(text: &str) -> String {
    let words: String = text.split_whitespace().collect();
    words.get(..LONGEST_BASE).map_or(words.clone(), str::to_owned)
}

/// The text between the quotes of a literal, prefixes such as `f` or `b` gone.
pub(crate) fn unquoted(text: &str) -> &str {
    let is_raw = text.starts_with("r#") || text.starts_with("br#");
    let text = text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '#');
    let text = if is_raw { text.trim_end_matches('#') } else { text };
    let text = text.strip_prefix("\"\"\"").and_then(|text| text.strip_suffix("\"\"\"")).unwrap_or(text);
    text.trim_matches(['"', '\'', '`'])
}
