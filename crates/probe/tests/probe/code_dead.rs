//! `code.symbol` on code that is there and never runs: closures that nobody takes up, blocks behind an end or below a
//! condition that is always false, elements that nobody renders, names that are only spoken of. Beside each the look-alike.

use crate::code_wiring::check;

/// Cases of `guard`: what stands before, what is shown, what it must come to, the text.
async fn each(cases: &[(&str, &str, &str, &str)]) {
    let files: Vec<String> = cases.iter().map(|one| format!("{}{}", one.0, one.3)).collect();
    let all: Vec<_> = cases.iter().zip(&files).map(|(one, files)| (one.1, one.2, "guard", files.as_str())).collect();
    check(&all).await;
}

/// Bodies of a function, those that never come to the call first.
async fn bodies(head: &str, dead: &[&str], alive: &[&str], wrap: &impl Fn(&str) -> String) {
    let all = dead.iter().map(|body| (*body, "declared")).chain(alive.iter().map(|body| (*body, "wired")));
    let texts: Vec<(String, &str, &str)> = all.map(|(body, word)| (wrap(body), word, body)).collect();
    let cases: Vec<_> = texts.iter().map(|(text, word, body)| (head, *body, *word, text.as_str())).collect();
    each(&cases).await;
}

const PYTHON: &str = "---- app/core.py\ndef guard(x):\n    return x\n---- app/main.py\nimport sys\nfrom functools import partial\nfrom typing import TYPE_CHECKING\nfrom app.core import guard\n\n";
const SCRIPT: &str = "---- web/core.ts\nexport function guard(x: number) { return x }\n---- web/main.tsx\nimport { guard } from './core'\n";
const GO: &str = "---- go.mod\nmodule example.org/x\n---- cmd/main.go\npackage main\n\nimport (\n\t\"fmt\"\n\t\"log\"\n\t\"os\"\n)\n\nfunc guard(x int) bool { return x > 0 }\n\n";
const RUST: &str = "---- src/main.rs\nfn guard(x: u32) -> bool { x > 0 }\n";

fn python(body: &str) -> String {
    format!("def pay(x):\n    {}\n\n\npay(1)\n", body.replace('\n', "\n    "))
}

fn script(body: &str) -> String {
    format!("function pay(x: number) {{\n  {body}\n}}\npay(1)\n")
}

fn go(body: &str) -> String {
    format!("func main() {{\n\tx := len(os.Args)\n\t{}\n}}\n", body.replace('\n', "\n\t"))
}

fn rust(body: &str) -> String {
    format!("fn main() {{\n    let x = std::env::args().count();\n    {body}\n}}\n")
}

#[tokio::test]
async fn a_closure_that_nobody_takes_up_calls_nothing() {
    let dead = [
        "f = lambda: guard(1)\nreturn 1",
        "lambda: guard(1)",
        "checks = {'a': lambda: guard(1), 'b': guard}\nreturn 1",
        "check = guard\nreturn 1",
        "check = partial(guard, 1)\nreturn 1",
        "# check is not called\ndef check():\n    return guard(1)\nreturn 1",
    ];
    let alive = [
        "f = lambda: guard(1)\nreturn f()",
        "return run(lambda: guard(1))",
        "checks = {'a': guard}\nreturn checks[x](1)",
        "check = guard\nreturn check(1)",
        "def check():\n    return guard(1)\nreturn check()",
        "def check():\n    return guard(1)\nreturn check",
    ];
    bodies(PYTHON, &dead, &alive, &python).await;
    let dead = [
        "const f = () => guard(1)\n  return 1",
        "() => guard(1)",
        "const check = useCallback(() => guard(1), [])\n  return 1",
        "function check() { return guard(1) }\n  return 1",
        "const check = guard\n  return 1",
    ];
    let alive = [
        "const f = () => guard(1)\n  return f()",
        "(() => guard(1))()",
        "useEffect(() => { guard(1) }, [])",
        "return check()\n  function check() { return guard(1) }",
        "const api = { pay() { return guard(1) } }\n  return api.pay()",
        "return { check: () => guard(1) }",
    ];
    bodies(SCRIPT, &dead, &alive, &script).await;
    let dead = ["f := func() { guard(1) }\n_ = f", "_ = func() { guard(1) }"];
    let alive = ["f := func() { guard(1) }\nf()", "go func() { guard(1) }()", "defer func() { guard(1) }()"];
    bodies(GO, &dead, &alive, &go).await;
    let dead = ["let _check = || guard(1);", "let check = || guard(1);\n    let _ = check;", "let check = guard;"];
    let alive = [
        "let check = || guard(1);\n    check();",
        "let all: Vec<bool> = [1].iter().map(|x| guard(*x)).collect();\n    println!(\"{all:?}\");",
    ];
    bodies(RUST, &dead, &alive, &rust).await;
    each(&[
        (PYTHON, "a lambda of the module", "declared", "CHECK = lambda: guard(1)\n"),
        (PYTHON, "a lambda of the module that is called", "wired", "CHECK = lambda: guard(1)\nCHECK()\n"),
        (PYTHON, "a decorator", "wired", "def guarded(f):\n    def inner(*args):\n        return f(guard(args))\n    return inner\n\n\n@guarded\ndef pay(x):\n    return x\n\n\npay(1)\n"),
        (SCRIPT, "an arrow of the module", "declared", "const f = () => guard(1)\n"),
    ])
    .await;
}

