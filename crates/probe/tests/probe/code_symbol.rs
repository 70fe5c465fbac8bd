//! `code.symbol`: a guardrail that is called, the same with its caller taken away in ways that a search for text would miss,
//! and callers that nobody can see.

use evidence::{Grade, Observation};

use crate::world::{Place, blind, broken, held, not_seen};

const CALLED: &str = "obs.callers > 0";

/// Writes files, in which `---- path` begins a file.
fn repository(files: &str) -> Place {
    let place = Place::new();
    add(&place, files);
    place
}

fn add(place: &Place, files: &str) {
    for file in files.split("---- ").skip(1) {
        let (path, text) = file.split_once('\n').expect("has a path");
        place.write(path.trim(), text);
    }
}

async fn symbol(place: &Place, symbol: &str) -> Observation {
    place
        .look("code.symbol", &format!("{{from: [app, tests, src, cmd, internal, crates, web], symbol: '{symbol}'}}"))
        .await
}

const PYTHON: &str = "---- app/__init__.py
---- app/core/__init__.py
---- app/core/breaker.py
class CircuitBreaker:
    def __init__(self, name):
        self.name = name

    def guard_call(self, function):
        return function()

    @classmethod
    def default(cls):
        return CircuitBreaker('default')


breaker = CircuitBreaker('payments')
---- app/main.py
from fastapi import FastAPI
from app.payments import router

app = FastAPI()
app.include_router(router)
---- app/payments.py
from fastapi import APIRouter
from app.core.breaker import breaker

router = APIRouter()


@router.post('/pay')
def pay():
    return breaker.guard_call(lambda: 1)
---- tests/test_breaker.py
from app.core.breaker import CircuitBreaker, breaker


def test_it():
    assert CircuitBreaker('x').guard_call(lambda: 1) == 1
    breaker.guard_call(lambda: 2)
";

#[tokio::test]
async fn a_breaker_that_a_route_uses_is_wired_through_its_instance() {
    let place = repository(PYTHON);
    for name in ["CircuitBreaker", "CircuitBreaker.guard_call", "breaker.CircuitBreaker", "guard_call"] {
        let seen = symbol(&place, name).await;
        held(
            &seen,
            "obs.callers == 1 && obs.called && obs.reachable_callers == 1 && obs.called_from[0] == 'app/payments.py:9'"
                .replace("obs.called_from[0] == ", "obs.called_from.exists(x, x == ")
                .replace(":9'", ":9')")
                .as_str(),
        );
        assert_eq!(seen.grade, Some(Grade::Wired), "{seen:#?}");
    }
    let class = symbol(&place, "CircuitBreaker").await;
    held(&class, "obs.defined && size(obs.made_at) == 1 && obs.callers_in_tests >= 2");
}

#[tokio::test]
async fn a_breaker_whose_caller_is_taken_away_is_declared_however_it_is_done() {
    let ways = [
        ("not called, still imported", "    return 1\n"),
        ("called in a comment", "    # breaker.guard_call(lambda: 1)\n    return 1\n"),
        ("called in a docstring", "    \"\"\"breaker.guard_call(pay), CircuitBreaker(1)\"\"\"\n    return 1\n"),
        ("called where it never runs", "    if False:\n        breaker.guard_call(lambda: 1)\n    return 1\n"),
        ("called behind a return", "    return 1\n    breaker.guard_call(lambda: 1)\n"),
        ("called behind `False and`", "    return False and breaker.guard_call(lambda: 1)\n"),
        ("a local of the same name", "    breaker = object()\n    return breaker\n"),
    ];
    for (way, body) in ways {
        let place = repository(PYTHON);
        add(
            &place,
            &format!(
                "---- app/payments.py\nfrom fastapi import APIRouter\nfrom app.core.breaker import breaker\n\nrouter = APIRouter()\n\n\n@router.post('/pay')\ndef pay():\n{body}"
            ),
        );
        for name in ["CircuitBreaker", "CircuitBreaker.guard_call"] {
            let seen = symbol(&place, name).await;
            broken(&seen, CALLED);
            held(&seen, "obs.callers == 0 && !obs.called && obs.callers_in_tests > 0");
            assert_eq!(seen.grade, Some(Grade::Declared), "{way}: {seen:#?}");
        }
    }
}

