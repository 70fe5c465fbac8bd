//! `ci.can_fail`: a gate that can turn the pipeline red, and the same one with its exit status thrown away.

use evidence::{Grade, Observation};

use crate::world::{Place, blind, broken, held, not_seen};

const GATE: &str = "obs.can_fail";

fn workflow(step: &str) -> String {
    format!(
        "name: ci\non:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: pip install pytest\n{step}"
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}\n")).collect()
}

async fn look(place: &Place, with: &str) -> Observation {
    place.look("ci.can_fail", with).await
}

async fn of(step: &str) -> Observation {
    let place = Place::new();
    place.write(".github/workflows/ci.yml", &workflow(&indented(step)));
    place.write(
        "Makefile",
        "test: deps\n\tpytest -q\n\nsoft:\n\t-pytest -q\n\nloose:\n\tpytest || true\n\ndeps:\n\tpip install pytest\n",
    );
    place.write("package.json", "{\"scripts\": {\"check\": \"pytest && eslint .\", \"lint\": \"pytest; exit 0\"}}");
    place.write("scripts/test.sh", "#!/bin/bash\nset -euo pipefail\npytest | tee log\n");
    place.write("scripts/loose.sh", "#!/bin/bash\npytest\necho done\n");
    place.write("frontend/package.json", "{\"scripts\": {\"test\": \"pytest || true\"}}");
    look(&place, "{step: pytest}").await
}

#[tokio::test]
async fn a_gate_that_can_fail_is_told_from_one_that_cannot() {
    let can = [
        "- run: pytest",
        "- name: Tests\n  run: |\n    echo begin\n    python -m pytest -q --cov=app\n    echo end",
        "- shell: bash\n  run: pytest | tee log.txt",
        "- run: set -o pipefail; pytest | tee log.txt",
        "- run: pytest; true",
        "- run: pytest || (echo bad; exit 1)",
        "- run: pytest --version && pytest -q",
        "- if: always()\n  run: pytest",
        "- run: make test",
        "- run: npm run check",
        "- run: ./scripts/test.sh",
        "- continue-on-error: false\n  run: pytest",
        "- run: |\n    # pytest || true\n    pytest",
        "- run: |\n    set +e\n    pytest\n    code=$?\n    exit $code",
        "- run: pytest 2>&1 | tee pytest.log; exit ${PIPESTATUS[0]}",
    ];
    for step in can {
        let seen = of(step).await;
        held(&seen, GATE);
        held(&seen, "obs.can_fail_steps == 1 && size(obs.swallowed) == 0");
        assert_eq!(seen.grade, Some(Grade::Wired), "{step}");
    }
    let cannot = [
        "- run: pytest || true",
        "- run: pytest || echo 'tests failed'",
        "- run: 'pytest || :'",
        "- continue-on-error: true\n  run: pytest",
        "- continue-on-error: ${{ true }}\n  run: pytest",
        "- run: pytest | tee log.txt",
        "- run: |\n    set +e\n    pytest\n    echo done",
        "- if: false\n  run: pytest",
        "- if: ${{ false }}\n  run: pytest",
        "- run: pytest --collect-only",
        "- shell: bash {0}\n  run: |\n    pytest\n    echo done",
        "- run: |\n    if pytest; then\n      echo ok\n    fi",
        "- run: make soft",
        "- run: make loose",
        "- run: npm run lint",
        "- run: bash scripts/loose.sh",
        "- working-directory: frontend\n  run: npm test",
        "- run: pytest && echo ok || true",
        "- run: echo \"$(pytest)\"",
        "- run: |\n    exit 0\n    pytest",
        "- run: pytest --help",
        "- run: pytest --version",
        "- run: bash -c \"pytest || true\"",
        "- run: sh -c 'pytest; true'",
        "- run: '{ pytest; } || true'",
        "- run: |\n    check() {\n      pytest\n    }",
        "- run: |\n    trap 'exit 0' EXIT\n    pytest",
        "- run: export OUT=$(pytest)",
        "- run: pytest 2>&1 | tee pytest.log",
    ];
    for step in cannot {
        let seen = of(step).await;
        broken(&seen, GATE);
        held(&seen, "size(obs.swallowed) >= 1");
    }
}

