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