#[tokio::test]
async fn another_class_of_the_same_name_is_no_caller() {
    let place = repository(PYTHON);
    add(
        &place,
        "---- app/payments.py\nfrom circuitbreaker import CircuitBreaker\n\nother = CircuitBreaker('x')\n\n\ndef pay():\n    return other.guard_call(lambda: 1)\n",
    );
    broken(&symbol(&place, "CircuitBreaker").await, CALLED);
    broken(&symbol(&place, "CircuitBreaker.guard_call").await, CALLED);
    add(
        &place,
        "---- app/other.py\nclass Queue:\n    def guard_call(self):\n        return 1\n\n\ndef work():\n    return Queue().guard_call()\n",
    );
    broken(&symbol(&place, "CircuitBreaker.guard_call").await, CALLED);
    held(&symbol(&place, "Queue.guard_call").await, CALLED);
    let ambiguous = symbol(&place, "guard_call").await;
    not_seen(&ambiguous, CALLED);
    add(&place, "---- app/third.py\ndef work(thing):\n    return thing.guard_call()\n");
    not_seen(&symbol(&place, "CircuitBreaker.guard_call").await, CALLED);
    not_seen(&symbol(&place, "CircuitBreaker.guard_call").await, "obs.callers == 0");
}

#[tokio::test]
async fn what_is_passed_on_is_wired_and_what_only_dead_code_calls_is_not_reachable() {
    let place = repository(
        "---- app/deps.py\ndef rate_limit():\n    return 1\n\n\ndef check_secrets():\n    raise RuntimeError\n\n\ndef start():\n    check_secrets()\n
---- app/api.py\nfrom fastapi import Depends, FastAPI\nfrom .deps import rate_limit as limit\n\napp = FastAPI()\n\n\n@app.get('/')\ndef home(x=Depends(limit)):\n    return x\n",
    );
    held(&symbol(&place, "rate_limit").await, "obs.callers == 1 && obs.reachable_callers == 1");
    let dead = symbol(&place, "check_secrets").await;
    held(&dead, "obs.callers == 1 && obs.reachable_callers == 0");
    assert_eq!(dead.grade, Some(Grade::Declared));
    broken(&symbol(&place, "deps.start").await, CALLED);
    add(
        &place,
        "---- app/api.py\nfrom fastapi import Depends, FastAPI\nfrom .deps import rate_limit as limit\n\nlimits = 1\n",
    );
    broken(&symbol(&place, "rate_limit").await, CALLED);
}

#[tokio::test]
async fn callers_that_nobody_can_see_are_unknown_and_neither_none_nor_some() {
    let hidden = [
        "---- app/a.py\n@app.on_event('startup')\ndef check():\n    pass\n",
        "---- app/a.py\ndef check():\n    pass\n---- app/b.py\nimport app.a\nf = getattr(app.a, name)\n",
        "---- app/a.py\ndef check():\n    pass\n---- app/b.py\nHANDLERS = ['app.a.check']\n",
        "---- app/a.py\ndef check():\n    pass\n---- pyproject.toml\n[project.scripts]\nx = 'app.a:check'\n",
        "---- app/a.py\ndef check():\n    pass\n---- app/b.py\ndef broken(:\n    check(\n",
    ];
    for files in hidden {
        let seen = symbol(&repository(files), "check").await;
        not_seen(&seen, CALLED);
        not_seen(&seen, "obs.callers == 0");
        assert!(seen.trouble.is_some(), "{files}: {seen:#?}");
    }
    let base = "---- app/a.py\nfrom starlette.middleware.base import BaseHTTPMiddleware\n\n\nclass Limit(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n        return 1\n";
    not_seen(&symbol(&repository(base), "Limit.dispatch").await, CALLED);
    broken(&symbol(&repository(base), "Limit").await, CALLED);
    let wired =
        format!("{base}---- app/b.py\nfrom app.a import Limit\n\n\ndef setup(app):\n    app.add_middleware(Limit)\n");
    held(&symbol(&repository(&wired), "Limit").await, CALLED);
}

#[tokio::test]
async fn what_is_nowhere_is_absent_and_what_is_only_named_is_not() {
    let place = repository(PYTHON);
    let gone = symbol(&place, "Bulkhead").await;
    broken(&gone, CALLED);
    held(&gone, "obs.defined == false");
    assert_eq!(gone.grade, Some(Grade::Absent));
    not_seen(&symbol(&place, "APIRouter").await, CALLED);
    let nowhere = place.look("code.symbol", "{from: lib, symbol: CircuitBreaker}").await;
    blind(&nowhere, "holds no source file");
    for with in [
        "{from: app}",
        "{symbol: a}",
        "{from: ../x, symbol: a}",
        "{from: app, symbol: 'a b'}",
        "{from: app, symbol: a, language: perl}",
    ] {
        assert!(place.read("code.symbol", with).is_err(), "{with}");
    }
}

const SCRIPT: &str = "---- web/src/lib/ErrorBoundary.tsx
import React from 'react'