#[tokio::test]
async fn code_of_python_that_never_runs_calls_nothing() {
    let dead = [
        "raise RuntimeError\nguard(1)",
        "sys.exit(1)\nguard(1)",
        "if x:\n    return 1\nelse:\n    raise RuntimeError\nguard(1)",
        "while True:\n    x = x + 1\nguard(1)",
        "if False:\n    guard(1)",
        "if TYPE_CHECKING:\n    guard(1)",
        "if not True:\n    guard(1)",
        "if x and False:\n    guard(1)",
        "if x:\n    pass\nelif False:\n    guard(1)",
        "if True:\n    pass\nelse:\n    guard(1)",
        "return guard(1) if False else 1",
        "False and guard(1)",
        "True or guard(1)",
        "for y in []:\n    guard(y)",
        "while False:\n    guard(1)",
        "on = False\nif on:\n    guard(1)",
        "assert False\nguard(1)",
    ];
    let alive = [
        "if x:\n    return 1\nguard(1)",
        "if x:\n    return 1\nelif x > 2:\n    raise RuntimeError\nguard(1)",
        "while True:\n    if x:\n        break\nguard(1)",
        "if not TYPE_CHECKING:\n    guard(1)",
        "if TYPE_CHECKING:\n    pass\nelse:\n    guard(1)",
        "on = False\nif x:\n    on = True\nif on:\n    guard(1)",
        "return guard(1) if x else 1",
        "try:\n    return 1\nfinally:\n    guard(1)",
        "for y in x:\n    continue\nguard(1)",
    ];
    bodies(PYTHON, &dead, &alive, &python).await;
    each(&[
        (PYTHON, "off", "declared", "ENABLED = False\n\n\ndef pay():\n    if ENABLED:\n        guard(1)\n\n\npay()\n"),
        (PYTHON, "the module has ended", "declared", "sys.exit(0)\nguard(1)\n"),
        (PYTHON, "off, and may be on", "wired", "ENABLED = False\nif sys.argv:\n    ENABLED = True\n\n\ndef pay():\n    if ENABLED:\n        guard(1)\n\n\npay()\n"),
    ])
    .await;
}

#[tokio::test]
async fn code_of_scripts_that_never_runs_calls_nothing() {
    let dead = [
        "throw new Error('x'); guard(1)",
        "return 1\n  guard(1)",
        "process.exit(1); guard(1)",
        "if (false) { guard(1) }",
        "if (false) guard(1)",
        "false && guard(1)",
        "true || guard(1)",
        "return false ? guard(1) : 1",
        "if (x && false) { guard(1) }",
        "while (false) { guard(1) }",
        "if (x) { return 1 } else { throw new Error('x') }\n  guard(1)",
        "for (;;) { x++ }\n  guard(1)",
        "switch (x) { case 1: return 1; guard(1) }",
        "const on = false\n  if (on) { guard(1) }",
        "if (!true) { guard(1) }",
        "return 1\n  const f = () => guard(1)\n  f()",
    ];
    let alive = [
        "if (x) return 1\n  guard(1)",
        "if (!false) { guard(1) }",
        "x && guard(1)",
        "let on = false\n  if (x) on = true\n  if (on) { guard(1) }",
        "switch (x) { case 1: return 1; default: guard(1) }",
        "for (;;) { if (x) break }\n  guard(1)",
        "try { return 1 } finally { guard(1) }",
        "label: for (;;) { for (;;) { break label } }\n  guard(1)",
    ];
    bodies(SCRIPT, &dead, &alive, &script).await;
}

