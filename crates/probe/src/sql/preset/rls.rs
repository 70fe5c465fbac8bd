//! `sql.rls`: whether row level security keeps tenants apart, or only looks like it.
//!
//! Security that is switched on and holds a policy still lets everything through when the policy is `USING (true)`, when the
//! application owns the table and security is not forced, when its role bypasses all policies, or when a view reads the table
//! with the rights of its owner. The catalogs say all of it and any role may read them. What this does not see: functions
//! with the rights of their definer, and a policy whose condition is not constant and still wrong.

use text::Fields;

use super::policy;
use crate::Error;
use crate::sight::Sight;
use crate::sql::session::{Preset, Row, Session, column, list, read_schemas};

/// Own tables: those of extensions are not the application's. A partition counts when somebody may read it directly.
const TABLES: &str = "SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity AS secured,
        c.relforcerowsecurity AS forced, EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS has_policy,
        CASE WHEN $2 = '' THEN EXISTS (SELECT FROM pg_roles l
                WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, c.relowner, 'USAGE'))
            ELSE pg_has_role((SELECT oid FROM pg_roles WHERE rolname = $2), c.relowner, 'USAGE') END AS owned,
        (SELECT string_agg(DISTINCT a.privilege_type || ' to ' || coalesce(g.rolname, 'PUBLIC'), ', ')
            FROM aclexplode(c.relacl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
            WHERE (a.grantee = 0 OR g.rolname = 'anon')
                AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')) AS open_to
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[]) AND NOT (n.nspname || '.' || c.relname) = ANY($3::text[])
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
            AND d.deptype = 'e')
        AND (NOT c.relispartition OR EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner))";

/// Whoever may log in and passes every policy, and whether the application is or can become one of them.
const ROLES: &str = "SELECT rolname AS name, rolname = $1 OR ($1 <> '' AND pg_has_role(
            (SELECT oid FROM pg_roles WHERE rolname = $1), oid, 'MEMBER')) AS is_app, rolcanlogin AS can_login
    FROM pg_roles WHERE (rolsuper OR rolbypassrls)";

const POLICIES: &str =
    "SELECT n.nspname || '.' || c.relname AS table, p.polname AS name, p.polpermissive AS permissive,
        p.polcmd::text AS command, pg_get_expr(p.polqual, p.polrelid) AS using,
        pg_get_expr(p.polwithcheck, p.polrelid) AS check, c.relrowsecurity AS secured,
        (SELECT string_agg(coalesce(r.rolname, 'PUBLIC'), ', ' ORDER BY r.rolname)
            FROM unnest(p.polroles) u(role) LEFT JOIN pg_roles r ON r.oid = u.role) AS roles,
        (SELECT bool_or(CASE WHEN u.role = 0 OR r.rolname IN ('anon', 'authenticated') THEN true
                WHEN $2 = '' THEN r.rolcanlogin OR EXISTS (SELECT FROM pg_roles l
                    WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, u.role, 'USAGE'))
                ELSE pg_has_role((SELECT oid FROM pg_roles WHERE rolname = $2), u.role, 'USAGE') END)
            FROM unnest(p.polroles) u(role) LEFT JOIN pg_roles r ON r.oid = u.role) AS for_app
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY($1::text[]) AND NOT (n.nspname || '.' || c.relname) = ANY($3::text[])";