export default class ErrorBoundary extends React.Component<{children: React.ReactNode}> {
  componentDidCatch(error: Error) { report(error) }
  render() { return this.props.children }
}
export function report(error: Error) { console.error(error) }
---- web/src/lib/retry.ts
export async function withRetry<T>(run: () => Promise<T>): Promise<T> { return run() }
export const unused = () => withRetry(async () => 1)
---- web/src/lib/index.ts
export * from './retry'
export { default as Boundary } from './ErrorBoundary'
---- web/src/App.tsx
import { Boundary, withRetry as again } from '@/lib'

export function App() {
  again(() => fetch('/x'))
  return <Boundary><p>hello</p></Boundary>
}
---- web/src/main.tsx
import { createRoot } from 'react-dom/client'
import { App } from './App'
createRoot(document.getElementById('root')!).render(<App />)
---- web/src/lib/retry.test.ts
import { withRetry } from './retry'
test('x', () => withRetry(async () => 1))
";

#[tokio::test]
async fn a_script_is_followed_through_barrels_aliases_and_elements() {
    let place = repository(SCRIPT);
    let retry = symbol(&place, "withRetry").await;
    held(&retry, "obs.callers == 2 && obs.reachable_callers == 1 && obs.callers_in_tests == 1");
    held(&symbol(&place, "ErrorBoundary").await, "obs.callers == 1 && obs.reachable_callers == 1");
    broken(&symbol(&place, "unused").await, CALLED);
    let removed = SCRIPT
        .replace("<Boundary><p>hello</p></Boundary>", "<p>{/* <Boundary/> */ 'Boundary'}</p>")
        .replace("  again(", "  // again(");
    let place = repository(&removed);
    broken(&symbol(&place, "ErrorBoundary").await, CALLED);
    held(&symbol(&place, "withRetry").await, "obs.callers == 1 && obs.reachable_callers == 0");
    let other = SCRIPT.replace("from '@/lib'", "from 'some-library'");
    let place = repository(&other);
    broken(&symbol(&place, "ErrorBoundary").await, CALLED);
    let lazy = SCRIPT.replace(
        "import { Boundary, withRetry as again } from '@/lib'",
        "const Boundary = lazy(() => import('./lib/ErrorBoundary'))\nconst again = (x: any) => x",
    );
    held(&symbol(&repository(&lazy), "ErrorBoundary").await, CALLED);
}

const GO: &str = "---- go.mod
module example.org/shop

go 1.22
---- internal/breaker/breaker.go
package breaker

type Breaker struct{ open bool }

func New() *Breaker { return &Breaker{} }

// Guard runs f. Call breaker.Guard(f).
func (b *Breaker) Guard(f func() error) error { return f() }

func (b *Breaker) Trip() { b.open = true }
---- internal/pay/pay.go
package pay

import \"example.org/shop/internal/breaker\"

type Service struct{ breaker *breaker.Breaker }

func NewService() *Service { return &Service{breaker: breaker.New()} }

func (s *Service) Pay() error {
\treturn s.breaker.Guard(func() error { return nil })
}
---- cmd/shop/main.go
package main

import \"example.org/shop/internal/pay\"

func main() {
\tif err := pay.NewService().Pay(); err != nil {
\t\tpanic(err)
\t}
}
---- internal/breaker/breaker_test.go
package breaker

import \"testing\"

func TestTrip(t *testing.T) { New().Trip() }
";

#[tokio::test]
async fn go_is_followed_through_packages_fields_and_constructors() {
    let place = repository(GO);
    held(&symbol(&place, "Breaker").await, "obs.callers >= 1");
    held(&symbol(&place, "Breaker.Guard").await, "obs.callers == 1 && obs.reachable_callers == 1");
    let trip = symbol(&place, "Breaker.Trip").await;
    broken(&trip, CALLED);
    held(&trip, "obs.callers_in_tests == 1");
    let removed =
        GO.replace("return s.breaker.Guard(func() error { return nil })", "// return s.breaker.Guard(f)\n\treturn nil");
    broken(&symbol(&repository(&removed), "Breaker.Guard").await, CALLED);
    let gone = removed
        .replace("breaker: breaker.New()", "")
        .replace("import \"example.org/shop/internal/breaker\"", "")
        .replace("breaker *breaker.Breaker", "");
    broken(&symbol(&repository(&gone), "Breaker").await, CALLED);
    let interface = format!(
        "{removed}---- internal/pay/i.go\npackage pay\n\ntype Guarder interface{{ Guard(f func() error) error }}\n\nfunc run(g Guarder) {{ g.Guard(nil) }}\n"
    );
    let through = symbol(&repository(&interface), "Breaker.Guard").await;
    held(&through, "obs.callers == 1 && obs.reachable_callers == 0");
    assert_eq!(through.grade, Some(Grade::Declared), "nobody calls what calls the interface");
    let another = format!(
        "{interface}---- internal/pay/n.go\npackage pay\n\ntype Noop struct{{}}\n\nfunc (n *Noop) Guard(f func() error) error {{ return f() }}\n"
    );
    not_seen(&symbol(&repository(&another), "Breaker.Guard").await, CALLED);
}