#[tokio::test]
async fn what_decides_elsewhere_is_not_seen() {
    for step in [
        "- continue-on-error: ${{ matrix.experimental }}\n  run: pytest",
        "- name: pytest\n  uses: some/test-action@v1",
        "- run: pytest\n- run: pytest || true",
        "- shell: pwsh\n  run: |\n    pytest\n    Write-Host done",
    ] {
        not_seen(&of(step).await, GATE);
    }
    let place = Place::new();
    blind(&look(&place, "{step: pytest}").await, "no pipeline");
    place.write(".github/workflows/ci.yml", &workflow("      - run: ruff check .\n"));
    let none = look(&place, "{step: pytest}").await;
    broken(&none, GATE);
    held(&none, "obs.steps == 0");
    assert_eq!(none.grade, Some(Grade::Absent));
    place.write(".github/workflows/bad.yml", "jobs: [\n");
    not_seen(&look(&place, "{step: ruff}").await, GATE);
    for with in ["{}", "{from: ../x, step: a}", "{step: a, stage: b}"] {
        assert!(place.read("ci.can_fail", with).is_err(), "{with}");
    }
}

#[tokio::test]
async fn a_workflow_or_job_that_never_runs_is_no_gate() {
    let whole = workflow("      - run: pytest\n");
    let ways = [
        whole.replace("  push:\n    branches: [main]\n", "  workflow_dispatch:\n"),
        whole.replace("on:\n  push:\n    branches: [main]\n", "on: workflow_call\n"),
        whole.replace("    runs-on", "    if: false\n    runs-on"),
        whole.replace("    runs-on", "    continue-on-error: true\n    runs-on"),
        whole
            .replace("jobs:\n", "jobs:\n  build:\n    if: ${{ false }}\n    runs-on: x\n    steps: []\n")
            .replace("  test:\n", "  test:\n    needs: [build]\n"),
    ];
    let place = Place::new();
    place.write(".github/workflows/ci.yml", &whole);
    held(&look(&place, "{step: pytest, job: test}").await, GATE);
    for way in ways {
        place.write(".github/workflows/ci.yml", &way);
        broken(&look(&place, "{step: pytest}").await, GATE);
    }
    place.write(
        ".github/workflows/ci.yml",
        &whole.replace("on:\n  push:\n    branches: [main]\n", "on: workflow_call\n"),
    );
    place.write(".github/workflows/top.yml", "on: push\njobs:\n  all:\n    uses: ./.github/workflows/ci.yml\n");
    held(&look(&place, "{step: pytest}").await, GATE);
}

#[tokio::test]
async fn scanners_that_report_only_are_no_gate() {
    let scan = |with: &str| {
        workflow(&format!(
            "      - name: scan\n        uses: aquasecurity/trivy-action@0.28.0\n        with:\n          image-ref: app\n{with}"
        ))
    };
    let place = Place::new();
    place.write(".github/workflows/ci.yml", &scan("          exit-code: '1'\n"));
    held(&look(&place, "{step: trivy-action}").await, GATE);
    place.write(".github/workflows/ci.yml", &scan("          severity: HIGH\n"));
    broken(&look(&place, "{step: trivy-action}").await, GATE);
    place.write(".github/workflows/ci.yml", &workflow("      - run: trivy image --exit-code 1 app\n"));
    held(&look(&place, "{step: trivy}").await, GATE);
    place.write(".github/workflows/ci.yml", &workflow("      - run: trivy image --severity HIGH app\n"));
    broken(&look(&place, "{step: trivy}").await, GATE);
    place.write(".github/workflows/ci.yml", &workflow("      - run: bandit -r app --exit-zero\n"));
    broken(&look(&place, "{step: bandit}").await, GATE);
}

#[tokio::test]
async fn jobs_of_gitlab_fail_unless_they_are_allowed_to() {
    let place = Place::new();
    let job = |more: &str| {
        format!(
            "stages: [test]\n.base:\n  image: python\n\nunit:\n  stage: test\n  extends: .base\n  script:\n    - pip install pytest\n    - pytest -q\n{more}"
        )
    };
    place.write(".gitlab-ci.yml", &job(""));
    held(&look(&place, "{step: pytest}").await, GATE);
    for more in ["  allow_failure: true\n", "  when: manual\n", "  rules:\n    - when: never\n"] {
        place.write(".gitlab-ci.yml", &job(more));
        broken(&look(&place, "{step: pytest}").await, GATE);
    }
    place.write(".gitlab-ci.yml", &job("").replace("  image: python\n", "  allow_failure: true\n"));
    broken(&look(&place, "{step: pytest}").await, GATE);
    place.write(".gitlab-ci.yml", &job("").replace("pytest -q", "pytest -q || true"));
    broken(&look(&place, "{step: pytest}").await, GATE);
    place.write(".gitlab-ci.yml", &job("  allow_failure:\n    exit_codes: [3]\n"));
    not_seen(&look(&place, "{step: pytest}").await, GATE);
}

