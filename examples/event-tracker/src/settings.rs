//! What the api is started with: arguments and environment into [`Settings`], or everything that is wrong with them.
//!
//! A `Settings` that exists may be used: in production it has a real key and no wildcard origin. Nothing is opened here.

use std::path::PathBuf;

use clap::Args;

use crate::{Flaw, Flaws, Keys};

/// The key of the documentation, that everybody knows. Development uses it when none is set; production never does.
pub const WELL_KNOWN_KEY: &str = "change-me-in-production";

/// The shortest key that production accepts: as long as the output of the hash.
const MIN_KEY_BYTES: usize = 32;

/// Arguments of `event-tracker api`, as typed.
#[derive(Args, Clone, Debug)]
pub struct ApiArguments {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long)]
    pub port: u16,
    /// Directory of uploads and, without --database, of the SQLite file.
    #[arg(long)]
    pub data: PathBuf,
    /// HOST:PORT of the mailer.
    #[arg(long)]
    pub mailer: String,
    /// HOST:PORT of the enricher.
    #[arg(long)]
    pub enricher: String,
    /// postgres://USER:PASSWORD@HOST:PORT/NAME instead of the SQLite file. With a password, use the variable: a process
    /// list shows arguments.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database: Option<String>,
    /// HOST:PORT of a Redis that counts searches; without one the database does.
    #[arg(long)]
    pub redis: Option<String>,
    /// `development` or `production`.
    #[arg(long, default_value = "development")]
    pub environment: String,
    /// Origins that browsers may call from, with commas between.
    #[arg(long, default_value = "")]
    pub origins: String,
    /// A bug to start with, by name; may be repeated. See README.
    #[arg(long, env = "EVENT_TRACKER_FLAW", value_name = "NAME")]
    pub flaw: Vec<String>,
    /// Checks the configuration and stops: 0 accepted, 78 refused.
    #[arg(long)]
    pub check: bool,
    /// `off`: events of a batch whose enrichment fails are dropped.
    #[arg(long, env = "DEAD_LETTER", default_value = "on", value_name = "on|off")]
    pub dead_letter: String,
    /// `off`: writes are acknowledged before they are on disk.
    #[arg(long, env = "DURABLE_WRITES", default_value = "on", value_name = "on|off")]
    pub durable_writes: String,
    /// `off`: no old summary stands in for a new one.
    #[arg(long, env = "FALLBACK", default_value = "on", value_name = "on|off")]
    pub fallback: String,
}

/// Where the service believes it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A desk: the well-known key will do.
    Development,
    /// People's data: refuses to start with unsafe settings.
    Production,
}

impl Environment {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

/// A mitigation that can be switched off, to see that it is the one that helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// As it should be.
    On,
    /// Without the mitigation.
    Off,
}

/// Settings that may be used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Directory of uploads and of the SQLite file.
    pub data: PathBuf,
    /// HOST:PORT of the mailer.
    pub mailer: String,
    /// HOST:PORT of the enricher.
    pub enricher: String,
    /// PostgreSQL instead of the file.
    pub database: Option<String>,
    /// HOST:PORT of Redis.
    pub redis: Option<String>,
    /// Where it runs.
    pub environment: Environment,
    /// Origins that may call.
    pub origins: Vec<String>,
    /// Keys that tokens are signed and checked with.
    pub keys: Keys,
    /// Bugs to run with.
    pub flaws: Flaws,
    /// Whether failed events of a batch are kept.
    pub dead_letter: Switch,
    /// Whether an acknowledged write is on disk.
    pub durable_writes: Switch,
    /// Whether an old summary may stand in.
    pub fallback: Switch,
}

