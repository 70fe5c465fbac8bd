//! `code.swallowed` on the subtle ways: a raise that nobody reaches, callers that never run, managers and names that hide what
//! is caught, and the honest ways that look like swallowing and let the failure through.

use evidence::{Observation, Value};

use crate::world::Place;

fn word(seen: &Observation) -> &'static str {
    match (seen.values.get("stops"), &seen.trouble) {
        (_, Some(_)) => "unknown",
        (Some(Value::Boolean(true)), None) => "stops",
        (Some(Value::Boolean(false)), None) => "goes on",
        (Some(_) | None, None) => "unknown",
    }
}

async fn check(path: &str, cases: &[(&str, &str, String)]) {
    let mut wrong = Vec::new();
    for (what, expected, text) in cases {
        let place = Place::new();
        place.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
        place.write("app/go.mod", "module example.org/app\n");
        place.write(path, text);
        let seen = place.look("code.swallowed", "{from: app, symbol: verify}").await;
        if word(&seen) != *expected {
            wrong.push(format!(
                "{what}: {} for {expected}; {:?} {:?} {:?}",
                word(&seen),
                seen.values.get("swallowed"),
                seen.values.get("unclear"),
                seen.trouble
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const HEAD: &str = "import asyncio\nimport contextlib\nimport sys\nfrom contextlib import contextmanager, suppress as quiet\n\nhush = contextlib.suppress\nERRORS = (KeyError, RuntimeError)\nOTHERS = (KeyError, TypeError)\n\n\nclass AppError(Exception):\n    pass\n\n\nclass NoSecret(AppError):\n    pass\n\n\nclass Hush:\n    def __enter__(self):\n        return self\n\n    def __exit__(self, *args):\n        return True\n\n\nclass Timer:\n    def __enter__(self):\n        return self\n\n    def __exit__(self, *args):\n        print(args)\n        return False\n\n\n@contextmanager\ndef calm():\n    try:\n        yield\n    except Exception as error:\n        print(error)\n\n\n@contextmanager\ndef timed():\n    try:\n        yield\n    finally:\n        print(1)\n\n\n";
const RAISES: &str = "    if not settings.get('KEY'):\n        raise RuntimeError('no key')";
const STARTS: &str = "\n\n\nif __name__ == '__main__':\n    start({})\n";

/// The body of the check.
fn checks(body: &str) -> String {
    let body = body.replace('\n', "\n    ");
    format!("{HEAD}def verify(settings):\n    {body}\n\n\ndef start(settings):\n    verify(settings){STARTS}")
}

/// The body of what calls it.
fn calls(body: &str) -> String {
    let body = body.replace('\n', "\n    ");
    format!("{HEAD}def verify(settings):\n{RAISES}\n\n\ndef start(settings):\n    {body}{STARTS}")
}

#[tokio::test]
async fn a_raise_that_nobody_reaches_stops_nothing() {
    let cases = [
        ("in a nested function that nobody calls", "goes on", "def inner():\n    raise RuntimeError('x')\nreturn None"),
        ("in a nested function that is called", "stops", "def inner():\n    raise RuntimeError('x')\ninner()"),
        (
            "in a nested function whose call is caught",
            "goes on",
            "def inner():\n    raise RuntimeError('x')\ntry:\n    inner()\nexcept RuntimeError:\n    pass",
        ),
        (
            "in a nested function that is handed on",
            "unknown",
            "def inner():\n    raise RuntimeError('x')\nregister(inner)",
        ),
        ("behind a return", "goes on", "return None\nraise RuntimeError('x')"),
        ("where it never runs", "goes on", "if False:\n    raise RuntimeError('x')"),
        ("in a lambda that nobody calls", "goes on", "stop = lambda: sys.exit(1)\nreturn None"),
        ("caught as a base of one's own", "goes on", "try:\n    raise NoSecret('x')\nexcept AppError:\n    pass"),
        ("beside a base of another", "stops", "try:\n    raise NoSecret('x')\nexcept ValueError:\n    pass"),
        (
            "from another",
            "stops",
            "try:\n    settings['KEY']\nexcept KeyError as error:\n    raise RuntimeError('x') from error",
        ),
        (
            "in the handler, over a return in finally",
            "goes on",
            "try:\n    settings['KEY']\nexcept KeyError:\n    raise RuntimeError('x')\nfinally:\n    return None",
        ),
    ];
    check("app/main.py", &cases.map(|one| (one.0, one.1, checks(one.2)))).await;
}

#[tokio::test]
async fn a_failure_that_something_hides_is_seen_to_be_hidden() {
    let hidden = [
        ("suppress by another name", "with quiet(RuntimeError):\n    verify(settings)"),
        ("suppress kept in a name", "with hush(RuntimeError):\n    verify(settings)"),
        ("suppress of a tuple", "with contextlib.suppress(*ERRORS):\n    verify(settings)"),
        ("a tuple behind a name", "try:\n    verify(settings)\nexcept ERRORS:\n    pass"),
        ("a manager that answers true", "with Hush():\n    verify(settings)"),
        ("a manager that answers true, kept", "with Hush() as hush:\n    verify(settings)"),
        ("a generator that catches", "with calm():\n    verify(settings)"),
        ("two managers", "with open('x') as f, calm():\n    verify(settings)"),
        ("a return in finally", "try:\n    verify(settings)\nfinally:\n    return None"),
        (
            "a handler that returns before it raises",
            "try:\n    verify(settings)\nexcept RuntimeError:\n    return None\n    raise",
        ),
        (
            "raised as another that is caught",
            "try:\n    try:\n        verify(settings)\n    except RuntimeError as error:\n        raise KeyError from error\nexcept KeyError:\n    pass",
        ),
        ("nobody calls the caller", "pass\n\n\ndef other(settings):\n    verify(settings)"),
        ("behind a return", "return None\nverify(settings)"),
        ("never", "if False:\n    verify(settings)"),
        ("waited for and not raised", "asyncio.run(asyncio.wait([verify(settings)]))"),
    ];
    check("app/main.py", &hidden.map(|one| (one.0, "goes on", calls(one.1)))).await;
    let unclear = [
        ("a tuple from elsewhere", "from lib import MAYBE\ntry:\n    verify(settings)\nexcept MAYBE:\n    pass"),
        (
            "a handler that raises sometimes",
            "try:\n    verify(settings)\nexcept RuntimeError:\n    if settings:\n        raise",
        ),
    ];
    check("app/main.py", &unclear.map(|one| (one.0, "unknown", calls(one.1)))).await;
}

#[tokio::test]
async fn a_failure_that_is_let_through_is_seen_to_be_let_through() {
    let through = [
        ("a tuple of others", "try:\n    verify(settings)\nexcept OTHERS:\n    pass"),
        ("a manager that answers false", "with Timer():\n    verify(settings)"),
        ("a generator that only measures", "with timed():\n    verify(settings)"),
        ("suppress of another", "with quiet(KeyError):\n    verify(settings)"),
        (
            "a group of tasks",
            "async def main():\n    async with asyncio.TaskGroup() as group:\n        group.create_task(verify(settings))\nasyncio.run(main())",
        ),
        (
            "a task that is awaited",
            "async def main():\n    task = asyncio.create_task(verify(settings))\n    await task\nasyncio.run(main())",
        ),
        ("from", "try:\n    verify(settings)\nexcept RuntimeError as error:\n    raise SystemExit(1) from error"),
        (
            "on a condition that always holds",
            "try:\n    verify(settings)\nexcept RuntimeError:\n    if True:\n        raise",
        ),
        (
            "on its own class",
            "try:\n    verify(settings)\nexcept Exception as error:\n    if isinstance(error, RuntimeError):\n        raise",
        ),
        ("a finally that cleans up", "try:\n    verify(settings)\nfinally:\n    print(1)"),
    ];
    check("app/main.py", &through.map(|one| (one.0, "stops", calls(one.1)))).await;
}

#[tokio::test]
async fn promises_and_errors_are_followed_through_their_handlers() {
    let head = "export function verify() { if (!process.env.KEY) { throw new Error('no key') } }\n";
    let of = |body: &str| format!("{head}export async function main() {{\n  {body}\n}}\nmain()\n");
    let cases = [
        ("two handlers", "goes on", of("await run().then(() => verify()).then(ok, (e) => console.error(e))")),
        ("two handlers, the second raises", "stops", of("await run().then(() => verify()).then(ok, (e) => { throw e })")),
        ("a handler that exits", "stops", of("await run().then(() => verify()).catch(() => process.exit(1))")),
        ("a handler that logs", "goes on", of("await run().then(() => verify()).catch(console.error)")),
        ("a handler by its name", "unknown", of("await run().then(() => verify()).catch(fail)")),
        ("a return in finally", "goes on", of("try { verify() } finally { return 1 }")),
        ("a return in finally over a raise", "goes on", of("try { verify() } catch (e) { throw e } finally { return 1 }")),
        ("a finally that cleans up", "stops", of("try { verify() } finally { close() }")),
        ("nobody calls the caller", "goes on", format!("{head}function other() {{ verify() }}\n")),
        ("a rejection", "stops", "export function verify() { if (!process.env.KEY) { return Promise.reject(new Error('x')) }\n  return Promise.resolve() }\nexport async function main() { await verify() }\nmain()\n".to_owned()),
        ("a rejection that is caught", "goes on", "export function verify() { if (!process.env.KEY) { return Promise.reject(new Error('x')) }\n  return Promise.resolve() }\nexport async function main() { await verify().catch(() => {}) }\nmain()\n".to_owned()),
        ("a throw in a nested function that nobody calls", "goes on", "export function verify() { function stop() { throw new Error('x') }\n  return 1 }\nexport function main() { verify() }\nmain()\n".to_owned()),
    ];
    check("app/a.ts", &cases).await;
    let head = "package main\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n\t\"log\"\n)\n\nfunc verify() error {\n\tif len(key) == 0 {\n\t\treturn errors.New(\"no key\")\n\t}\n\treturn nil\n}\n\n";
    let main = "func main() {\n\tif err := start(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n";
    let of = |body: &str| format!("{head}func start() error {{\n\t{body}\n}}\n\n{main}");
    let cases = [
        (
            "wrapped",
            "stops",
            of("if err := verify(); err != nil {\n\t\treturn fmt.Errorf(\"start: %w\", err)\n\t}\n\treturn nil"),
        ),
        ("joined", "stops", of("var errs error\n\terrs = errors.Join(errs, verify())\n\treturn errs")),
        ("joined in the return", "stops", of("return errors.Join(verify(), other())")),
        ("joined later", "stops", of("err1 := verify()\n\terr2 := other()\n\treturn errors.Join(err1, err2)")),
        ("wrapped first", "stops", of("err := verify()\n\terr = fmt.Errorf(\"x: %w\", err)\n\treturn err")),
        ("logged", "goes on", of("if err := verify(); err != nil {\n\t\tlog.Println(err)\n\t}\n\treturn nil")),
        ("returned as nothing", "goes on", of("if err := verify(); err != nil {\n\t\treturn nil\n\t}\n\treturn nil")),
        (
            "nobody calls the caller",
            "goes on",
            format!("{head}func start() error {{ return verify() }}\n\nfunc main() {{}}\n"),
        ),
    ];
    check("app/main.go", &cases).await;
    let rust = "fn verify() -> Result<(), String> { if std::env::var_os(\"KEY\").is_none() { return Err(\"no key\".into()); } Ok(()) }\n";
    let cases = [
        ("nobody calls the caller", "goes on", format!("{rust}fn start() -> Result<(), String> {{ verify()?; Ok(()) }}\nfn main() {{}}\n")),
        ("called", "stops", format!("{rust}fn start() -> Result<(), String> {{ verify()?; Ok(()) }}\nfn main() -> Result<(), String> {{ start() }}\n")),
        ("behind a return", "goes on", "fn verify() -> Result<(), String> { return Ok(()); Err(\"x\".into()) }\nfn main() { verify().unwrap(); }\n".to_owned()),
    ];
    check("app/src/main.rs", &cases).await;
}