#[tokio::test]
async fn code_of_go_and_rust_that_never_runs_calls_nothing() {
    let dead = [
        "panic(1)\nguard(1)",
        "os.Exit(1)\nguard(1)",
        "return\nguard(1)",
        "log.Fatal(1)\nguard(1)",
        "if false {\n\tguard(1)\n}",
        "if false && guard(1) {\n\tx = 1\n}",
        "for {\n\tx++\n}\nguard(1)",
        "const on = false\nif on {\n\tguard(1)\n}",
        "if x > 1 {\n\treturn\n} else {\n\tpanic(1)\n}\nguard(1)",
    ];
    let alive = [
        "if x > 1 {\n\treturn\n}\nguard(1)",
        "for {\n\tif x > 1 {\n\t\tbreak\n\t}\n}\nguard(1)",
        "for x < 3 {\n\tx++\n}\nguard(1)",
        "defer func() {\n\tguard(1)\n}()\npanic(1)",
        "on := false\nif x > 1 {\n\ton = true\n}\nif on {\n\tguard(1)\n}",
    ];
    bodies(GO, &dead, &alive, &go).await;
    let dead = [
        "return; guard(1);",
        "panic!(\"x\"); guard(1);",
        "todo!(); guard(1);",
        "std::process::exit(1); guard(1);",
        "if false { guard(1); }",
        "if false && guard(1) { println!(); }",
        "while false { guard(1); }",
        "loop { println!(); }\n    guard(1);",
        "if cfg!(test) { guard(1); }",
        "#[cfg(test)]\n    guard(1);",
        "#[cfg(test)]\n    let _x = guard(1);",
        "#[cfg(any())]\n    guard(1);",
        "const ON: bool = false;\n    if ON { guard(1); }",
    ];
    let alive = [
        "if x > 1 { return; }\n    guard(1);",
        "loop { if x > 1 { break; } }\n    guard(1);",
        "if !false { guard(1); }",
        "#[cfg(not(test))]\n    guard(1);",
        "check();\n    return;\n    fn check() { guard(1); }",
        "match x { 1 => return, _ => {} }\n    guard(1);",
    ];
    bodies(RUST, &dead, &alive, &rust).await;
}

#[tokio::test]
async fn an_element_that_nobody_renders_is_not_there() {
    let head = "---- web/Guard.tsx\nexport function Guard() { return <p/> }\n---- web/main.tsx\nimport { createRoot } from 'react-dom/client'\nimport { Guard } from './Guard'\n";
    let render = "createRoot(document.body).render(<App />)\n";
    let cases = [
        ("rendered", "wired", "function App() { return <div><Guard /></div> }\n"),
        ("by nobody", "declared", "function Page() { return <Guard /> }\nfunction App() { return <p /> }\n"),
        ("switched off", "declared", "function App() { return <div>{false && <Guard />}</div> }\n"),
        ("switched off otherwise", "declared", "function App() { return <div>{false ? <Guard /> : null}</div> }\n"),
        ("put aside", "declared", "function App() { const kept = <Guard />; return <p /> }\n"),
        ("put aside and rendered", "wired", "function App() { const kept = <Guard />; return <p>{kept}</p> }\n"),
        ("on a condition", "wired", "function App({x}) { return <p>{x && <Guard />}</p> }\n"),
        (
            "in a route",
            "wired",
            "const routes = [{ path: '/', element: <Guard /> }]\nfunction App() { return useRoutes(routes) }\n",
        ),
    ];
    let files: Vec<String> = cases.iter().map(|one| format!("{head}{}{render}", one.2)).collect();
    let all: Vec<_> = cases.iter().zip(&files).map(|(one, files)| (one.0, one.1, "Guard", files.as_str())).collect();
    check(&all).await;
}