const RUST: &str = "---- crates/guard/Cargo.toml
[package]
name = \"guard\"
---- crates/guard/src/lib.rs
pub mod breaker;
pub use breaker::Breaker;
---- crates/guard/src/breaker.rs
/// `Breaker::new().admit()`
pub struct Breaker { open: bool }
impl Breaker {
    pub fn new() -> Self { Self { open: false } }
    pub fn admit(&self) -> bool { !self.open }
}
pub fn check_secrets() -> bool { true }
#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn admits() { assert!(Breaker::new().admit() && check_secrets()); }
}
---- crates/app/Cargo.toml
[package]
name = \"app\"
---- crates/app/src/main.rs
use guard::{Breaker, breaker};
struct App { breaker: Breaker }
fn main() {
    let app = App { breaker: Breaker::new() };
    println!(\"{}\", app.breaker.admit());
    assert!(breaker::check_secrets());
}
";

#[tokio::test]
async fn rust_is_followed_through_crates_macros_and_inline_tests() {
    let place = repository(RUST);
    held(&symbol(&place, "Breaker").await, "obs.callers >= 1 && obs.callers_in_tests >= 1");
    held(
        &symbol(&place, "check_secrets").await,
        "obs.callers == 1 && obs.reachable_callers == 1 && obs.callers_in_tests == 1",
    );
    held(&symbol(&place, "Breaker::admit").await, "obs.callers == 1");
    let removed = RUST
        .replace("    println!(\"{}\", app.breaker.admit());\n", "")
        .replace("    assert!(breaker::check_secrets());\n", "    // breaker::check_secrets();\n");
    let place = repository(&removed);
    broken(&symbol(&place, "check_secrets").await, CALLED);
    broken(&symbol(&place, "Breaker::admit").await, CALLED);
    let gone = removed
        .replace("struct App { breaker: Breaker }", "struct App {}")
        .replace("    let app = App { breaker: Breaker::new() };\n", "");
    broken(&symbol(&repository(&gone), "Breaker").await, CALLED);
    let as_trait = removed.replace("impl Breaker {\n    pub fn new", "trait Admit { fn admit(&self) -> bool; }\nimpl Admit for Breaker { fn admit(&self) -> bool { true } }\nimpl Breaker {\n    pub fn new").replace("    pub fn admit(&self) -> bool { !self.open }\n", "");
    not_seen(&symbol(&repository(&as_trait), "Breaker::admit").await, CALLED);
}

#[tokio::test]
async fn an_instance_that_is_kept_and_never_touched_calls_nothing() {
    let kept = "---- app/breaker.py\nclass Breaker:\n    def call(self, f):\n        return f()\n\n\ndef get_breaker(name) -> Breaker:\n    return Breaker()\n---- app/pay.py\nfrom app.breaker import get_breaker\n\n\nclass Service:\n    def __init__(self):\n        self.breaker = get_breaker('pay')\n\n    def pay(self, f):\n        return self.breaker.call(f)\n";
    let place = repository(kept);
    held(&symbol(&place, "Breaker").await, "obs.callers == 1 && size(obs.made_at) == 2");
    held(&symbol(&place, "get_breaker").await, "obs.callers == 1");
    held(&symbol(&place, "Breaker.call").await, "obs.callers == 1");
    let place = repository(&kept.replace("self.breaker.call(f)", "f()"));
    broken(&symbol(&place, "Breaker").await, CALLED);
    broken(&symbol(&place, "Breaker.call").await, CALLED);
}

#[tokio::test]
async fn a_lifespan_that_nobody_names_is_dead_and_a_claim_is_no_evidence_of_itself() {
    let files = "---- app/a.py\ndef guard():\n    pass\n---- app/b.py\nfrom contextlib import asynccontextmanager\nfrom app.a import guard\n\n\n@asynccontextmanager\nasync def lifespan(app):\n    guard()\n    yield\n";
    let place = repository(files);
    place.write("seaworthy.yaml", "symbol: a.guard\nother: b.lifespan\n");
    held(&symbol(&place, "a.guard").await, "obs.callers == 1 && obs.reachable_callers == 0");
    broken(&symbol(&place, "b.lifespan").await, CALLED);
}
