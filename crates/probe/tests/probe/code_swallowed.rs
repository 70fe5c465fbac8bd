//! `code.swallowed`: a check that stops the start, and the same one caught in ways that leave it in place.

use evidence::Observation;

use crate::world::{Place, blind, broken, held, not_seen};

async fn check(place: &Place, symbol: &str) -> Observation {
    place.look("code.swallowed", &format!("{{from: app, symbol: '{symbol}'}}")).await
}

fn python(body: &str, caller: &str) -> Place {
    let place = Place::new();
    place.write("app/checks.py", &format!("import logging\nimport sys\n\n\ndef verify_secrets(settings):\n{body}"));
    place.write("app/main.py", &format!("import asyncio\nfrom contextlib import suppress\nfrom app.checks import verify_secrets\n\n\ndef start(settings):\n{caller}\n\n\nif __name__ == '__main__':\n    start({{}})\n"));
    place
}

const RAISES: &str = "    if not settings.get('KEY'):\n        raise RuntimeError('no key')\n";
const CALLS: &str = "    verify_secrets(settings)";

#[tokio::test]
async fn a_check_that_nobody_catches_stops_the_start() {
    let seen = check(&python(RAISES, CALLS), "verify_secrets").await;
    held(
        &seen,
        "obs.raises == 1 && obs.escapes == 1 && obs.stops && obs.callers_that_let_through == 1 && obs.callers_that_swallow == 0",
    );
    let exits = check(
        &python(
            "    if not settings:\n        sys.exit(1)\n",
            "    try:\n        verify_secrets(settings)\n    except Exception:\n        pass",
        ),
        "verify_secrets",
    )
    .await;
    held(&exits, "obs.stops");
    let again = check(
        &python(
            RAISES,
            "    try:\n        verify_secrets(settings)\n    except RuntimeError:\n        print('x')\n        raise",
        ),
        "verify_secrets",
    )
    .await;
    held(&again, "obs.stops");
    let other = check(
        &python(RAISES, "    try:\n        verify_secrets(settings)\n    except KeyError:\n        pass"),
        "verify_secrets",
    )
    .await;
    held(&other, "obs.stops");
    let ends = check(&python(RAISES, "    try:\n        verify_secrets(settings)\n    except Exception as error:\n        print(error)\n        raise SystemExit(1)"), "verify_secrets").await;
    held(&ends, "obs.stops");
}

#[tokio::test]
async fn a_check_that_is_caught_stops_nothing() {
    let own = [
        "    try:\n        if not settings.get('KEY'):\n            raise RuntimeError('no key')\n    except Exception as error:\n        logging.error(error)\n",
        "    try:\n        if not settings.get('KEY'):\n            raise RuntimeError('no key')\n    except (KeyError, RuntimeError):\n        return False\n",
        "    try:\n        if not settings.get('KEY'):\n            sys.exit(1)\n    except:\n        pass\n",
        "    try:\n        raise RuntimeError('no key')\n    finally:\n        return None\n",
        "    logging.error('no key')\n",
    ];
    for body in own {
        let seen = check(&python(body, CALLS), "verify_secrets").await;
        broken(&seen, "obs.stops");
        broken(&seen, "obs.escapes >= 1");
    }
    let callers = [
        "    try:\n        verify_secrets(settings)\n    except Exception:\n        pass",
        "    with suppress(RuntimeError):\n        verify_secrets(settings)",
        "    try:\n        verify_secrets(settings)\n    except RuntimeError as error:\n        print(error)",
        "    asyncio.create_task(verify_secrets(settings))",
        "    pass",
    ];
    for caller in callers {
        let seen = check(&python(RAISES, caller), "verify_secrets").await;
        broken(&seen, "obs.stops");
        held(&seen, "obs.escapes == 1");
    }
    let place = python(RAISES, CALLS);
    place.write("app/main.py", "from app.checks import verify_secrets\n\n\ndef start():\n    verify_secrets({})\n\n\ndef main():\n    try:\n        start()\n    except Exception:\n        print('x')\n\n\nmain()\n");
    let outer = check(&place, "verify_secrets").await;
    broken(&outer, "obs.stops");
    held(&outer, "size(obs.swallowed) == 1 && obs.swallowed.exists(x, x.contains('app/main.py:10'))");
}