#[tokio::test]
async fn anchors_and_references_of_gitlab_are_followed() {
    let place = Place::new();
    let pipeline = |job: &str| {
        format!(
            ".soft: &soft\n  allow_failure: true\n.setup:\n  script:\n    - pip install pytest\n.off: &off\n  - set +e\nunit:\n{job}"
        )
    };
    let can = "  script:\n    - !reference [.setup, script]\n    - pytest -q\n";
    place.write(".gitlab-ci.yml", &pipeline(can));
    held(&look(&place, "{step: pytest}").await, GATE);
    for job in [
        "  <<: *soft\n  script: [pytest -q]\n",
        "  before_script: *off\n  script:\n    - pytest -q\n    - echo done\n",
        "  script:\n    - set +e\n    - pytest -q\n    - !reference [.setup, script]\n",
    ] {
        place.write(".gitlab-ci.yml", &pipeline(job));
        broken(&look(&place, "{step: pytest}").await, GATE);
    }
    let whole = "default:\n  before_script: [set +e]\nunit:\n  script: [pytest, echo done]\n";
    place.write(".gitlab-ci.yml", whole);
    broken(&look(&place, "{step: pytest}").await, GATE);
    place.write(".gitlab-ci.yml", &whole.replace("set +e", "pip install pytest"));
    held(&look(&place, "{step: pytest}").await, GATE);
}

/// A repository whose only step runs this.
async fn calling(run: &str, files: &[(&str, &str)]) -> Observation {
    let place = Place::new();
    place.write(".github/workflows/ci.yml", &workflow(&format!("      - run: {run}\n")));
    files.iter().for_each(|(path, text)| place.write(path, text));
    look(&place, "{step: pytest}").await
}

#[tokio::test]
async fn recipes_of_make_are_followed_to_what_they_need_and_to_what_they_swallow() {
    let can = [
        ("make test", "test: unit\n\nunit:\n\t@pytest -q\n"),
        ("make", ".PHONY: all\nall: check\ncheck: lint unit\nlint:\n\truff check .\nunit:\n\tpytest\n"),
        ("make test", "test:\n\t$(MAKE) unit\nunit:\n\tpytest\n"),
        ("make test", "PYTEST ?= pytest\ntest:\n\t$(PYTEST) -q\n"),
        ("make test", "test:\n\tcd app && \\\n\t  pytest && echo ok\n\techo done\n"),
        ("make test", "test:\n\tif ! pytest; then echo bad; exit 1; fi\n"),
        ("make test", "SHELL := /bin/bash\n.SHELLFLAGS := -eu -o pipefail -c\ntest:\n\tpytest | tee log\n"),
        ("make test", ".ONESHELL:\ntest:\n\techo begin\n\tpytest\n"),
        ("make -C app test", ""),
        ("make -k test", "test:\n\tpytest\n"),
        ("make test", "include build/unit.mk\n"),
    ];
    for (run, makefile) in can {
        let more =
            [("Makefile", makefile), ("app/Makefile", "test:\n\tpytest\n"), ("build/unit.mk", "test:\n\tpytest\n")];
        let seen = calling(run, &more).await;
        held(&seen, GATE);
        assert_eq!(seen.grade, Some(Grade::Wired), "{run}: {makefile}");
    }
    let cannot = [
        ("make test", "test:\n\t-pytest\n"),
        ("make test", "test:\n\t@-pytest\n"),
        ("make test", "test:\n\tpytest; true\n"),
        ("make test", "test:\n\tpytest; echo done\n"),
        ("make test", "test:\n\tpytest | tee pytest.log\n"),
        ("make test", "test: unit\nunit:\n\tpytest || true\n"),
        ("make test", ".IGNORE:\ntest:\n\tpytest\n"),
        ("make test", ".IGNORE: test\ntest:\n\tpytest\n"),
        ("make test", "MAKEFLAGS += -i\ntest:\n\tpytest\n"),
        ("make test", ".ONESHELL:\ntest:\n\tpytest\n\techo done\n"),
        ("make test", "test:\n\t-$(MAKE) unit\nunit:\n\tpytest\n"),
        ("make -i test", "test:\n\tpytest\n"),
        ("make -k test || true", "test:\n\tpytest\n"),
        ("make -n test", "test:\n\tpytest\n"),
        ("make test", "test:\n\t@sh -c 'pytest; exit 0'\n"),
    ];
    for (run, makefile) in cannot {
        let seen = calling(run, &[("Makefile", makefile)]).await;
        broken(&seen, GATE);
        assert_eq!(seen.grade, Some(Grade::Declared), "{run}: {makefile}");
    }
    let seen = calling("make test", &[("Makefile", "test: deps\ndeps:\n\tpip install pytest\n")]).await;
    broken(&seen, "obs.steps > 0 && obs.can_fail");
    assert_eq!(seen.grade, Some(Grade::Absent), "everything was read, and nothing runs it");
    for (run, makefile) in [("make test", "include ../elsewhere.mk\n"), ("make test", "test:\n\tnox -s all\n")] {
        let seen = calling(run, &[("Makefile", makefile)]).await;
        not_seen(&seen, GATE);
        assert_eq!(seen.grade, None, "{run}: {makefile}");
    }
}

