//! `code.import`: imports and manifests that agree, and the ways in which they come apart.

use evidence::Observation;

use crate::world::{Place, blind, broken, held, not_seen};

const SOUND: &str = "size(obs.undeclared) == 0";

async fn look(place: &Place) -> Observation {
    place.look("code.import", "{from: [app, web, svc, rs]}").await
}

fn python() -> Place {
    let place = Place::new();
    place.write("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"PyYAML>=6\", \"fastapi[all]\", \"asyncpg\", \"tenacity\", \"google-cloud-storage\"]\n[project.optional-dependencies]\ndev = [\"pytest\"]\n");
    place.write("app/__init__.py", "");
    place.write("app/main.py", "import os\nimport yaml\nfrom fastapi import FastAPI\nfrom google.cloud import storage\nfrom app import retry\nfrom . import retry as again\n\ntry:\n    import orjson\nexcept ImportError:\n    orjson = None\n");
    place.write(
        "app/retry.py",
        "from typing import TYPE_CHECKING\n\nfrom tenacity import retry\n\nif TYPE_CHECKING:\n    import numpy\n",
    );
    place
}

#[tokio::test]
async fn what_is_imported_is_declared_under_its_own_name_or_another() {
    let seen = look(&python()).await;
    held(&seen, SOUND);
    held(
        &seen,
        "obs.imported == 4 && obs.declared == 6 && 'orjson' in obs.optional && 'asyncpg' in obs.maybe_used_by_name",
    );
    held(&seen, "!(obs.unused.exists(x, x == 'tenacity')) || size(obs.unused) == 0");
}

#[tokio::test]
async fn an_import_that_nobody_declares_and_a_package_that_nobody_imports_are_told() {
    let place = python();
    place.write("app/more.py", "import httpx\nimport requests.adapters\n");
    let seen = look(&place).await;
    broken(&seen, SOUND);
    held(&seen, "size(obs.undeclared) == 2 && obs.undeclared.exists(x, x == 'httpx (app/more.py:1)')");
    let place = python();
    place.write("app/retry.py", "# from tenacity import retry\n");
    held(&look(&place).await, "size(obs.unused) == 1 && 'tenacity' in obs.unused");
    place.write(
        "pyproject.toml",
        "[project]\nname = \"shop\"\ndependencies = [\"fastapi\", \"google-cloud-storage\"]\n",
    );
    broken(&look(&place).await, SOUND);
    place.write("pyproject.toml", "[project]\nname = \"shop\"\ndynamic = [\"dependencies\"]\n");
    let dynamic = look(&place).await;
    not_seen(&dynamic, "size(obs.unused) == 0");
    let bare = Place::new();
    bare.write("app/a.py", "import httpx\n");
    blind_of(&look(&bare).await);
    assert!(bare.read("code.import", "{from: app, to: x}").is_err());
}

fn blind_of(seen: &Observation) {
    assert_eq!(seen.subjects, 0);
    let mut bare = seen.clone();
    bare.values.clear();
    blind(&bare, "no manifest");
}

#[tokio::test]
async fn scripts_go_and_rust_have_their_own_manifests() {
    let place = Place::new();
    place.write("web/package.json", "{\"name\": \"web\", \"dependencies\": {\"react\": \"18\", \"@scope/ui\": \"1\", \"left-pad\": \"1\", \"serve\": \"1\"}, \"devDependencies\": {\"vitest\": \"1\"}, \"scripts\": {\"start\": \"serve dist\"}}");
    place.write("web/a.tsx", "import fs from 'node:fs'\nimport path from 'path'\nimport React from 'react'\nimport { Button } from '@scope/ui/button'\nimport { b } from './b'\nimport x from '@/b'\nconst y = require('react/jsx-runtime')\n");
    place.write("web/b.ts", "export const b = 1\n");
    let seen = look(&place).await;
    held(&seen, SOUND);
    held(&seen, "size(obs.unused) == 1 && 'left-pad' in obs.unused && 'serve' in obs.maybe_used_by_name");
    place.write("web/b.ts", "import axios from 'axios'\nexport const b = axios\n");
    broken(&look(&place).await, SOUND);
    let place = Place::new();
    place.write("svc/go.mod", "module example.org/svc\n\nrequire (\n\tgithub.com/sony/gobreaker v1.0.0\n\tgithub.com/pkg/errors v0.9.1\n\tgolang.org/x/sys v0.1.0 // indirect\n)\n");
    place.write(
        "svc/a.go",
        "package svc\n\nimport (\n\t\"fmt\"\n\t\"github.com/sony/gobreaker\"\n\t\"example.org/svc/b\"\n)\n",
    );
    held(
        &look(&place).await,
        "size(obs.undeclared) == 0 && size(obs.unused) == 1 && 'github.com/pkg/errors' in obs.unused",
    );
    let place = Place::new();
    place.write(
        "rs/Cargo.toml",
        "[package]\nname = \"rs\"\n[dependencies]\nserde_json = \"1\"\nonce-cell = \"1\"\nthiserror = \"1\"\n",
    );
    place.write(
        "rs/src/lib.rs",
        "use serde_json::Value;\n#[derive(thiserror::Error)]\npub enum E {}\n// once_cell is not used\n",
    );
    held(&look(&place).await, "size(obs.unused) == 1 && 'once_cell' in obs.unused");
}

