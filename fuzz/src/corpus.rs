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