#[tokio::test]
async fn what_cannot_be_told_is_not_seen() {
    let sometimes = check(&python(RAISES, "    try:\n        verify_secrets(settings)\n    except RuntimeError:\n        if settings:\n            raise"), "verify_secrets").await;
    not_seen(&sometimes, "obs.stops");
    blind(
        &{
            let mut seen = check(&python(RAISES, CALLS), "verify_nothing").await;
            seen.values.clear();
            seen
        },
        "is defined nowhere",
    );
    let place = Place::new();
    for with in ["{from: app}", "{from: app, symbol: a, exception: B}", "{symbol: a}", "{from: app, symbol: a, x: 1}"] {
        assert!(place.read("code.swallowed", with).is_err(), "{with}");
    }
}

#[tokio::test]
async fn an_exception_is_followed_wherever_it_is_raised() {
    let place = python(RAISES, CALLS);
    let with = "{from: app, exception: RuntimeError}";
    held(&place.look("code.swallowed", with).await, "obs.raises == 1 && obs.escapes == 1 && size(obs.swallowed) == 0");
    place.write("app/more.py", "def f():\n    try:\n        raise RuntimeError\n    except Exception:\n        pass\n");
    let seen = place.look("code.swallowed", with).await;
    broken(&seen, "obs.escapes == obs.raises");
    held(&seen, "size(obs.swallowed) == 1");
}

async fn stops(path: &str, text: &str, symbol: &str) -> Observation {
    let place = Place::new();
    place.write("app/Cargo.toml", "[package]\nname = \"app\"\n");
    place.write("app/go.mod", "module example.org/app\n");
    place.write(path, text);
    check(&place, symbol).await
}

#[tokio::test]
async fn scripts_rust_and_go_swallow_in_their_own_ways() {
    let script = "export function verify() { if (!process.env.KEY) { throw new Error('no key') } }\nexport async function main() {\n  CALL\n}\nmain()\n";
    for call in [
        "verify()",
        "await verify()",
        "try { verify() } catch (e) { console.error(e); throw e }",
        "try { verify() } catch (e) { process.exit(1) }",
    ] {
        held(&stops("app/a.ts", &script.replace("CALL", call), "verify").await, "obs.stops");
    }
    for call in [
        "try { verify() } catch {}",
        "await verify().catch(() => {})",
        "try { verify() } catch (e) { console.error(e) }",
    ] {
        broken(&stops("app/a.ts", &script.replace("CALL", call), "verify").await, "obs.stops");
    }
    let rust = "fn verify() -> Result<(), String> { if std::env::var_os(\"KEY\").is_none() { return Err(\"no key\".into()); } Ok(()) }\nfn main() -> Result<(), String> {\n    CALL\n    Ok(())\n}\n";
    for call in [
        "verify()?;",
        "verify().unwrap();",
        "if let Err(error) = verify() { eprintln!(\"{error}\"); std::process::exit(1); }",
    ] {
        held(&stops("app/src/main.rs", &rust.replace("CALL", call), "verify").await, "obs.stops");
    }
    for call in [
        "let _ = verify();",
        "verify().ok();",
        "if let Err(error) = verify() { eprintln!(\"{error}\"); }",
        "verify().unwrap_or_default();",
    ] {
        broken(&stops("app/src/main.rs", &rust.replace("CALL", call), "verify").await, "obs.stops");
    }
    let go = "package main\n\nimport (\n\t\"errors\"\n\t\"log\"\n)\n\nfunc verify() error {\n\tif len(key) == 0 {\n\t\treturn errors.New(\"no key\")\n\t}\n\treturn nil\n}\n\nfunc main() {\n\tCALL\n}\n";
    for call in [
        "if err := verify(); err != nil {\n\t\tlog.Fatal(err)\n\t}",
        "err := verify()\n\tif err != nil {\n\t\tpanic(err)\n\t}",
    ] {
        held(&stops("app/main.go", &go.replace("CALL", call), "verify").await, "obs.stops");
    }
    for call in ["_ = verify()", "if err := verify(); err != nil {\n\t\tlog.Println(err)\n\t}", "go verify()"] {
        broken(&stops("app/main.go", &go.replace("CALL", call), "verify").await, "obs.stops");
    }
}