#[tokio::test]
async fn what_is_called_is_followed_through_packages_tasks_and_environments() {
    let package = |scripts: &str| format!("{{\"scripts\": {scripts}}}");
    let can = [
        ("npm test", "package.json", package("{\"test\": \"npm run unit\", \"unit\": \"pytest\"}")),
        ("npm run build", "package.json", package("{\"prebuild\": \"pytest\", \"build\": \"tsc\"}")),
        ("npx npm-run-all lint test:*", "package.json", package("{\"lint\": \"x\", \"test:py\": \"pytest\"}")),
        ("just check", "justfile", "check: unit\nunit:\n    @pytest -q\n".to_owned()),
        (
            "task check",
            "Taskfile.yml",
            "version: '3'\ntasks:\n  check:\n    deps: [unit]\n  unit:\n    cmds: [pytest -q]\n".to_owned(),
        ),
        (
            "tox",
            "tox.ini",
            "[tox]\nenvlist = py\n[testenv]\ndeps = pytest\ncommands =\n    pytest {posargs}\n".to_owned(),
        ),
        (
            "pre-commit run --all-files",
            ".pre-commit-config.yaml",
            "repos:\n  - repo: local\n    hooks:\n      - id: unit\n        entry: pytest -q\n".to_owned(),
        ),
        (
            "./scripts/all.sh",
            "scripts/all.sh",
            "#!/usr/bin/env bash\nset -e\nsource scripts/lib.sh\nunit\nunit() { :; }\npytest\necho done\n".to_owned(),
        ),
        ("npx pytest", "package.json", package("{}")),
    ];
    for (run, path, text) in can {
        let seen = calling(run, &[(path, &text)]).await;
        held(&seen, GATE);
        assert_eq!(seen.grade, Some(Grade::Wired), "{run}");
    }
    let cannot = [
        ("npm test", "package.json", package("{\"test\": \"npm run unit\", \"unit\": \"pytest || true\"}")),
        ("npm test", "package.json", package("{\"test\": \"npm run unit; exit 0\", \"unit\": \"pytest\"}")),
        ("just check", "justfile", "check: unit\nunit:\n    -pytest -q\n".to_owned()),
        ("task check", "Taskfile.yml", "tasks:\n  check:\n    ignore_error: true\n    cmds: [pytest -q]\n".to_owned()),
        ("tox", "tox.ini", "[testenv]\nignore_outcome = true\ncommands =\n    pytest\n".to_owned()),
        ("tox -e unit", "tox.ini", "[testenv:unit]\ncommands =\n    - pytest\n".to_owned()),
        ("./scripts/all.sh", "scripts/all.sh", "#!/usr/bin/env bash\npytest\necho done\n".to_owned()),
    ];
    for (run, path, text) in cannot {
        broken(&calling(run, &[(path, &text)]).await, GATE);
    }
    let unclear = [
        ("nox -s tests", "noxfile.py", "def tests(session):\n    session.run('pytest')\n"),
        ("python scripts/run.py", "scripts/run.py", "subprocess.run(['pytest'])\n"),
        ("tox", "pyproject.toml", "[tool.tox]\nlegacy_tox_ini = 'commands = pytest'\n"),
        ("npm test --workspaces", "package.json", "{\"scripts\": {\"test\": \"x\"}}"),
        ("turbo run test", "package.json", "{}"),
        ("source lib.sh && unit", "lib.sh", "unit() {\n  pytest\n}\n"),
    ];
    for (run, path, text) in unclear {
        not_seen(&calling(run, &[(path, text)]).await, GATE);
    }
    // A program that does not name it does not run it.
    let other = calling("python scripts/run.py", &[("scripts/run.py", "print('hello')\n")]).await;
    assert_eq!(other.grade, Some(Grade::Absent));
}

