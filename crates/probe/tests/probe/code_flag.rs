//! `code.flag`: switches that code asks for, and the same ones when nobody asks any more.

use evidence::{Grade, Observation};

use crate::world::{Place, broken, held, not_seen};

const SETTINGS: &str = "import os\nfrom pydantic import Field\nfrom pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    enable_caching: bool = False\n    kill_payments: bool = Field(default=False, alias='KILL_PAYMENTS')\n    enable_search: bool = True\n\n\nsettings = Settings()\nENABLE_BETA = os.getenv('ENABLE_BETA', 'false').lower() == 'true'\n";

const CODE: &str = "from app.settings import ENABLE_BETA, settings\n\n\ndef pay():\n    if settings.kill_payments:\n        raise RuntimeError('off')\n    if settings.enable_caching and settings.enable_search:\n        return 1\n    return ENABLE_BETA\n\n\npay()\n";

fn python() -> Place {
    let place = Place::new();
    place.write("app/settings.py", SETTINGS);
    place.write("app/pay.py", CODE);
    place.write(
        "tests/test_flags.py",
        "from app.settings import settings\n\n\ndef test_it():\n    assert not settings.kill_payments\n",
    );
    place.write("README.md", "Set `KILL_PAYMENTS`, `ENABLE_CACHING`, ENABLE_SEARCH or ENABLE_BETA.\n");
    place
}

async fn all(place: &Place) -> Observation {
    place
        .look("code.flag", "{from: [app, tests], flags: [enable_caching, kill_payments, enable_search, ENABLE_BETA]}")
        .await
}

#[tokio::test]
async fn flags_that_are_read_documented_and_off_are_told() {
    let seen = all(&python()).await;
    held(
        &seen,
        "obs.defined == 4 && obs.read == 4 && size(obs.unread) == 0 && obs.documented == 4 && size(obs.missing) == 0",
    );
    held(
        &seen,
        "size(obs.on_by_default) == 1 && 'enable_search' in obs.on_by_default && 'ENABLE_BETA=false' in obs.defaults",
    );
    assert_eq!(seen.grade, Some(Grade::Wired));
    let file = python().look("code.flag", "{from: app, defined_in: app/settings.py, pattern: '{enable,kill}_*'}").await;
    held(&file, "obs.defined == 3 && obs.read == 3");
    let one = python().look("code.flag", "{from: app, flags: kill_payments}").await;
    held(&one, "obs.default == 'False' && obs.read == 1");
}

#[tokio::test]
async fn a_kill_switch_that_nobody_asks_for_is_told_however_it_is_left() {
    let ways = [
        CODE.replace("    if settings.kill_payments:\n        raise RuntimeError('off')\n", ""),
        CODE.replace("    if settings.kill_payments:\n", "    # if settings.kill_payments:\n    if False:\n"),
        CODE.replace(
            "    if settings.kill_payments:\n        raise",
            "    if False:\n        settings.kill_payments\n        raise",
        ),
        CODE.replace("settings.kill_payments", "settings.kill_payment"),
        CODE.replace("    if settings.kill_payments:\n", "    kill_payments = False\n    if kill_payments:\n"),
    ];
    for code in ways {
        let place = python();
        place.write("app/pay.py", &code);
        let seen = all(&place).await;
        broken(&seen, "obs.read == obs.defined");
        broken(&seen, "size(obs.unread) == 0");
        held(&seen, "'kill_payments' in obs.unread");
        assert_eq!(seen.grade, Some(Grade::Declared));
    }
    let place = python();
    place.write("app/settings.py", &SETTINGS.replace("Field(default=False,", "Field(default=True,"));
    broken(&all(&place).await, "size(obs.on_by_default) == 1");
    place.write("README.md", "ENABLE_CACHING ENABLE_SEARCH ENABLE_BETA KILL_PAYMENTS_NOW\n");
    held(&all(&place).await, "obs.documented == 3 && 'kill_payments' in obs.undocumented");
}

#[tokio::test]
async fn names_made_at_run_time_hide_who_reads() {
    let place = python();
    place.write("app/pay.py", "from app.settings import settings\n\n\ndef pay(names):\n    return [getattr(settings, f'enable_{x}') for x in names]\n\n\npay([])\n");
    let seen = all(&place).await;
    not_seen(&seen, "size(obs.unread) == 0");
    not_seen(&seen, "obs.read == 4");
    place.write("app/pay.py", "KNOWN = ['kill_payments']\n");
    not_seen(&place.look("code.flag", "{from: app, flags: kill_payments}").await, "obs.read == 1");
    let none = place.look("code.flag", "{from: app, flags: enable_nothing}").await;
    broken(&none, "obs.defined == 1");
    assert_eq!(none.grade, Some(Grade::Absent));
    for with in ["{from: app}", "{flags: a}", "{from: app, flags: a, pattern: '../x'}"] {
        assert!(place.read("code.flag", with).is_err(), "{with}");
    }
}

