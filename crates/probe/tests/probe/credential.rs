//! `secret.default` and `secret.leaked`: what is planted is found, what is encrypted or an example is told apart.
//!
//! Tokens are put together here from pieces, so that nothing token-like stands in this repository.

use crate::versioned::{DAY, commit, versioned};
use crate::world::{Place, broken, held, not_seen};

const NONE: &str = "size(obs.found) == 0";

async fn defaults(path: &str, text: &str) -> evidence::Observation {
    let place = Place::new();
    place.write("other.py", "x = 1\n");
    place.write(path, text);
    place.look("secret.default", "{paths: .}").await
}

#[tokio::test]
async fn secrets_from_the_environment_hold_and_every_way_of_a_default_turns() {
    let sound = [
        ("app/settings.py", "SECRET_KEY: str\nDB_PASSWORD = os.environ[\"DB_PASSWORD\"]\nTOKEN_URL = \"/login\"\n"),
        (
            "app/settings.py",
            "# SECRET_KEY = \"changeme\"\nif settings.SECRET_KEY == \"changeme\":\n    raise ValueError(\"SECRET_KEY\")\n",
        ),
        (
            "compose.yaml",
            "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?must be set}\n",
        ),
        ("values.yaml", "auth:\n  existingSecret: app-secrets\n  password: \"\"\n"),
        (
            "web/login.tsx",
            "<input type=\"password\" name=\"password\" />\nconst labels = { password: \"Password\" };\n",
        ),
        (
            "deploy/secret.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: ${PASSWORD}\n",
        ),
    ];
    for (path, text) in sound {
        held(&defaults(path, text).await, NONE);
    }
    let planted = [
        ("app/settings.py", "SECRET_KEY: str = \"changeme\"\n"),
        (
            "app/settings.py",
            "class S(BaseSettings):\n    secret_key: SecretStr = Field(default=\"dev-only\", min_length=1)\n",
        ),
        ("app/settings.py", "SECRET_KEY = os.getenv(\"SECRET_KEY\", \"dev\")\n"),
        ("app/settings.py", "KEY = os.environ.get(\n    \"JWT_SECRET\",\n    \"anything at all\",\n)\n"),
        ("app/settings.py", "SECRET_KEY = \"09d25e094faa6ca2556c818166b7a956\"\n"),
        ("app/settings.py", "SECRET_KEY = 'django-insecure-1234'\n"),
        ("app/db.py", "URL = \"postgresql://postgres:postgres@db:5432/app\"\n"),
        ("app/db.py", "connect(user=\"root\", password=\"password\")\n"),
        ("src/config.ts", "export const jwtSecret = process.env.JWT_SECRET || 'secret';\n"),
        ("src/main.rs", "let key = env::var(\"SECRET_KEY\").unwrap_or(\"dev\".into());\n"),
        ("src/config.go", "viper.SetDefault(\"jwt.secret\", \"hunter2\")\n"),
        ("application.yml", "jwt:\n  secret: ${JWT_SECRET:my-default-value}\n"),
        ("docker-compose.yml", "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: postgres\n"),
        (
            "docker-compose.yml",
            "services:\n  db:\n    environment:\n      - POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-postgres}\n",
        ),
        (".env", "ADMIN_PASSWORD=admin # later\n"),
        ("Dockerfile", "ENV SECRET_KEY=changeme\n"),
        ("charts/a/values.yaml", "grafana:\n  adminPassword: admin\n"),
        ("deploy/a.yaml", "env:\n  - name: SECRET_KEY\n    value: \"super-secret\"\n"),
        ("deploy/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  value: Y2hhbmdlbWU=\n"),
    ];
    for (path, text) in planted {
        let seen = defaults(path, text).await;
        assert!(!matches!(crate::world::verdict(&seen, NONE), evidence::Verdict::Held), "{path}: {text}");
        broken(&seen, NONE);
        held(&seen, "size(obs.found) == 1");
        assert!(!format!("{seen:?}").contains("changeme") && !format!("{seen:?}").contains("hunter2"), "{seen:?}");
    }
}