#[tokio::test]
async fn conditions_and_filters_that_never_come_true_are_no_gate() {
    let step = |more: &str| workflow(&format!("      - run: pytest\n{more}"));
    let whole = step("");
    let on = |on: &str| whole.replace("on:\n  push:\n    branches: [main]\n", on);
    let place = Place::new();
    place.write("src/app.py", "x = 1\n");
    let can = [
        step("        if: github.event_name == 'push'\n"),
        step("        if: ${{ github.ref == 'refs/heads/main' }}\n"),
        step("        if: always() && !cancelled()\n"),
        step("        if: env.RUN == 'true'\n        env: {RUN: 'true'}\n"),
        step("        continue-on-error: ${{ matrix.soft }}\n")
            .replace("    runs-on", "    strategy: {matrix: {soft: [false]}}\n    runs-on"),
        step("        continue-on-error: ${{ matrix.rust == 'nightly' }}\n")
            .replace("    runs-on", "    strategy: {matrix: {rust: [stable, nightly]}}\n    runs-on"),
        step("      - run: pytest --collect-only\n"),
        on("on:\n  push: {paths: ['src/**']}\n"),
        on("on: [push, workflow_dispatch]\n"),
        whole
            .replace("jobs:\n", "jobs:\n  build:\n    if: false\n    runs-on: x\n    steps: []\n")
            .replace("  test:\n", "  test:\n    needs: build\n    if: always()\n"),
    ];
    for text in can {
        place.write(".github/workflows/ci.yml", &text);
        held(&look(&place, "{step: pytest, job: test}").await, GATE);
    }
    let cannot = [
        step("        if: github.event_name == 'release'\n"),
        step("        if: github.event_name == 'push' && false\n"),
        step("        if: ${{ github.ref == 'refs/heads/legacy' }}\n"),
        step("        if: failure()\n"),
        step("        if: env.RUN == 'true'\n        env: {RUN: 'false'}\n"),
        step("        continue-on-error: ${{ matrix.soft }}\n")
            .replace("    runs-on", "    strategy: {matrix: {soft: [true]}}\n    runs-on"),
        whole.replace("    runs-on", "    strategy: {matrix: {python: []}}\n    runs-on"),
        step("        continue-on-error: ${{ matrix.rust != 'stable' }}\n")
            .replace("    runs-on", "    strategy: {matrix: {rust: [beta, nightly]}}\n    runs-on"),
        on("on:\n  push: {paths: ['source/**']}\n"),
        on("on:\n  pull_request: {paths-ignore: ['**']}\n"),
        on("on: workflow_dispatch\n"),
        whole
            .replace(
                "jobs:\n",
                "jobs:\n  a: {if: false, runs-on: x, steps: []}\n  b: {needs: a, runs-on: x, steps: []}\n",
            )
            .replace("  test:\n", "  test:\n    needs: b\n"),
    ];
    for text in cannot {
        place.write(".github/workflows/ci.yml", &text);
        let seen = look(&place, "{step: pytest, job: test}").await;
        broken(&seen, GATE);
        held(&seen, "size(obs.swallowed) == 1");
    }
    let unclear = [
        step("        if: vars.RUN_TESTS == 'true'\n"),
        step("        continue-on-error: ${{ matrix.soft }}\n"),
        step("        continue-on-error: ${{ github.event_name == 'push' }}\n"),
    ];
    for text in unclear {
        place.write(".github/workflows/ci.yml", &text);
        not_seen(&look(&place, "{step: pytest, job: test}").await, GATE);
    }
    place.write(
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  test:\n    uses: org/shared/.github/workflows/test.yml@v1\n",
    );
    not_seen(&look(&place, "{step: pytest}").await, GATE);
}

