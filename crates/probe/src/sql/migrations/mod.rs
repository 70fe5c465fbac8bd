//! `sql.migrations`: the migrations in the repository against those that a database says were applied.
//!
//! Both sides are read and neither is believed alone: a file that was never applied, a record without a file, a record that
//! says it failed, and a file that is no longer the one that was applied are four different things. Files are read and
//! never run. A file that cannot be understood blinds the whole look, since any answer without it could be wrong.

mod alembic;
mod compare;
mod django;
mod flyway;
mod ledger;
mod liquibase;
mod plain;
mod python;

use std::sync::Arc;
use std::time::Duration;

use evidence::Grade;
use system::{ComponentId, System};
use text::{Fields, Source};

use self::compare::Compared;
use super::Database;
use crate::files::{self, Grounds};
use crate::hole::Secrets;
use crate::kind::{Kind, Look, Looking};
use crate::read::span_of;
use crate::sight::Sight;
use crate::sql::session::{list, put_seconds};
use crate::{Error, MAX_FILE_BYTES, World};

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[Kind { name: "sql.migrations", read: Migrations::read }];

/// Tools whose files and ledgers are understood.
pub const MIGRATION_TOOLS: [&str; 8] =
    ["alembic", "django", "sqlx", "flyway", "liquibase", "diesel", "rails", "prisma"];

/// How long reading the files may take.
const FILES_WITHIN: Duration = Duration::from_secs(20);

/// A tool, in the order of [`MIGRATION_TOOLS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Alembic,
    Django,
    Sqlx,
    Flyway,
    Liquibase,
    Diesel,
    Rails,
    Prisma,
}

/// Directories that others fill, with migrations of their own.
const OTHERS: [&str; 5] = ["node_modules", "site-packages", "__pycache__", "venv", "vendor"];

impl Tool {
    /// How the names of its files end.
    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Alembic | Self::Django => &["py"],
            Self::Sqlx | Self::Flyway | Self::Diesel | Self::Prisma => &["sql"],
            Self::Liquibase => &["sql", "xml", "yaml", "yml", "json"],
            Self::Rails => &["rb"],
        }
    }
}

const TOOLS: [Tool; 8] =
    [Tool::Alembic, Tool::Django, Tool::Sqlx, Tool::Flyway, Tool::Liquibase, Tool::Diesel, Tool::Rails, Tool::Prisma];

/// What is asked for.
#[derive(Debug)]
struct Migrations {
    database: Database,
    tool: Tool,
    paths: Vec<String>,
    schema: String,
    table: String,
}

/// One file below a directory of migrations.
#[derive(Clone, Debug)]
struct Written {
    /// From that directory.
    path: String,
    /// From the repository.
    shown: String,
    bytes: Vec<u8>,
}

impl Written {
    fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes).map_err(|_| Error::Unfit(format!("{} is not UTF-8", self.shown)))
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

// ===== reading =====

impl Migrations {
    fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Arc<dyn Look>> {
        let tool = fields.need("tool").and_then(|_| fields.one_of("tool", &MIGRATION_TOOLS)).map(|index| TOOLS[index]);
        fields.need("path")?;
        let mut paths = Vec::new();
        for (path, span) in fields.texts("path") {
            let path = path.trim_end_matches('/');
            if path.is_empty() || path.starts_with('/') || path.split('/').any(|part| part == "..") {
                fields.problem("wrong-value", span, format!("`{path}` must be a directory below the repository"));
            }
            if tool == Some(Tool::Django) && (path == "migrations" || path.ends_with("/migrations")) {
                // Its label may stand in `apps.py` beside it.
                fields.problem("wrong-value", span, "`path` must be the directory of the app, or one above it");
            }
            paths.push(path.to_owned());
        }
        let schema = fields.text("schema").map(str::to_owned);
        let schema_span = span_of(fields, "schema");
        let table = fields.text("table").map(str::to_owned);
        let database = Database::read(fields, system, source)?;
        if schema.is_some() && matches!(database.engine, super::Engine::Sqlite) {
            fields.problem("wrong-value", schema_span, "an SQLite file has no `schema`");
        }
        let tool = tool?;
        let table = table.unwrap_or_else(|| ledger::table_of(tool).to_owned());
        let schema = schema.unwrap_or_else(|| "public".to_owned());
        Some(Arc::new(Self { database, tool, paths, schema, table }))
    }
}