/// Views that somebody besides their owner may read, and which reach a secured table with rights that its policies do not
/// bind. A view reads with the rights of its owner, one with `security_invoker` with those of whoever reads it, be it another
/// view; a materialized one holds a copy that no policy guards.
const VIEWS: &str = "WITH RECURSIVE views AS (
        SELECT c.oid, c.relkind AS kind, c.relnamespace, c.relname, c.relacl, c.relowner,
            CASE WHEN lower(coalesce(c.reloptions::text, '')) ~ 'security_invoker=(true|on|yes|1|t)' THEN NULL
                ELSE c.relowner END AS reads_as
        FROM pg_class c WHERE c.relkind IN ('v', 'm')
    ), reached AS (
        SELECT v.oid AS top, v.oid AS rel, v.reads_as, v.kind = 'm' AS copied FROM views v
            JOIN pg_namespace n ON n.oid = v.relnamespace
        WHERE n.nspname = ANY($1::text[])
            AND CASE WHEN $2 = '' THEN EXISTS (SELECT FROM aclexplode(v.relacl) a WHERE a.grantee <> v.relowner)
                ELSE has_table_privilege((SELECT oid FROM pg_roles WHERE rolname = $2), v.oid, 'SELECT') END
        UNION
        SELECT r.top, d.refobjid, CASE WHEN v.oid IS NULL THEN r.reads_as ELSE coalesce(v.reads_as, r.reads_as) END,
            r.copied OR coalesce(v.kind = 'm', false)
        FROM reached r JOIN pg_rewrite w ON w.ev_class = r.rel
            JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.rel
            LEFT JOIN views v ON v.oid = d.refobjid
        WHERE r.rel IN (SELECT oid FROM views)
    )
    SELECT DISTINCT n.nspname || '.' || c.relname AS name
    FROM reached r JOIN pg_class c ON c.oid = r.top JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_class t ON t.oid = r.rel AND t.relkind IN ('r', 'p') AND t.relrowsecurity
        LEFT JOIN pg_roles o ON o.oid = r.reads_as
    WHERE r.copied OR o.rolsuper OR o.rolbypassrls
        OR (NOT t.relforcerowsecurity AND pg_has_role(r.reads_as, t.relowner, 'USAGE'))";

/// Who is kept from whose rows.
#[derive(Debug)]
pub(super) struct Rls {
    schemas: Vec<String>,
    /// The role of the application; empty when not written.
    app_role: String,
    /// Tables that need no security, with their schema.
    except: Vec<String>,
}

impl Rls {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let schemas = read_schemas(fields);
        let app_role = fields.text("app_role").unwrap_or_default().to_owned();
        let with_schema = |name: &str| if name.contains('.') { name.to_owned() } else { format!("public.{name}") };
        let except = fields.texts("except").into_iter().map(|(name, _)| with_schema(name)).collect();
        Some(Self { schemas, app_role, except })
    }
}

impl Preset for Rls {
    fn about(&self) -> String {
        format!("pg_class, pg_policy of {}", self.schemas.join(", "))
    }

    async fn ask(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        session.need_schemas(&self.schemas).await?;
        let known = "SELECT $1 = '' OR EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS it";
        if !session.row(known, &[&self.app_role]).await?.need_boolean("it")? {
            return Err(Error::Unfit(format!("there is no role `{}`", self.app_role)));
        }
        self.roles(session, sight).await?;
        let tables = session.rows(TABLES, &[&self.schemas, &self.app_role, &self.except]).await?;
        sight.integer("tables", tables.len());
        if tables.is_empty() {
            return Ok(());
        }
        tell_tables(&tables, sight);
        let policies = session.rows(POLICIES, &[&self.schemas, &self.app_role, &self.except]).await?;
        sight.integer("policies", policies.len());
        // Without a policy there is none that lets everything through, and that shows nothing.
        if !policies.is_empty() {
            sight.put("void_policies", list(policy::void(&policies)));
        }
        let views = session.rows(VIEWS, &[&self.schemas, &self.app_role]).await?;
        sight.put("bypassing_views", list(column(&views, "name")));
        Ok(())
    }
}

impl Rls {
    async fn roles(&self, session: &Session<'_>, sight: &mut Sight) -> Result<(), Error> {
        let roles = session.rows(ROLES, &[&self.app_role]).await?;
        let logins = roles.iter().filter(|row| row.boolean("can_login") == Some(true));
        sight.put("bypassing_roles", list(column(logins, "name")));
        if !self.app_role.is_empty() {
            sight.boolean("app_bypasses", roles.iter().any(|row| row.boolean("is_app") != Some(false)));
        }
        Ok(())
    }
}

fn tell_tables(tables: &[Row], sight: &mut Sight) {
    let named = |is: &dyn Fn(&Row) -> bool| list(column(tables.iter().filter(|row| is(row)), "name"));
    let is = |row: &Row, name: &str| row.boolean(name) == Some(true);
    sight.put("without_rls", named(&|row| !is(row, "secured")));
    sight.put("without_policy", named(&|row| is(row, "secured") && !is(row, "has_policy")));
    sight.put("not_forced", named(&|row| is(row, "secured") && !is(row, "forced") && is(row, "owned")));
    let open = tables.iter().filter(|row| row.text("open_to").is_some());
    let open = open.map(|row| format!("{}: {}", row.words("name"), row.words("open_to")));
    sight.put("granted_to_public", list(open.collect()));
}
