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
        "- if: always()\n  run: pytest",
        "- run: make test",
        "- run: npm run check",
        "- run: ./scripts/test.sh",
        "- continue-on-error: false\n  run: pytest",
        "- run: |\n    # pytest || true\n    pytest",
    ];
    for step in can {
        let seen = of(step).await;
        held(&seen, GATE);
        held(&seen, "obs.steps == 1 && size(obs.swallowed) == 0");
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
        "- run: bash -c \"pytest || true\"",
        "- run: '{ pytest; } || true'",
        "- run: |\n    check() {\n      pytest\n    }",
        "- run: |\n    set +e\n    pytest\n    code=$?\n    exit $code",
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