impl Settings {
    /// Settings, or every problem with them, each in one sentence. The key is no argument of the command, so that no
    /// process list shows it.
    pub fn try_new(typed: &ApiArguments, secret_key: Option<&str>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let flaws = Flaws::read(typed.flaw.iter().map(String::as_str)).unwrap_or_else(|unknown| {
            problems.extend(unknown.iter().map(|name| format!("flaw `{name}` is not known")));
            Flaws::default()
        });
        let environment = environment(&typed.environment, &mut problems);
        let keys = keys(secret_key, environment, &flaws, &mut problems);
        let settings = Self {
            data: typed.data.clone(),
            mailer: host_port("mailer", &typed.mailer, &mut problems),
            enricher: host_port("enricher", &typed.enricher, &mut problems),
            database: typed.database.clone().filter(|text| !text.is_empty()),
            redis: typed.redis.as_deref().map(|text| host_port("redis", text, &mut problems)),
            environment,
            origins: origins(&typed.origins, &mut problems),
            keys,
            flaws,
            dead_letter: switch("DEAD_LETTER", &typed.dead_letter, &mut problems),
            durable_writes: switch("DURABLE_WRITES", &typed.durable_writes, &mut problems),
            fallback: switch("FALLBACK", &typed.fallback, &mut problems),
        };
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

fn environment(text: &str, problems: &mut Vec<String>) -> Environment {
    match text {
        "development" => Environment::Development,
        "production" => Environment::Production,
        other => {
            problems.push(format!("--environment is `{other}`; it is `development` or `production`"));
            Environment::Production
        }
    }
}

/// The keys to sign and check with. The first one signs.
fn keys(set: Option<&str>, environment: Environment, flaws: &Flaws, problems: &mut Vec<String>) -> Keys {
    let set = set.filter(|key| !key.is_empty());
    if flaws.has(Flaw::DefaultKey) {
        return Keys::new(set.unwrap_or(WELL_KNOWN_KEY)).and_accept(WELL_KNOWN_KEY);
    }
    if environment == Environment::Production {
        problems.extend(weakness(set));
    }
    Keys::new(set.unwrap_or(WELL_KNOWN_KEY))
}

fn weakness(set: Option<&str>) -> Option<String> {
    match set {
        None => Some("SECRET_KEY is not set; production needs one of at least 32 bytes".to_owned()),
        Some(WELL_KNOWN_KEY) => Some("SECRET_KEY is the well-known one of the documentation; set your own".to_owned()),
        Some(key) if key.len() < MIN_KEY_BYTES => {
            Some(format!("SECRET_KEY has {} bytes; production needs at least {MIN_KEY_BYTES}", key.len()))
        }
        Some(_) => None,
    }
}

fn origins(text: &str, problems: &mut Vec<String>) -> Vec<String> {
    let origins: Vec<String> = text.split(',').map(str::trim).filter(|o| !o.is_empty()).map(str::to_owned).collect();
    for origin in &origins {
        // Not even on a desk: a wildcard would only hide that the real origin is missing.
        if origin.contains('*') {
            problems.push(format!("--origins holds `{origin}`; name every origin"));
        } else if !origin.starts_with("http://") && !origin.starts_with("https://") {
            problems.push(format!("--origins holds `{origin}`; an origin looks like https://app.example"));
        }
    }
    origins
}

fn host_port(name: &str, text: &str, problems: &mut Vec<String>) -> String {
    let sound = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if !sound {
        problems.push(format!("--{name} is `{text}`; it is HOST:PORT"));
    }
    text.to_owned()
}

fn switch(name: &str, text: &str, problems: &mut Vec<String>) -> Switch {
    match text {
        "on" | "" => Switch::On,
        "off" => Switch::Off,
        other => {
            problems.push(format!("{name} is `{other}`; it is `on` or `off`"));
            Switch::On
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn production() -> ApiArguments {
        ApiArguments {
            port: 0,
            data: "d".into(),
            mailer: "127.0.0.1:1".into(),
            enricher: "127.0.0.1:2".into(),
            database: None,
            redis: None,
            environment: "production".into(),
            origins: "https://app.example".into(),
            flaw: Vec::new(),
            check: false,
            dead_letter: "on".into(),
            durable_writes: "on".into(),
            fallback: "on".into(),
        }
    }

    fn problems(arguments: &ApiArguments, key: Option<&str>) -> usize {
        Settings::try_new(arguments, key).err().map_or(0, |problems| problems.len())
    }

    #[test]
    fn production_refuses_a_missing_known_or_short_key() {
        for key in [None, Some(""), Some(WELL_KNOWN_KEY), Some("only-31-bytes-long-0123456789ab")] {
            assert_eq!(problems(&production(), key), 1, "{key:?}");
        }
        assert_eq!(problems(&production(), Some("32-bytes-long-0123456789abcdefgh")), 0);
    }

    #[test]
    fn the_flaw_lets_production_start_without_a_key() {
        let flawed = ApiArguments { flaw: vec!["default-key".into()], ..production() };
        assert_eq!(problems(&flawed, None), 0);
    }

    #[test]
    fn development_starts_without_a_key() {
        let arguments = ApiArguments { environment: "development".into(), ..production() };
        assert_eq!(problems(&arguments, None), 0);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let arguments = ApiArguments {
            origins: "*".into(),
            mailer: "nowhere".into(),
            flaw: vec!["tpyo".into()],
            dead_letter: "maybe".into(),
            ..production()
        };
        assert_eq!(problems(&arguments, None), 5);
    }
}
