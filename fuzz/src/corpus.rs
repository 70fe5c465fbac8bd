//! Documents of every shape that the reader knows, from which mutation starts.

/// One document a shape.
pub const DOCUMENTS: &[&str] = &[
    "# Risks\n\n| ID | Risk | Probability | Impact | Score | Status | Owner |\n|---|---|---|---|---|---|---|\n| R-1 | Queue full | 2 | 3 | 6 | Open | @ops |\n| R-2 | ~~Disk lost~~ | 1 | 3 | 3 | Closed | Ann, Bob |\n\n## Details\n\n### R-1: Queue full\n\n**Mitigation:**\n1. Bound it in `queue/limits.toml`\n2. Alert\n   ```yaml\n   max: 100\n   ```\n\n**Status:** Partially mitigated (bounded, no alert)\n",
    "---\ntitle: x\n---\n\n<!-- note -->\n\nRisiken\n=======\n\n| Nr. | Risiko | Eintrittswahrscheinlichkeit | Auswirkung | Maßnahme |\n|:--|:-:|--:|---|---|\n| 1 | Ausfall des Rechenzentrums | mittel | hoch | zweiter Standort |\n| 2 | Schlüssel `a\\|b` verloren | gering | sehr hoch | - |\n",
    "# FMEA\r\n\r\n| Component | Failure Mode | Effect | S | O | D | RPN |\r\n|---|---|---|---|---|---|---|\r\n| Mailer | stops | no mail | 7 | 3 | 4 | 84 |\r\n| Cache | stale | old data | 5 | 5 | 2 | 50 |\r\n",
    "## Risk Profile\n\n```yaml\nrisk_summary:\n  totals: {critical: 0, high: 1, medium: 0, low: 1}\n  highest: {id: SEC-001, score: 6, title: 'Open port'}\n```\n\n### SEC-001 — Open port (Score 6)\n- Probability: Medium (2)\n- Impact: High (3)\n- Mitigation: close it\n- Testing: scan from outside\n",
    "# Failure scenarios\n\n### Scenario 1: Index lost\n```\nIndex lost\n  → searches fail\n  → no fallback\n  → cache answers\n```\n\n**Mitigation chain:**\n1. Rebuild\n\n### Checkout flow\n```\nShop → POST /order\n  → [SPOF] Payment\n  → Mail (async)\n```\n**Fallback:** None\n\n#### P0 (first)\n1. **Rebuild job** - nightly\n",
    "Risks\n\n1) Vendor goes away - Mitigation: second vendor\n2) **Key person leaves** Likelihood: high; Impact: medium; Owner: HR\n\n- **Data loss**\n  - Impact: High\n  - Likelihood: Low\n  - [x] backups\n  - [ ] restore tested\n",
    "# Risk\n\n|  |  |\n|---|---|\n| **Risk** | Certificate expires |\n| **Likelihood** | 🟡 Medium |\n| **Impact** | 🔴 High (3) |\n| **Owner** | platform |\n\n<!-- seaworthy:status -->\nheld\n<!-- /seaworthy:status -->\n\n| Metric | Target | Alert | Critical |\n|---|---|---|---|\n| errors | <1% | >2% | >5% |\n",
];

/// Fault trees of every construct that is read.
pub const TREES: &[&str] = &[
    "<opsa-mef><define-fault-tree name=\"t\"><define-gate name=\"top\"><or><gate name=\"two\"/><basic-event name=\"a\"/><not><basic-event name=\"b\"/></not></or></define-gate><define-gate name=\"two\"><atleast min=\"2\"><basic-event name=\"a\"/><basic-event name=\"b\"/><basic-event name=\"c\"/></atleast></define-gate></define-fault-tree><model-data><define-basic-event name=\"a\"><float value=\"0.1\"/></define-basic-event><define-basic-event name=\"b\"><parameter name=\"p\"/></define-basic-event><define-basic-event name=\"c\"><exponential><float value=\"1e-4\"/><system-mission-time/></exponential></define-basic-event><define-parameter name=\"p\"><float value=\"0.2\"/></define-parameter></model-data></opsa-mef>",
    "<?xml version=\"1.0\"?><opsa-mef><define-fault-tree name=\"x\"><define-component name=\"c\"><define-gate name=\"g\" role=\"private\"><xor><house-event name=\"h\"/><basic-event name=\"e\"/></xor></define-gate></define-component><define-gate name=\"top\"><and><gate name=\"c.g\"/><cardinality min=\"1\" max=\"2\"><basic-event name=\"e\"/><basic-event name=\"f\"/></cardinality></and></define-gate><define-house-event name=\"h\"><constant value=\"true\"/></define-house-event><define-basic-event name=\"e\"><float value=\"0.5\"/></define-basic-event><define-CCF-group name=\"k\" model=\"beta-factor\"><members><basic-event name=\"f\"/><basic-event name=\"z\"/></members><distribution><float value=\"0.1\"/></distribution><factors><factor level=\"2\"><float value=\"0.2\"/></factor></factors></define-CCF-group></define-fault-tree></opsa-mef>",
];

/// Kubernetes objects and a kustomization.
pub const MANIFESTS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n        - {name: api, image: 'x:1', env: [{name: DB, value: db}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: api}}\n",
    "resources: [a.yaml]\nnamePrefix: eu-\nreplicas: [{name: api, count: 3}]\nimages: [{name: x, newTag: '2'}]\ncommonLabels: {a: b}\npatches:\n  - target: {kind: Deployment, name: a.*}\n    patch: |-\n      - {op: add, path: /spec/replicas, value: 4}\n  - path: a.yaml\nconfigMapGenerator: [{name: c, literals: [A=b]}]\n",
];