/// What is undeclared and what is unused.
async fn lists(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>, Option<String>) {
    let place = Place::new();
    for (path, text) in files {
        place.write(path, text);
    }
    let seen = look(&place).await;
    let list = |name: &str| match seen.values.get(name) {
        Some(evidence::Value::List(all)) => all
            .iter()
            .map(|one| match one {
                evidence::Value::Text(text) => text.clone(),
                other => format!("{other:?}"),
            })
            .collect(),
        _ => Vec::new(),
    };
    (list("undeclared"), list("unused"), seen.trouble)
}

async fn check(what: &str, undeclared: &[&str], unused: &[&str], files: &[(&str, &str)], wrong: &mut Vec<String>) {
    let (have, idle, trouble) = lists(files).await;
    if have != undeclared || idle != unused || trouble.is_some() {
        wrong.push(format!("{what}: undeclared {have:?}, unused {idle:?}, {trouble:?}"));
    }
}

#[tokio::test]
async fn packages_of_python_are_known_by_what_they_bring() {
    let mut wrong = Vec::new();
    let poetry = "[tool.poetry]\nname = \"shop\"\npackages = [{include = \"app\"}]\n[tool.poetry.dependencies]\npython = \"^3.11\"\nfastapi = {extras = [\"all\"], version = \"1\"}\nstripe = {version = \"1\", optional = true}\n[tool.poetry.extras]\npay = [\"stripe\"]\n[tool.poetry.group.dev.dependencies]\npytest = \"8\"\n";
    check(
        "extras of poetry",
        &[],
        &[],
        &[("pyproject.toml", poetry), ("app/a.py", "import fastapi\nimport stripe\n")],
        &mut wrong,
    )
    .await;
    let pep = "[project]\nname = \"shop\"\ndependencies = [\"fastapi\", \"azure-identity\", \"opentelemetry-api\", \"google-api-python-client\", \"protobuf\", \"msgpack\", \"sqlalchemy[asyncio]>=2\", \"pydantic-settings\"]\n[project.optional-dependencies]\npay = [\"stripe>=5 ; python_version > '3.8'\"]\n[dependency-groups]\nlint = [{include-group = \"x\"}, \"ruff\"]\n";
    let code = "from azure.identity import DefaultAzureCredential\nfrom opentelemetry import trace\nfrom googleapiclient.discovery import build\nfrom google.protobuf import message\nimport msgpack\nimport sqlalchemy.ext.asyncio\nfrom pydantic_settings import BaseSettings\nimport stripe\nimport fastapi\n";
    check(
        "names that differ and spaces that are shared",
        &[],
        &[],
        &[("pyproject.toml", pep), ("app/a.py", code)],
        &mut wrong,
    )
    .await;
    check(
        "a space that is not declared",
        &["azure.storage.blob (app/a.py:1)"],
        &[],
        &[
            ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"azure-identity\"]\n"),
            ("app/a.py", "from azure.storage.blob import BlobClient\nimport azure.identity\n"),
        ],
        &mut wrong,
    )
    .await;
    check("what is local", &[], &[], &[("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"fastapi\"]\n"), ("app/a.py", "import helpers\nfrom core.settings import x\nimport app.core.more\nfrom app.core import settings\nimport fastapi\n"), ("app/helpers.py", ""), ("app/core/settings.py", "x = 1\n"), ("app/core/more.py", "")], &mut wrong).await;
    check(
        "what is local and not searched",
        &[],
        &[],
        &[
            ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"fastapi\"]\n"),
            ("app/a.py", "import fastapi\nfrom scripts.tool import x\nimport settings_local\n"),
            ("scripts/tool.py", "x = 1\n"),
            ("settings_local.py", ""),
        ],
        &mut wrong,
    )
    .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn imports_on_conditions_and_other_manifests_of_python_are_understood() {
    let mut wrong = Vec::new();
    check("on conditions", &[], &[], &[("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"fastapi\", \"tomli; python_version < '3.11'\"]\n"), ("app/a.py", "import sys\nimport fastapi\nif sys.version_info >= (3, 11):\n    import tomllib\nelse:\n    import tomli as tomllib\ntry:\n    import uvloop\n    import winloop\nexcept (ImportError, OSError):\n    uvloop = None\ntry:\n    from ujson import loads\nexcept ModuleNotFoundError:\n    from json import loads\nfrom contextlib import suppress\nwith suppress(ImportError):\n    import rich\n")], &mut wrong).await;
    check(
        "for types",
        &[],
        &[],
        &[
            ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"fastapi\"]\n"),
            (
                "app/a.py",
                "import fastapi\nimport typing\nif typing.TYPE_CHECKING:\n    from mypy_boto3_s3 import S3Client\n",
            ),
        ],
        &mut wrong,
    )
    .await;
    check("requirements", &[], &[], &[("requirements.txt", "-r requirements/base.txt\n-e .\ngit+https://github.com/x/y.git@v1#egg=left-pad\n./vendor/z\nhttps://example.org/x.whl\n--hash=sha256:1\n# c\nFlask==2 \\\n    --hash=sha256:2\nmysqlclient ; sys_platform == 'linux'\n"), ("requirements/base.txt", "requests[socks]>=2 # c\n"), ("app/a.py", "import flask\nimport requests\nimport left_pad\nimport MySQLdb\n")], &mut wrong).await;
    check("setup.cfg", &[], &[], &[("setup.cfg", "[metadata]\nname = shop\n[options]\ninstall_requires =\n    requests>=2\n    PyYAML\n[options.extras_require]\ndev =\n    pytest\n    stripe\n"), ("app/a.py", "import requests\nimport yaml\nimport stripe\n")], &mut wrong).await;
    check(
        "tests and tools",
        &["httpx (app/a.py:1)"],
        &[],
        &[
            ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"fastapi\"]\n"),
            ("app/a.py", "import httpx\nimport fastapi\n"),
        ],
        &mut wrong,
    )
    .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn packages_of_scripts_are_known_through_workspaces_and_aliases() {
    let mut wrong = Vec::new();
    let root = "{\"name\": \"root\", \"private\": true, \"workspaces\": [\"packages/*\", \"web\"], \"devDependencies\": {\"typescript\": \"5\"}}";
    check(
        "a workspace",
        &[],
        &[],
        &[
            ("package.json", root),
            (
                "web/package.json",
                "{\"name\": \"@x/web\", \"dependencies\": {\"@x/ui\": \"workspace:*\", \"react\": \"18\"}}",
            ),
            ("packages/ui/package.json", "{\"name\": \"@x/ui\"}"),
            ("packages/ui/index.ts", "export const a = 1\n"),
            ("web/a.tsx", "import { a } from '@x/ui'\nimport React from 'react'\n"),
        ],
        &mut wrong,
    )
    .await;
    check(
        "a workspace that is not declared",
        &[],
        &[],
        &[
            ("package.json", root),
            ("web/package.json", "{\"name\": \"@x/web\", \"dependencies\": {\"react\": \"18\"}}"),
            ("packages/ui/package.json", "{\"name\": \"@x/ui\"}"),
            ("web/a.tsx", "import { a } from '@x/ui/button'\nimport React from 'react'\n"),
        ],
        &mut wrong,
    )
    .await;
    check("aliases of tsconfig", &[], &[], &[("web/package.json", "{\"name\": \"web\", \"dependencies\": {\"react\": \"18\"}}"), ("web/tsconfig.json", "{\n  // aliases\n  \"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@lib/*\": [\"src/lib/*\"], \"components\": [\"src/components/index.ts\"],}}\n}"), ("web/src/lib/x.ts", "export const x = 1\n"), ("web/src/components/index.ts", "export const c = 1\n"), ("web/src/a.tsx", "import { x } from '@lib/x'\nimport { c } from 'components'\nimport { y } from 'src/lib/x'\nimport React from 'react'\n")], &mut wrong).await;
    check("node", &[], &[], &[("web/package.json", "{\"name\": \"web\", \"dependencies\": {\"react\": \"18\"}, \"imports\": {\"#db\": \"./db.js\"}}"), ("web/a.ts", "import fs from 'fs'\nimport { readFile } from 'node:fs/promises'\nimport 'fs/promises'\nimport test from 'node:test'\nimport db from '#db'\nimport React from 'react'\nimport logo from './logo.svg?react'\nimport 'virtual:pwa'\nimport x from 'https://esm.sh/x'\n")], &mut wrong).await;
    check("types only", &["zod (web/a.ts:2)"], &[], &[("web/package.json", "{\"name\": \"web\", \"dependencies\": {\"react\": \"18\"}, \"devDependencies\": {\"@types/geojson\": \"1\", \"@types/aws-lambda\": \"8\"}}"), ("web/a.ts", "import type { Point } from 'geojson'\nimport { z } from 'zod'\nimport type { Handler } from 'aws-lambda'\nimport React from 'react'\nimport type { X } from './x'\n"), ("web/x.ts", "export type X = 1\n")], &mut wrong).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn packages_of_rust_and_go_are_known_through_renames_and_replacements() {
    let mut wrong = Vec::new();
    let cargo = "[package]\nname = \"rs\"\nversion = \"0.1.0\"\n[dependencies]\njson = {package = \"serde_json\", version = \"1\"}\nserde = {version = \"1\", features = [\"derive\"]}\ntokio-util = \"1\"\nring = {version = \"1\", optional = true}\nlibz-sys = \"1\"\nunused-crate = \"1\"\n[build-dependencies]\ncc = \"1\"\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n[features]\nfast = [\"dep:ring\"]\n";
    check("rust", &[], &["unused_crate"], &[("rs/Cargo.toml", cargo), ("rs/build.rs", "fn main() { cc::Build::new(); }\n"), ("rs/src/lib.rs", "use json::Value;\n#[derive(serde::Serialize)]\npub struct A;\n#[cfg(unix)]\nuse nix::sys;\npub fn f(x: tokio_util::A) {}\n#[cfg(feature = \"fast\")]\nuse ring::x;\nextern crate libz_sys;\n")], &mut wrong).await;
    check("a workspace of rust", &[], &["log"], &[("rs/Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\n[workspace.dependencies]\nserde = \"1\"\nlog = \"1\"\n"), ("rs/a/Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nb = {path = \"../b\"}\nserde.workspace = true\nlog.workspace = true\n"), ("rs/b/Cargo.toml", "[package]\nname = \"b\"\n"), ("rs/a/src/lib.rs", "use b::x;\nuse serde::Serialize;\n"), ("rs/b/src/lib.rs", "pub fn x() {}\n")], &mut wrong).await;
    let module = "module example.org/svc\n\ngo 1.22\n\nrequire github.com/gin-gonic/gin v1.9.0\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.5.0\n\tgithub.com/lib/pq v1.0.0\n\tgopkg.in/yaml.v3 v3.0.1\n\tgolang.org/x/sys v0.1.0 // indirect\n\tgithub.com/old/name v1.0.0\n)\n\nreplace github.com/old/name => github.com/new/name v1.2.0\n\nreplace (\n\texample.org/local => ./local\n)\n\nexclude github.com/bad/one v1.0.0\n";
    let code = "package svc\n\nimport (\n\t\"context\"\n\t\"net/http\"\n\t\"github.com/gin-gonic/gin\"\n\t\"github.com/jackc/pgx/v5/pgxpool\"\n\t_ \"github.com/lib/pq\"\n\t\"gopkg.in/yaml.v3\"\n\t\"github.com/old/name/sub\"\n\t\"example.org/svc/internal/x\"\n\tsys \"golang.org/x/sys/unix\"\n)\n";
    check(
        "go",
        &[],
        &[],
        &[("svc/go.mod", module), ("svc/a.go", code), ("svc/internal/x/x.go", "package x\n")],
        &mut wrong,
    )
    .await;
    check(
        "go, a name that is like another",
        &["github.com/gin-gonic/gin-contrib (svc/a.go:3)"],
        &["github.com/gin-gonic/gin"],
        &[
            ("svc/go.mod", "module example.org/svc\n\nrequire github.com/gin-gonic/gin v1.9.0\n"),
            ("svc/a.go", "package svc\n\nimport \"github.com/gin-gonic/gin-contrib\"\n"),
        ],
        &mut wrong,
    )
    .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