#[tokio::test]
async fn a_name_that_is_only_spoken_of_is_not_called() {
    let head = "---- app/core.py\ndef guard(x):\n    return x\n\n\nclass Guard:\n    pass\n---- app/main.py\nimport inspect\nimport logging\nfrom app.core import Guard, guard\n\nlogger = logging.getLogger(__name__)\n__all__ = ['guard', 'Guard']\n\n";
    let bare = [
        "guard.__name__",
        "print(guard.__name__)",
        "logger.info('%s', guard)",
        "logger.info('uses %s', guard.__name__)",
        "logger.info(f'{guard}')",
        "print(guard, Guard)",
        "x = isinstance(logger, Guard)",
        "x = isinstance(logger, (Guard, str))",
        "def f(x: Guard) -> Guard:\n    return x\n\n\nf(1)",
        "x: Guard = None",
        "x: 'Guard | None' = None",
        "if guard:\n    pass",
        "if guard is not None:\n    pass",
        "assert callable(guard)",
        "guard",
        "inspect.getsource(guard)",
        "match logger:\n    case Guard():\n        pass",
        "try:\n    pass\nexcept Guard:\n    pass",
        "hasattr(guard, 'x')",
        "_ = guard",
        "del guard",
        "import app.core",
        "'''guard(1)'''",
    ];
    let called = [
        "x = guard(1)",
        "print(guard(1))",
        "logger.info('%s', guard(1))",
        "register(guard)",
        "if guard(1):\n    pass",
        "x = guard and guard(1)",
        "x = map(guard, [1])",
        "print(f'{guard(1)}')",
    ];
    let whole = |body: &str| format!("{body}\n");
    bodies(head, &bare, &called, &whole).await;
    let files: Vec<String> = bare.iter().map(|body| format!("{head}{body}\n")).collect();
    let all: Vec<_> =
        bare.iter().zip(&files).map(|(body, files)| (*body, "declared", "core.Guard", files.as_str())).collect();
    check(&all).await;
}

#[tokio::test]
async fn a_name_that_is_handed_out_or_shown_in_other_languages_is_not_called() {
    let js = "---- web/core.js\nfunction guard(x) { return x }\nmodule.exports = { guard }\n---- web/main.js\nconst { guard } = require('./core')\n";
    each(&[
        (js, "handed out", "declared", "module.exports.guard = guard\n"),
        (js, "handed out in a list", "declared", "module.exports = { guard, check: guard }\n"),
        (
            js,
            "by another name and called",
            "wired",
            "module.exports = { check: guard }\n---- web/more.js\nconst { check } = require('./main')\ncheck(1)\n",
        ),
        (
            js,
            "one by one and called",
            "wired",
            "exports.check = guard\n---- web/more.js\nconst main = require('./main')\nmain.check(1)\n",
        ),
        (js, "shown", "declared", "console.log(guard, `${guard}`, typeof guard)\n"),
        (js, "asked for", "declared", "if (guard) { console.log(1) }\n"),
        (SCRIPT, "exported again", "declared", "export { guard }\nexport default { guard }\n"),
        (SCRIPT, "a type", "declared", "type G = typeof guard\nlet x: G | null = null\n"),
        (SCRIPT, "called when it is there", "wired", "guard && guard(1)\n"),
        (SCRIPT, "called at all", "wired", "guard?.(1)\n"),
        (GO, "printed", "declared", "func main() { fmt.Println(guard) }\n"),
        (GO, "its result printed", "wired", "func main() { fmt.Println(guard(1)) }\n"),
        (GO, "put away", "declared", "var _ = guard\n\nfunc main() {}\n"),
        (RUST, "its result printed", "wired", "fn main() { println!(\"{:?}\", guard(1)); }\n"),
    ])
    .await;
    check(&[
        ("an assertion of go", "declared", "Breaker", "---- go.mod\nmodule example.org/x\n---- cmd/main.go\npackage main\n\ntype Breaker struct{}\n\nfunc (b *Breaker) Call() {}\n\ntype Caller interface{ Call() }\n\nvar _ Caller = (*Breaker)(nil)\n\nfunc main() {}\n"),
        ("a property is a call", "wired", "Breaker.is_open", "---- app/a.py\nclass Breaker:\n    @property\n    def is_open(self):\n        return True\n\n\nb = Breaker()\nif b.is_open:\n    raise RuntimeError\n"),
    ])
    .await;
}