#[tokio::test]
async fn ways_of_tools_and_languages_are_told_from_what_looks_like_them() {
    let look_alikes = [
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?required}\n"),
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-}\n"),
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-${DB_PASSWORD}}\n"),
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:+set}\n"),
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD_FILE: /run/secrets/db\n"),
        (
            "locales/en.json",
            "{\"apiKey\": \"Your API key\", \"password\": \"Password\", \"secret\": \"Replace this secret\"}\n",
        ),
        ("pnpm-lock.yaml", "packages:\n  js-token: {resolution: {integrity: changeme}}\n  token: test\n"),
        ("charts/a/templates/secret.yaml", "password: {{ .Values.password | required \"password is required\" }}\n"),
        ("infra/main.tf", "variable \"db_password\" {\n  type = string\n  sensitive = true\n}\n"),
        ("web/store.ts", "const STORAGE_TOKEN = \"auth_token\";\nconst TOKEN_KEY = 'app.token';\n"),
        ("run.sh", "docker run -e POSTGRES_PASSWORD=\"$POSTGRES_PASSWORD\" --password-file secret app\n"),
        ("init.sql", "CREATE ROLE app LOGIN PASSWORD :'password';\n"),
    ];
    for (path, text) in look_alikes {
        held(&defaults(path, text).await, NONE);
    }
    let planted = [
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: ${POSTGRES_PASSWORD-postgres}\n"),
        ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: \"${POSTGRES_PASSWORD:-anything at all}\"\n"),
        ("compose.yaml", "services:\n  db:\n    environment:\n      - \"POSTGRES_PASSWORD=changeme\"\n"),
        ("compose.yaml", "services:\n  cache:\n    command: redis-server --requirepass hunter2\n"),
        ("charts/a/templates/secret.yaml", "password: {{ .Values.password | default \"letmein\" }}\n"),
        ("charts/a/templates/secret.yaml", "password: {{ default \"letmein\" .Values.auth.password | b64enc }}\n"),
        ("infra/main.tf", "variable \"db_password\" {\n  type = string\n  default = \"anything\"\n}\n"),
        ("config.go", "type C struct {\n\tSecret string `env:\"JWT_SECRET\" envDefault:\"anything\"`\n}\n"),
        ("Startup.cs", "var key = Configuration[\"Jwt:SecretKey\"] ?? \"anything\";\n"),
        ("init.sql", "CREATE ROLE app LOGIN PASSWORD 'anything';\n"),
        ("main.go", "func init() { if secret == \"\" { secret = \"dev-secret\" } }\n"),
        ("main.go", "p := flag.String(\"password\", \"anything\", \"the password\")\n"),
        ("app/users.py", "default_password: str = \"password\"\n"),
        ("run.sh", "docker run -e POSTGRES_PASSWORD=postgres postgres\n"),
        ("deploy.sh", "helm install db bitnami/postgresql --set auth.postgresPassword=postgres\n"),
        ("appsettings.json", "{\"Default\": \"Server=db;User Id=sa;Password=password\"}\n"),
    ];
    for (path, text) in planted {
        let seen = defaults(path, text).await;
        broken(&seen, NONE);
        held(&seen, "size(obs.found) == 1");
    }
}

#[tokio::test]
async fn defaults_of_tests_and_examples_are_told_apart() {
    for path in ["tests/test_auth.py", ".env.example", "docker-compose.dev.yml", "docs/setup.md"] {
        let seen = defaults(path, "SECRET_KEY = \"changeme\"\n").await;
        held(&seen, "size(obs.found) == 0 && size(obs.in_examples) == 1");
    }
}

#[tokio::test]
async fn a_search_for_a_name_that_stands_nowhere_is_no_search() {
    let place = Place::new();
    place.write("settings.py", "SECRET_KEY = os.environ['SECRET_KEY']\nOTHER = 'changeme'\n");
    held(&place.look("secret.default", "{paths: ., names: SECRET_KEY}").await, NONE);
    not_seen(&place.look("secret.default", "{paths: ., names: SECRETKEY}").await, NONE);
    not_seen(&place.look("secret.default", "{paths: conf/}").await, NONE);
    broken(&place.look("secret.default", "{paths: ., names: OTHER}").await, NONE);
    assert!(place.read("secret.default", "{}").is_err() && place.read("secret.leaked", "{}").is_err());
}

// ===== secret.leaked =====

/// A made-up text that is as random as a secret, of so many characters.
fn random(length: usize) -> String {
    "kJ8s0dFq2LmZ7xPvB1tRw9YhC4nGu6eAoI3jWzXpQbVfTcMrKyNgHlEdSaUi5D".chars().cycle().take(length).collect()
}

fn key_block(kind: &str, body: &str) -> String {
    format!("-----BEGIN {kind}PRIVATE {0}-----\n{body}\n-----END {kind}PRIVATE {0}-----\n", "KEY")
}

