//! `code.symbol` on calls that look like calls and are none: names that are bound again, code that never runs, closures that
//! nobody takes up, routers that nobody includes, classes that nobody makes. Beside each the honest look-alike.

use evidence::{Grade, Observation};

use crate::world::Place;

/// What a reading comes to.
fn word(seen: &Observation) -> &'static str {
    match (seen.grade, &seen.trouble) {
        (Some(Grade::Absent), None) => "absent",
        (Some(Grade::Declared), None) => "declared",
        (Some(Grade::Wired), None) => "wired",
        (None | Some(Grade::Absent | Grade::Declared | Grade::Wired | Grade::Live | Grade::Effective), _) => "unknown",
    }
}

/// Every case: what it shows, what it must come to, the symbol, and its files, in which `---- path` begins one.
pub(crate) async fn check(cases: &[(&str, &str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (what, expected, symbol, files) in cases {
        let place = Place::new();
        for file in files.split("---- ").skip(1) {
            let (path, text) = file.split_once('\n').expect("has a path");
            place.write(path.trim(), text);
        }
        let seen = place.look("code.symbol", &format!("{{from: [app, web, cmd, src], symbol: '{symbol}'}}")).await;
        if word(&seen) != *expected {
            let values: Vec<String> = ["called_from", "possible", "reachable_callers"]
                .iter()
                .filter_map(|name| seen.values.get(*name).map(|value| format!("{name}={value:?}")))
                .collect();
            wrong.push(format!("{what}: {} for {expected}; {values:?} {:?}", word(&seen), seen.trouble));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const GUARD: &str = "---- app/__init__.py\n---- app/core.py\ndef guard(x):\n    return x\n\n\nclass Breaker:\n    def call(self, f):\n        return f()\n\n\nclass Noop:\n    def call(self, f):\n        return f()\n";

/// Python: the module `app.core`, and a module that starts at once.
fn python(text: &str) -> String {
    format!("{GUARD}---- app/main.py\n{text}")
}

async fn python_cases(cases: &[(&str, &str, &str, &str)]) {
    let files: Vec<String> = cases.iter().map(|one| python(one.3)).collect();
    let all: Vec<_> = cases.iter().zip(&files).map(|(one, files)| (one.0, one.1, one.2, files.as_str())).collect();
    check(&all).await;
}

#[tokio::test]
async fn a_name_that_is_imported_from_a_library_over_ours_is_not_ours() {
    python_cases(&[
        ("the look-alike", "wired", "core.guard", "from app.core import guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("the module imports another behind it", "declared", "core.guard", "from app.core import guard\nfrom lib import guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("the module imports ours behind the other", "wired", "core.guard", "from lib import guard\nfrom app.core import guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("by another name of the library", "declared", "core.guard", "from app.core import guard\nfrom lib import x as guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("a module of the library", "declared", "core.guard", "from app.core import guard\nimport lib as guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("the function imports another", "declared", "core.guard", "from app.core import guard\n\n\ndef pay():\n    from lib import guard\n    return guard(1)\n\n\npay()\n"),
        ("the function imports another by alias", "declared", "core.guard", "from app.core import guard\n\n\ndef pay():\n    from lib import y as guard\n    return guard(1)\n\n\npay()\n"),
        ("the function imports ours", "wired", "core.guard", "from lib import guard\n\n\ndef pay():\n    from app.core import guard\n    return guard(1)\n\n\npay()\n"),
        ("another function imports another", "wired", "core.guard", "from app.core import guard\n\n\ndef other():\n    from lib import guard\n    return guard(2)\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("one or the other", "unknown", "core.guard", "try:\n    from app.core import guard\nexcept ImportError:\n    from lib import guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("ours or nothing", "wired", "core.guard", "try:\n    from app.core import guard\nexcept ImportError:\n    guard = None\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("for types only", "wired", "core.guard", "from typing import TYPE_CHECKING\nfrom app.core import guard\n\nif TYPE_CHECKING:\n    from lib import guard\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("the method's class", "declared", "Breaker.call", "from app.core import Breaker\nfrom lib import Breaker\n\nb = Breaker()\n\n\ndef pay():\n    return b.call(pay)\n\n\npay()\n"),
        ("the method's class in the function", "declared", "Breaker.call", "from app.core import Breaker\n\n\ndef pay():\n    from lib import Breaker\n    return Breaker().call(pay)\n\n\npay()\n"),
    ])
    .await;
    check(&[
        ("handed on by a package", "wired", "core.guard", "---- app/__init__.py\nfrom .core import guard\n---- app/core.py\ndef guard(x):\n    return x\n---- app/main.py\nfrom app import guard\n\nguard(1)\n"),
        ("over ours in the package that hands it on", "declared", "core.guard", "---- app/__init__.py\nfrom .core import guard\nfrom lib import guard\n---- app/core.py\ndef guard(x):\n    return x\n---- app/main.py\nfrom app import guard\n\nguard(1)\n"),
        ("in the module itself", "declared", "core.guard", "---- app/core.py\ndef guard(x):\n    return x\n\n\nfrom lib import guard\n---- app/main.py\nfrom app.core import guard\n\nguard(1)\n"),
        ("rust", "declared", "guard", "---- src/core.rs\npub fn guard() {}\n---- src/main.rs\nmod core;\nuse crate::core::guard;\nfn main() {\n    use other::guard;\n    guard();\n}\n"),
        ("rust, ours", "wired", "guard", "---- src/core.rs\npub fn guard() {}\n---- src/main.rs\nmod core;\nfn main() {\n    use crate::core::guard;\n    guard();\n}\n"),
    ])
    .await;
}

#[tokio::test]
async fn a_name_that_is_bound_again_is_not_ours() {
    python_cases(&[
        ("to nothing", "declared", "core.guard", "from app.core import guard\nguard = None\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("to a lambda, behind the function", "declared", "core.guard", "from app.core import guard\n\n\ndef pay():\n    return guard(1)\n\n\nguard = lambda x: x\npay()\n"),
        ("behind the call of the module", "wired", "core.guard", "from app.core import guard\nguard(1)\nguard = None\n"),
        ("wrapped", "wired", "core.guard", "from app.core import guard\nguard = retry(guard)\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("by a function", "declared", "core.guard", "from app.core import guard\n\n\ndef guard(x):\n    return None\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("on some ways", "unknown", "core.guard", "from app.core import guard\nfrom app.settings import off\n\nif off:\n    guard = lambda x: x\n\n\ndef pay():\n    return guard(1)\n\n\npay()\n"),
        ("by a loop", "declared", "core.guard", "from app.core import guard\n\n\ndef pay(guards):\n    for guard in guards:\n        guard(1)\n\n\npay([])\n"),
        ("an instance", "declared", "Breaker.call", "from app.core import Breaker, Noop\n\nb = Breaker()\nb = Noop()\n\n\ndef pay():\n    return b.call(pay)\n\n\npay()\n"),
        ("an instance, the look-alike", "wired", "Breaker.call", "from app.core import Breaker, Noop\n\nb = Noop()\nb = Breaker()\n\n\ndef pay():\n    return b.call(pay)\n\n\npay()\n"),
        ("an instance in a function", "declared", "Breaker.call", "from app.core import Breaker, Noop\n\n\ndef pay():\n    b = Breaker()\n    b = Noop()\n    return b.call(pay)\n\n\npay()\n"),
        ("an instance, first nothing", "wired", "Breaker.call", "from app.core import Breaker\n\n\ndef pay(names):\n    b = None\n    for name in names:\n        b = Breaker()\n    return b.call(pay)\n\n\npay([])\n"),
        ("an instance on some ways", "unknown", "Breaker.call", "from app.core import Breaker, Noop\n\n\ndef pay(on):\n    b = Noop()\n    if on:\n        b = Breaker()\n    return b.call(pay)\n\n\npay(1)\n"),
        ("the class", "declared", "Breaker.call", "from types import SimpleNamespace\nfrom app.core import Breaker\n\nBreaker = SimpleNamespace\n\n\ndef pay():\n    return Breaker().call(pay)\n\n\npay()\n"),
        ("a member", "declared", "Breaker.call", "from app.core import Breaker, Noop\n\n\nclass Service:\n    def __init__(self):\n        self.b = Breaker()\n        self.b = Noop()\n\n    def pay(self):\n        return self.b.call(1)\n\n\nService().pay()\n"),
        ("a member, first nothing", "wired", "Breaker.call", "from app.core import Breaker\n\n\nclass Service:\n    def __init__(self):\n        self.b = None\n\n    def start(self):\n        self.b = Breaker()\n\n    def pay(self):\n        return self.b.call(1)\n\n\nService().pay()\n"),
    ])
    .await;
    let ts = "---- web/core.ts\nexport function guard(x: number) { return x }\nexport class Breaker { call(f: any) { return f() } }\n---- web/main.ts\n";
    let cases = [
        (
            "a let",
            "declared",
            "guard",
            "import { guard as ours } from './core'\nlet guard = ours\nguard = (x) => x\nexport function pay() { return guard(1) }\npay()\n",
        ),
        (
            "a let, the look-alike",
            "wired",
            "guard",
            "import { guard as ours } from './core'\nlet guard = ours\nexport function pay() { return guard(1) }\npay()\n",
        ),
        (
            "an instance",
            "declared",
            "Breaker.call",
            "import { Breaker } from './core'\nlet b: any = null\nb = new Breaker()\nb = { call: (f: any) => f() }\nb.call(() => 1)\n",
        ),
        (
            "an instance in a function",
            "declared",
            "Breaker.call",
            "import { Breaker } from './core'\nfunction pay() {\n  let b = new Breaker()\n  b = { call: (f) => f() }\n  b.call(() => 1)\n}\npay()\n",
        ),
        (
            "an instance, the look-alike",
            "wired",
            "Breaker.call",
            "import { Breaker } from './core'\nfunction pay() {\n  const b = new Breaker()\n  b.call(() => 1)\n}\npay()\n",
        ),
    ];
    let files: Vec<String> = cases.iter().map(|one| format!("{ts}{}", one.3)).collect();
    let all: Vec<_> = cases.iter().zip(&files).map(|(one, files)| (one.0, one.1, one.2, files.as_str())).collect();
    check(&all).await;
    check(&[
        ("its own module", "declared", "guard", "---- web/core.ts\nexport let guard = (x: number) => { if (x > 3) throw new Error('x'); return x }\nguard = (x) => x\n---- web/main.ts\nimport { guard } from './core'\nguard(1)\n"),
        ("a variable of go", "unknown", "guard", "---- go.mod\nmodule example.org/x\n---- cmd/main.go\npackage main\n\nfunc strict(x int) int { return x }\n\nvar guard = func(x int) int { return x }\n\nfunc off() { guard = nil2 }\n\nfunc main() {\n\toff()\n\tguard(1)\n}\n"),
        ("a variable of go, the look-alike", "wired", "strict", "---- go.mod\nmodule example.org/x\n---- cmd/main.go\npackage main\n\nfunc strict(x int) int { return x }\n\nvar guard = strict\n\nfunc main() {\n\tguard(1)\n}\n"),
    ])
    .await;
}

const FASTAPI: &str = "---- app/core.py\ndef guard(x):\n    return x\n---- app/pay.py\nfrom fastapi import APIRouter, Depends\nfrom app.core import guard\n\nrouter = APIRouter(prefix='/pay')\n\n\n@router.post('/')\ndef pay():\n    return guard(1)\n---- app/main.py\nfrom fastapi import FastAPI\nfrom app import pay\n\n";
const FLASK: &str = "---- app/core.py\ndef guard(x):\n    return x\n---- app/pay.py\nfrom flask import Blueprint\nfrom app.core import guard\n\nbp = Blueprint('pay', __name__)\n\n\n@bp.route('/')\ndef pay():\n    return guard(1)\n---- app/main.py\nfrom flask import Flask\nfrom app.pay import bp\n\n";
const EXPRESS: &str = "---- web/core.js\nfunction guard(x) { return x }\nmodule.exports = { guard }\n---- web/pay.js\nconst express = require('express')\nconst { guard } = require('./core')\nconst router = express.Router()\nrouter.post('/', (req, res) => { guard(1); res.end() })\nmodule.exports = router\n---- web/main.js\nconst express = require('express')\nconst app = express()\n";
const ROUTER: &str = "---- web/core.ts\nexport function guard(req: any, res: any, next: any) { next() }\n---- web/pay.ts\nimport { Router } from 'express'\nimport { guard } from './core'\nexport const router = Router()\nrouter.use(guard)\nrouter.post('/', (req, res) => { res.end() })\n---- web/main.ts\nimport express from 'express'\nimport { router } from './pay'\nconst app = express()\n";
const CHI: &str = "---- go.mod\nmodule example.org/x\n---- cmd/main.go\npackage main\n\nimport (\n\t\"net/http\"\n\t\"github.com/go-chi/chi/v5\"\n)\n\nfunc guard(w http.ResponseWriter, r *http.Request) {}\n\n";
const AXUM: &str = "---- src/main.rs\nuse axum::{Router, routing::{get, post}};\nasync fn guard() -> &'static str { \"x\" }\nasync fn home() -> &'static str { \"x\" }\n";

/// Cases of `guard`, each with what stands before it.
async fn routes(cases: &[(&str, &str, &str, &str)]) {
    let files: Vec<String> = cases.iter().map(|one| format!("{}{}", one.0, one.3)).collect();
    let all: Vec<_> = cases.iter().zip(&files).map(|(one, files)| (one.1, one.2, "guard", files.as_str())).collect();
    check(&all).await;
}

#[tokio::test]
async fn a_handler_of_a_router_that_nobody_includes_calls_nothing() {
    let cases = [
        (FASTAPI, "included", "wired", "app = FastAPI()\napp.include_router(pay.router)\n"),
        (FASTAPI, "not included", "declared", "app = FastAPI()\n"),
        (FASTAPI, "included in a comment", "declared", "app = FastAPI()\n# app.include_router(pay.router)\n"),
        (FASTAPI, "spoken of", "declared", "app = FastAPI()\nprint(pay.router)\n"),
        (
            FASTAPI,
            "included in one that is included",
            "wired",
            "from fastapi import APIRouter\n\napi = APIRouter()\napi.include_router(pay.router)\napp = FastAPI()\napp.include_router(api)\n",
        ),
        (
            FASTAPI,
            "included in one that is not",
            "declared",
            "from fastapi import APIRouter\n\napi = APIRouter()\napi.include_router(pay.router)\napp = FastAPI()\n",
        ),
        (FASTAPI, "in a list", "wired", "app = FastAPI()\nfor one in [pay.router]:\n    app.include_router(one)\n"),
        (
            FASTAPI,
            "by a factory",
            "wired",
            "\n\ndef create_app():\n    app = FastAPI()\n    app.include_router(pay.router)\n    return app\n---- Procfile\nweb: uvicorn --factory app.main:create_app\n",
        ),
        (
            FASTAPI,
            "by a function that nobody calls",
            "declared",
            "app = FastAPI()\n\n\ndef more(app):\n    app.include_router(pay.router)\n",
        ),
        (
            FASTAPI,
            "by a function that is called",
            "wired",
            "app = FastAPI()\n\n\ndef more(app):\n    app.include_router(pay.router)\n\n\nmore(app)\n",
        ),
        (
            FASTAPI,
            "another of the name",
            "declared",
            "from lib import pay\n\napp = FastAPI()\napp.include_router(pay.router)\n",
        ),
    ];
    routes(&cases).await;
}

#[tokio::test]
async fn a_handler_of_a_blueprint_or_router_of_express_that_nobody_uses_calls_nothing() {
    let cases = [
        (FLASK, "registered", "wired", "app = Flask(__name__)\napp.register_blueprint(bp)\n"),
        (FLASK, "not registered", "declared", "app = Flask(__name__)\n"),
        (
            FLASK,
            "registered where it never runs",
            "declared",
            "app = Flask(__name__)\nif False:\n    app.register_blueprint(bp)\n",
        ),
        (EXPRESS, "used", "wired", "const pay = require('./pay')\napp.use('/pay', pay)\napp.listen(80)\n"),
        (EXPRESS, "used at once", "wired", "app.use('/pay', require('./pay'))\napp.listen(80)\n"),
        (EXPRESS, "not used", "declared", "app.listen(80)\n"),
        (EXPRESS, "loaded and not used", "declared", "const pay = require('./pay')\napp.listen(80)\n"),
        (ROUTER, "used", "wired", "app.use('/pay', router)\n"),
        (ROUTER, "not used", "declared", "app.listen(80)\n"),
        (ROUTER, "used where it never runs", "declared", "false && app.use('/pay', router)\n"),
    ];
    routes(&cases).await;
}

#[tokio::test]
async fn a_handler_of_a_router_of_go_or_rust_that_nobody_serves_calls_nothing() {
    let cases = [
        (
            CHI,
            "mounted",
            "wired",
            "func main() {\n\tr := chi.NewRouter()\n\tr.Get(\"/\", guard)\n\thttp.ListenAndServe(\":80\", r)\n}\n",
        ),
        (
            CHI,
            "not served",
            "declared",
            "func main() {\n\tr := chi.NewRouter()\n\tr.Get(\"/\", guard)\n\thttp.ListenAndServe(\":80\", nil)\n}\n",
        ),
        (
            CHI,
            "returned",
            "wired",
            "func routes() http.Handler {\n\tr := chi.NewRouter()\n\tr.Get(\"/\", guard)\n\treturn r\n}\n\nfunc main() {\n\thttp.ListenAndServe(\":80\", routes())\n}\n",
        ),
        (
            CHI,
            "returned to nobody",
            "declared",
            "func routes() http.Handler {\n\tr := chi.NewRouter()\n\tr.Get(\"/\", guard)\n\treturn r\n}\n\nfunc main() {\n\thttp.ListenAndServe(\":80\", nil)\n}\n",
        ),
        (
            CHI,
            "mounted in another",
            "wired",
            "func main() {\n\ta := chi.NewRouter()\n\ta.Get(\"/\", guard)\n\tr := chi.NewRouter()\n\tr.Mount(\"/a\", a)\n\thttp.ListenAndServe(\":80\", r)\n}\n",
        ),
        (
            AXUM,
            "served",
            "wired",
            "#[tokio::main]\nasync fn main() {\n    let app = Router::new().route(\"/\", get(guard));\n    axum::serve(listener, app).await.unwrap();\n}\n",
        ),
        (
            AXUM,
            "never merged",
            "declared",
            "#[tokio::main]\nasync fn main() {\n    let _admin: Router = Router::new().route(\"/a\", post(guard));\n    let app = Router::new().route(\"/\", get(home));\n    axum::serve(listener, app).await.unwrap();\n}\n",
        ),
        (
            AXUM,
            "merged",
            "wired",
            "#[tokio::main]\nasync fn main() {\n    let admin = Router::new().route(\"/a\", post(guard));\n    let app = Router::new().route(\"/\", get(home)).merge(admin);\n    axum::serve(listener, app).await.unwrap();\n}\n",
        ),
        (
            AXUM,
            "of a function that nobody calls",
            "declared",
            "fn admin() -> Router { Router::new().route(\"/a\", post(guard)) }\n#[tokio::main]\nasync fn main() {\n    let app = Router::new().route(\"/\", get(home));\n    axum::serve(listener, app).await.unwrap();\n}\n",
        ),
        (
            AXUM,
            "of a function that is nested",
            "wired",
            "fn admin() -> Router { Router::new().route(\"/a\", post(guard)) }\n#[tokio::main]\nasync fn main() {\n    let app = Router::new().route(\"/\", get(home)).nest(\"/x\", admin());\n    axum::serve(listener, app).await.unwrap();\n}\n",
        ),
    ];
    routes(&cases).await;
}

#[tokio::test]
async fn a_method_of_a_class_that_nobody_makes_calls_nothing() {
    python_cases(&[
        ("made", "wired", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def __init__(self):\n        guard(1)\n\n\nService()\n"),
        ("not made", "declared", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def __init__(self):\n        guard(1)\n"),
        ("made by its own factory only", "declared", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def __init__(self):\n        guard(1)\n\n    @classmethod\n    def new(cls):\n        return Service()\n"),
        ("made where nobody calls", "declared", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def __init__(self):\n        guard(1)\n\n\ndef start():\n    return Service()\n"),
        ("a subclass is made", "wired", "core.guard", "from app.core import guard\n\n\nclass Base:\n    def __init__(self):\n        guard(1)\n\n\nclass Service(Base):\n    pass\n\n\nService()\n"),
        ("a method that nobody calls", "declared", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def pay(self):\n        guard(1)\n\n\nService()\n"),
        ("a method that is called", "wired", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def pay(self):\n        guard(1)\n\n\nService().pay()\n"),
        ("a method of the method", "wired", "core.guard", "from app.core import guard\n\n\nclass Service:\n    def pay(self):\n        self._check()\n\n    def _check(self):\n        guard(1)\n\n\ns = Service()\ns.pay()\n"),
        ("a view that a framework calls", "wired", "core.guard", "from django.urls import path\nfrom django.views import View\nfrom app.core import guard\n\n\nclass Pay(View):\n    def get(self, request):\n        guard(1)\n\n\nurlpatterns = [path('', Pay.as_view())]\n"),
        ("a view without a path", "declared", "core.guard", "from django.urls import path\nfrom django.views import View\nfrom app.core import guard\n\n\nclass Pay(View):\n    def get(self, request):\n        guard(1)\n\n\nurlpatterns = []\n"),
        ("a method that a base may call", "unknown", "core.guard", "from lib import Base\nfrom app.core import guard\n\n\nclass Pay(Base):\n    def odd_name(self):\n        guard(1)\n\n\nPay()\n"),
        ("a thread", "wired", "core.guard", "from threading import Thread\nfrom app.core import guard\n\n\nclass Pay(Thread):\n    def run(self):\n        guard(1)\n\n\nPay().start()\n"),
        ("the body of a class", "wired", "core.guard", "from app.core import guard\n\n\nclass Service:\n    limit = guard(1)\n"),
        ("kept in the body of a class that nobody makes", "declared", "core.guard", "from app.core import guard\n\n\nclass Service:\n    check = guard\n"),
    ])
    .await;
    let ts = "---- web/core.ts\nexport function guard(x: number) { return x }\n---- web/main.ts\nimport { guard } from './core'\n";
    let go = "---- go.mod\nmodule example.org/x\n---- cmd/main.go\npackage main\n\nimport \"net/http\"\n\nfunc guard(x int) int { return x }\n\ntype H struct{}\n\nfunc (h *H) ServeHTTP(w http.ResponseWriter, r *http.Request) { guard(1) }\n\n";
    let rust = "---- src/main.rs\nfn guard(x: u32) -> u32 { x }\nstruct H;\nimpl Drop for H {\n    fn drop(&mut self) { guard(1); }\n}\n";
    let cases = [
        (ts, "made", "wired", "class S { constructor() { guard(1) } }\nnew S()\n"),
        (ts, "not made", "declared", "class S { constructor() { guard(1) } }\n"),
        (ts, "exported and not made", "declared", "export class S { constructor() { guard(1) } }\n"),
        (ts, "a member", "declared", "class S { limit = guard(1) }\n"),
        (
            ts,
            "a service that is handed in",
            "wired",
            "@Injectable()\nexport class S { pay() { return guard(1) } }\n@Controller('pay')\nexport class C {\n  constructor(private readonly s: S) {}\n  @Post()\n  pay() { return this.s.pay() }\n}\n@Module({ controllers: [C], providers: [S] })\nexport class M {}\nNestFactory.create(M)\n",
        ),
        (go, "a handler that is handed on", "wired", "func main() { http.Handle(\"/\", &H{}) }\n"),
        (go, "a handler that nobody makes", "declared", "func main() {}\n"),
        (go, "a handler that is stated", "unknown", "func main() {\n\tvar h H\n\thttp.Handle(\"/\", &h)\n}\n"),
        (rust, "made", "wired", "fn main() { let _h = H; }\n"),
        (rust, "not made", "declared", "fn main() {}\n"),
    ];
    let files: Vec<String> = cases.iter().map(|one| format!("{}{}", one.0, one.3)).collect();
    let all: Vec<_> = cases.iter().zip(&files).map(|(one, files)| (one.1, one.2, "guard", files.as_str())).collect();
    check(&all).await;
}

#[tokio::test]
async fn ordinary_services_are_wired_through_types_interfaces_and_factories() {
    let python = "---- app/core.py\nimport functools\n\n\ndef guard(f):\n    @functools.wraps(f)\n    def inner(*args):\n        return f(*args)\n    return inner\n\n\nclass Breaker:\n    def call(self, f):\n        return f()\n\n\n_all: dict[str, Breaker] = {}\n\n\ndef get_breaker(name) -> Breaker:\n    if name not in _all:\n        _all[name] = Breaker()\n    return _all[name]\n---- app/service.py\nfrom app.core import get_breaker, guard\n\n\nclass Payments:\n    def __init__(self, client=None):\n        self.client = client or object()\n        self.breaker = get_breaker('pay')\n\n    def charge(self):\n        return self.breaker.call(self._post)\n\n    @guard\n    def _post(self):\n        return 1\n---- app/deps.py\nfrom typing import Annotated\nfrom fastapi import Depends\nfrom app.service import Payments\n\n\ndef payments() -> Payments:\n    return Payments()\n\n\nPay = Annotated[Payments, Depends(payments)]\n---- app/api.py\nfrom fastapi import APIRouter\nfrom app.deps import Pay\n\nrouter = APIRouter()\n\n\n@router.post('/')\ndef charge(pay: Pay):\n    return pay.charge()\n---- app/main.py\nfrom fastapi import FastAPI\nfrom app import api\n\n\ndef create_app():\n    app = FastAPI()\n    app.include_router(api.router)\n    return app\n\n\napp = create_app()\n";
    let alone = python.replace("def charge(pay: Pay)", "def charge(pay: int)");
    let shut = python.replace("\n\napp = create_app()\n", "\n");
    let go = "---- go.mod\nmodule example.org/x\n---- internal/breaker/breaker.go\npackage breaker\n\ntype Breaker struct{}\n\nfunc New() *Breaker { return &Breaker{} }\n\nfunc (b *Breaker) Guard(f func() error) error { return f() }\n---- internal/pay/pay.go\npackage pay\n\nimport \"example.org/x/internal/breaker\"\n\ntype Service struct{ cb *breaker.Breaker }\n\nfunc New() *Service { return &Service{cb: breaker.New()} }\n\nfunc (s *Service) Pay() error { return s.cb.Guard(func() error { return nil }) }\n---- internal/api/api.go\npackage api\n\ntype Payer interface{ Pay() error }\n\ntype Server struct{ pay Payer }\n\nfunc New(p Payer) *Server { return &Server{pay: p} }\n\nfunc (s *Server) Run() error { return s.pay.Pay() }\n---- cmd/main.go\npackage main\n\nimport (\n\t\"example.org/x/internal/api\"\n\t\"example.org/x/internal/pay\"\n)\n\nfunc main() { api.New(pay.New()).Run() }\n";
    let idle = go.replace("return s.pay.Pay()", "return nil");
    let ts = "---- web/core.ts\nexport class Breaker { async fire(a: number) { return a } }\n---- web/main.ts\nimport { Breaker } from './core'\nclass S {\n  private breaker: Breaker;\n  constructor() { this.breaker = new Breaker() }\n  async charge() { await this.breaker.fire(1) }\n}\nnew S().charge()\n";
    let swapped = ts.replace("new Breaker()", "{ fire: (a: number) => a } as any");
    let wraps = "---- web/core.ts\nexport function guard(x: number) { return x }\nexport const wrap = (f: any) => (x: number) => f(x)\n---- web/main.ts\nimport { guard, wrap } from './core'\nexport const pay = wrap((x: number) => guard(x))\n";
    let taken = format!("{wraps}pay(1)\n");
    check(&[
        ("a decorator that wraps", "wired", "core.guard", python),
        ("a name of a type", "wired", "Breaker.call", python),
        ("another type", "declared", "Breaker.call", &alone),
        ("a factory that nobody calls", "unknown", "Breaker.call", &shut),
    ])
    .await;
    let cases = [("wired", go, "Breaker.Guard"), ("wired", go, "Service.Pay"), ("unknown", &idle, "Breaker.Guard")];
    for (expected, files, symbol) in cases {
        let place = Place::new();
        for file in files.split("---- ").skip(1) {
            let (path, text) = file.split_once('\n').expect("has a path");
            place.write(path.trim(), text);
        }
        let seen = place.look("code.symbol", &format!("{{from: [internal, cmd], symbol: '{symbol}'}}")).await;
        assert_eq!(word(&seen), expected, "{symbol}: {seen:#?}");
    }
    check(&[
        ("a member", "wired", "Breaker.fire", ts),
        ("a member that is something else", "unknown", "Breaker.fire", &swapped),
        ("a wrapper whose answer nobody takes", "declared", "guard", wraps),
        ("a wrapper whose answer is called", "wired", "guard", &taken),
    ])
    .await;
}