#[tokio::test]
async fn a_step_that_is_meant_by_its_name_is_not_saved_by_what_prepares_it() {
    let named = |run: &str| workflow(&format!("      - name: Run tests\n        run: |\n{run}"));
    let place = Place::new();
    place.write("Makefile", "test:\n\tpytest || true\n");
    place.write(".github/workflows/ci.yml", &named("          pip install -r requirements.txt\n          pytest -q\n"));
    held(&look(&place, "{step: run tests}").await, GATE);
    for run in ["          pip install -r requirements.txt\n          pytest -q || true\n", "          make test\n"] {
        place.write(".github/workflows/ci.yml", &named(run));
        broken(&look(&place, "{step: run tests}").await, GATE);
        broken(&look(&place, "{job: test}").await, GATE);
    }
    broken(&look(&place, "{step: make test}").await, GATE);
    place.write(".github/workflows/ci.yml", &named("          pytest -q || true\n          ruff check .\n"));
    not_seen(&look(&place, "{step: run tests}").await, GATE);
}

#[tokio::test]
async fn pipelines_as_people_write_them() {
    let long = "name: CI\non:\n  push:\n    branches: [main]\n  pull_request:\n    branches: [main]\nenv:\n  CARGO_TERM_COLOR: always\njobs:\n  lint:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - uses: actions/setup-python@v5\n        with: {python-version: '3.12'}\n      - name: Install\n        run: |\n          python -m pip install --upgrade pip\n          pip install -e .[dev] ruff mypy\n      - name: Ruff\n        run: ruff check --output-format=github .\n      - name: Types\n        run: mypy src/ || true\n  test:\n    needs: lint\n    strategy:\n      fail-fast: false\n      matrix:\n        os: [ubuntu-latest, macos-latest]\n    runs-on: ${{ matrix.os }}\n    services:\n      db: {image: 'postgres:16'}\n    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          for i in $(seq 1 30); do\n            pg_isready -h localhost && break\n            sleep 1\n          done\n      - name: Unit tests\n        run: |\n          coverage run -m pytest -q tests/ 2>&1 | tee out.log\n          coverage report --fail-under=80\n        shell: bash\n      - name: Audit\n        if: github.event_name == 'pull_request'\n        run: pip-audit -r requirements.txt\n      - uses: codecov/codecov-action@v4\n        if: ${{ !cancelled() }}\n";
    let place = Place::new();
    place.write(".github/workflows/ci.yml", long);
    for step in ["ruff", "pytest", "pip-audit", "coverage report", "ruff check", "unit tests"] {
        held(&look(&place, &format!("{{step: {step}}}")).await, "obs.can_fail && obs.steps == 1");
    }
    broken(&look(&place, "{step: mypy}").await, GATE);
    broken(&look(&place, "{step: codecov-action}").await, GATE);
    let none = look(&place, "{step: bandit}").await;
    assert_eq!(none.grade, Some(Grade::Absent));
    place.write(".github/workflows/ci.yml", &long.replace("        shell: bash\n", ""));
    broken(&look(&place, "{step: pytest}").await, GATE);
    let gofmt = |run: &str| workflow(&format!("      - run: |\n{run}"));
    for (run, can) in [
        ("          test -z \"$(gofmt -l .)\"\n", true),
        (
            "          if [ -n \"$(gofmt -l .)\" ]; then\n            gofmt -d .\n            exit 1\n          fi\n",
            true,
        ),
        ("          diff=$(gofmt -l .)\n          if [ -n \"$diff\" ]; then echo \"$diff\"; exit 1; fi\n", true),
        ("          gofmt -l .\n", false),
        ("          if [ -n \"$(gofmt -l .)\" ]; then\n            echo bad\n          fi\n", false),
    ] {
        place.write(".github/workflows/ci.yml", &gofmt(run));
        let seen = look(&place, "{step: gofmt}").await;
        if can { held(&seen, "obs.can_fail_steps >= 1") } else { broken(&seen, GATE) }
    }
}