fn planted() -> Vec<(&'static str, String)> {
    vec![
        ("a.py", format!("id = '{}{}'\n", "AKIA", "QZ7RT3WXYB2KLMN4")),
        ("a.yaml", format!("token: {}_{}\n", "ghp", random(36))),
        ("a.txt.py", format!("x = '{}_{}'\n", "sk_live", random(24))),
        ("id_rsa", key_block("RSA ", &random(200))),
        ("key.pem", key_block("", &random(200))),
        ("s.json", format!("{{\"private_key\": \"{}\"}}", key_block("", &random(200)).replace('\n', "\\n"))),
        ("a.js", format!("const u = 'https://hooks.slack{}/services/T0A1B2C3D/B0A1B2C3D/{}';\n", ".com", random(24))),
        ("a.ts", format!("const key = 'AI{}{}';\n", "za", random(35))),
        (".npmrc", format!("//registry.npmjs.org/:_authToken=np{}_{}\n", "m", random(36))),
        (".env", format!("DB_PASSWORD={}\n", random(24))),
        ("settings.py", format!("URL = 'postgresql://app:{}@db.internal:5432/app'\n", random(14))),
        ("client.sh", format!("curl -H 'Authorization: Bearer {}' https://api.internal\n", random(32))),
        ("conf.toml", format!("api_key = \"{}\"\n", "3f2b9a7c1e8d4f60a5b1c9d7e2f30846")),
        (
            "a.rb",
            format!(
                "jwt = '{}.{}.{}'\n",
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
                "eyJzdWIiOiI0MiIsIm5hbWUiOiJhIn0",
                random(43)
            ),
        ),
    ]
}

#[tokio::test]
async fn a_clean_tree_holds_and_every_planted_token_turns() {
    let place = Place::new();
    place.write("app.py", "TOKEN = os.environ['TOKEN']\nETAG = 'kJ8s0dFq2LmZ7xPvB1tRw9'\n");
    held(&place.look("secret.leaked", "{paths: .}").await, NONE);
    for (path, text) in planted() {
        let place = Place::new();
        place.write(path, &text);
        let seen = place.look("secret.leaked", "{paths: .}").await;
        broken(&seen, NONE);
        assert!(!format!("{seen:?}").contains(&random(20)), "{seen:?}");
    }
}

#[tokio::test]
async fn what_is_encrypted_documented_or_in_a_test_is_no_leak() {
    let sound = [
        (
            "secrets.yaml",
            format!("password: ENC[AES256_GCM,data:{},iv:x]\nsops:\n  mac: ENC[AES256_GCM,data:x]\n", random(40)),
        ),
        ("sealed.yaml", format!("kind: SealedSecret\nspec:\n  encryptedData:\n    password: Ag{}\n", random(60))),
        ("vault.yml", format!("$ANSIBLE_VAULT;1.1;AES256\n{}\n", random(60))),
        ("id_rsa", key_block("ENCRYPTED ", &random(200))),
        ("a.py", format!("HEADER = '-----BEGIN PRIVATE {}-----'\n", "KEY")),
        ("package-lock.json", format!("{{\"token\": \"sha512-{}\"}}", random(86))),
        ("a.go", "secretName := \"my-application-secret-name-1\"\n".to_owned()),
        ("a.py", "URL = f'postgresql://app:{password}@db/app'\nB = 'amqp://app:${RABBIT_PASSWORD1}@mq'\n".to_owned()),
        ("a.yaml", "url: postgres://postgres:postgres@db/app\n".to_owned()),
        ("a.ts", "headers: {Authorization: `Bearer ${token}`}\n".to_owned()),
    ];
    for (path, text) in sound {
        let place = Place::new();
        place.write(path, &text);
        held(&place.look("secret.leaked", "{paths: .}").await, NONE);
    }
    let place = Place::new();
    place.write("docs/a.md", &format!("`AKIA{}`\n", "QZ7RT3WXYB2KLMN4"));
    place.write("src/a.py", &format!("x = 'AKIA{}'\n", "IOSFODNN7EXAMPLE"));
    held(&place.look("secret.leaked", "{paths: .}").await, "size(obs.found) == 0 && size(obs.examples) == 2");
}

#[tokio::test]
async fn a_token_in_a_file_that_is_not_committed_has_not_leaked_yet() {
    let place = versioned();
    place.write("a.py", "x = 1\n");
    commit(&place, "first", DAY);
    place.write("b.py", &format!("id = '{}{}'\n", "AKIA", "QZ7RT3WXYB2KLMN4"));
    held(
        &place.look("secret.leaked", "{paths: .}").await,
        "size(obs.found) == 0 && size(obs.untracked) == 1 && !obs.history_searched",
    );
    commit(&place, "second", 0);
    broken(&place.look("secret.leaked", "{paths: .}").await, NONE);
    not_seen(&place.look("secret.leaked", "{paths: none}").await, NONE);
}