// ===== looking =====

impl Look for Migrations {
    fn subject(&self) -> String {
        self.database.component.to_string()
    }

    fn component(&self) -> Option<&ComponentId> {
        Some(&self.database.component)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(look(self, world))
    }
}

async fn look(probe: &Migrations, world: &World) -> Sight {
    let mut secrets = Secrets::default();
    let source = format!("{} against {}: {}", probe.paths.join(", "), probe.database.component, probe.table);
    let mut sight = match compared(probe, world, &mut secrets).await {
        Ok(compared) => tell(&source, compared),
        Err(error) => Sight::blind(source, &error),
    };
    sight.redactor = secrets.redactor();
    sight
}

async fn compared(probe: &Migrations, world: &World, secrets: &mut Secrets) -> Result<Compared, Error> {
    let (paths, tool, grounds) = (probe.paths.clone(), probe.tool, Grounds::of(world));
    let reading = tokio::task::spawn_blocking(move || written(&paths, tool, &grounds));
    let written = tokio::time::timeout(FILES_WITHIN, reading).await.map_err(|_| Error::TimedOut(FILES_WITHIN))?;
    let written = written.map_err(|_| Error::CutShort)??;
    let rows = ledger::read(&probe.database, &ledger::question(probe), world, secrets).await?;
    match probe.tool {
        Tool::Alembic => alembic::compare(&written, &rows),
        Tool::Django => django::compare(&written, &rows),
        Tool::Flyway => flyway::compare(&written, &rows),
        Tool::Liquibase => {
            let locks = ledger::read(&probe.database, &ledger::locks(probe), world, secrets).await?;
            liquibase::compare(&written, &rows, &locks)
        }
        Tool::Sqlx => plain::sqlx(&written, &rows),
        Tool::Diesel => plain::diesel(&written, &rows),
        Tool::Rails => plain::rails(&written, &rows),
        Tool::Prisma => plain::prisma(&written, &rows),
    }
}

/// The tool's files below some directories, whatever git thinks of them.
fn written(paths: &[String], tool: Tool, grounds: &Grounds) -> Result<Vec<Written>, Error> {
    let mut all = Vec::new();
    for path in paths {
        if !files::is_directory(path, grounds) {
            return Err(Error::Path { path: path.clone(), why: "is no directory here" });
        }
        let ground = glob::Pattern::escape(path.trim_start_matches("./"));
        let pattern = |ending: &&str| match ground.as_str() {
            "." => format!("**/*.{ending}"),
            _ => format!("{ground}/**/*.{ending}"),
        };
        let patterns: Vec<String> = tool.endings().iter().map(pattern).collect();
        for found in files::find(&patterns, grounds, &OTHERS)? {
            let bytes = outside::files::read_bytes(&found.full, MAX_FILE_BYTES)?;
            let below = found.path.strip_prefix(path.trim_start_matches("./")).unwrap_or(&found.path);
            all.push(Written { path: below.trim_start_matches('/').to_owned(), shown: found.path.clone(), bytes });
        }
    }
    Ok(all)
}

fn tell(source: &str, compared: Compared) -> Sight {
    let mut sight = Sight::new(source);
    let up_to_date = compared.is_up_to_date();
    sight.grade = Some(Grade::Live);
    sight.subjects = compared.files as u64;
    sight.integer("files", compared.files);
    sight.integer("applied", compared.applied);
    sight.boolean("up_to_date", up_to_date);
    sight.put("pending", list(compared.pending));
    sight.put("unknown_applied", list(compared.unknown_applied));
    sight.put("failed", list(compared.failed));
    if let Some(changed) = compared.changed {
        sight.put("changed", list(changed));
    }
    if let Some(heads) = compared.heads {
        sight.integer("heads", heads);
        sight.put("head_names", list(compared.head_names));
    }
    sight.trouble = compared.doubt;
    if let Some(locked) = compared.locked {
        sight.boolean("locked", locked);
        put_seconds(&mut sight, "locked_for", compared.locked_for);
    }
    sight
}