#[tokio::test]
async fn flags_of_scripts_files_go_and_rust_are_read_by_name_or_member() {
    let place = Place::new();
    place.write("web/flags.ts", "export const FLAGS = {\n  newCheckout: false,\n  killSearch: process.env.KILL_SEARCH === 'true',\n  'dark-mode': true,\n}\n");
    place.write("web/app.tsx", "import { FLAGS } from './flags'\nexport const App = () => (FLAGS.newCheckout && isEnabled('dark-mode') ? <p/> : null)\nrender(<App />)\n");
    let seen = place.look("code.flag", "{from: web, defined_in: web/flags.ts}").await;
    held(&seen, "obs.defined == 3 && obs.read == 2 && 'killSearch' in obs.unread && 'dark-mode' in obs.on_by_default");
    place.write("flags.json", "{\"flags\": {\"beta-search\": {\"default\": true}, \"kill-mail\": false}}");
    place.write("web/mail.ts", "if (client.isEnabled('kill-mail')) { stop() }\n");
    let file = place.look("code.flag", "{from: web, defined_in: flags.json}").await;
    held(
        &file,
        "obs.defined == 2 && obs.read == 1 && 'beta-search' in obs.unread && 'beta-search' in obs.on_by_default",
    );
    place.write("svc/config.go", "package svc\n\ntype Config struct {\n\tKillMail bool `env:\"KILL_MAIL\" envDefault:\"false\"`\n\tBeta bool `env:\"BETA\" envDefault:\"true\"`\n}\n");
    place.write(
        "svc/mail.go",
        "package svc\n\nfunc send(cfg Config) bool { return !cfg.KillMail }\n\nfunc init() { send(Config{}) }\n",
    );
    let go = place.look("code.flag", "{from: svc, flags: [KillMail, Beta]}").await;
    held(&go, "obs.defined == 2 && obs.read == 1 && 'Beta' in obs.unread && 'Beta' in obs.on_by_default");
    place.write("rs/src/config.rs", "pub struct Config {\n    pub kill_mail: bool,\n    pub beta: bool,\n}\n");
    place.write("rs/src/mail.rs", "pub fn send(config: &crate::config::Config) -> bool { !config.kill_mail }\n");
    place.write(
        "rs/src/main.rs",
        "mod config;\nmod mail;\nfn main() { mail::send(&config::Config { kill_mail: true, beta: false }); }\n",
    );
    held(
        &place.look("code.flag", "{from: rs, flags: [kill_mail, beta]}").await,
        "obs.read == 1 && 'beta' in obs.unread",
    );
}

/// What becomes of `kill_payments` when the code is this: `read`, `unread`, or `unclear`.
async fn fate(code: &str) -> &'static str {
    let place = python();
    place.write("app/pay.py", code);
    let seen = place.look("code.flag", "{from: [app, tests], flags: kill_payments}").await;
    let has = |name: &str| matches!(seen.values.get(name), Some(evidence::Value::List(all)) if !all.is_empty());
    match (has("unread"), has("unclear")) {
        (true, _) => "unread",
        (_, true) => "unclear",
        (false, false) => "read",
    }
}

#[tokio::test]
async fn only_the_settings_themselves_are_read_and_only_by_code_that_runs() {
    let cases = [
        ("read", "from app.settings import settings\n\n\ndef pay():\n    return settings.kill_payments\n\n\npay()\n"),
        ("read", "from app.settings import settings as s\n\nif s.kill_payments:\n    raise RuntimeError\n"),
        (
            "read",
            "from app.settings import Settings\n\n\ndef pay(x: Settings):\n    return x.kill_payments\n\n\npay(Settings())\n",
        ),
        (
            "read",
            "from functools import lru_cache\nfrom app.settings import Settings\n\n\n@lru_cache\ndef get_it():\n    return Settings()\n\n\ndef pay():\n    return get_it().kill_payments\n\n\npay()\n",
        ),
        ("read", "def pay(settings):\n    return settings.kill_payments\n\n\npay(1)\n"),
        ("read", "def pay(request):\n    return request.app.state.settings.kill_payments\n\n\npay(1)\n"),
        ("read", "import os\n\nif os.getenv('KILL_PAYMENTS'):\n    raise RuntimeError\n"),
        (
            "unread",
            "class Cart:\n    kill_payments = False\n\n\ncart = Cart()\nif cart.kill_payments:\n    raise RuntimeError\n",
        ),
        (
            "unread",
            "class Cart:\n    def __init__(self):\n        self.kill_payments = 1\n\n    def pay(self):\n        return self.kill_payments\n\n\nCart().pay()\n",
        ),
        ("unread", "from app.settings import settings\n\n\ndef pay():\n    return settings.kill_payments\n"),
        (
            "unread",
            "from app.settings import settings\n\n\ndef pay():\n    return 1\n    if settings.kill_payments:\n        return 2\n\n\npay()\n",
        ),
        (
            "unread",
            "from app.settings import settings\n\n\ndef pay():\n    off = settings.kill_payments\n    return 1\n\n\npay()\n",
        ),
        ("unread", "from app.settings import settings\n\nsettings.kill_payments\n"),
        (
            "unread",
            "from app.settings import settings\nfrom app.cart import Cart\n\nsettings = Cart()\n\n\nclass Cart:\n    pass\n\n\nsettings.kill_payments = True\n",
        ),
        ("unread", "import os\n\nif False:\n    os.getenv('KILL_PAYMENTS')\n"),
        ("unclear", "def pay(order):\n    return order.kill_payments\n\n\npay(1)\n"),
    ];
    for (expected, code) in cases {
        assert_eq!(fate(code).await, expected, "{code}");
    }
}

#[tokio::test]
async fn a_flag_that_the_settings_turn_into_something_else_is_read_when_that_is_asked_for() {
    let settings = SETTINGS.replace(
        "    enable_search: bool = True\n",
        "    enable_search: bool = True\n\n    @property\n    def payments_on(self):\n        return not self.kill_payments\n\n    @field_validator('kill_payments')\n    def check(cls, value):\n        return value\n",
    );
    let uses = "from app.settings import settings\n\nif settings.payments_on:\n    print(1)\n";
    for (expected, code) in [("read", uses), ("unread", "from app.settings import settings\n")] {
        let place = python();
        place.write("app/settings.py", &settings);
        place.write("app/pay.py", code);
        let seen = place.look("code.flag", "{from: [app, tests], flags: kill_payments}").await;
        match expected {
            "read" => held(&seen, "obs.read == 1"),
            _ => broken(&seen, "obs.read == 1"),
        }
    }
}
