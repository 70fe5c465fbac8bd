//! What people write for each noun, folded and parted by commas. A language is a few more words.
//!
//! The languages follow one another: English, German, French, Spanish, Portuguese here, and in `further` Italian, Polish,
//! Dutch, the Scandinavian ones, Russian and Chinese, and in `eastern` Arabic, Indonesian and others. No word stands for two nouns.

mod eastern;
mod further;

use std::sync::LazyLock;

use foldhash::HashMap;

use crate::noun::FieldName::{
    self, AcceptanceCriteria, BlastRadius, Category, Cause, Component, Description, Detection, Effect, Effort,
    Evidence, ExistingGuardrail, FailureMode, Id, Impact, Level, Likelihood, Mitigation, Owner, Planned, Priority,
    Residual, Score, Severity, Status, Testing, Timeline, Title, Trigger,
};

/// Folded words to nouns.
pub(crate) static BY_WORD: LazyLock<HashMap<&'static str, FieldName>> = LazyLock::new(|| {
    let all = SYNONYMS.iter().chain(further::SYNONYMS).chain(eastern::SYNONYMS);
    all.flat_map(|(noun, words)| words.split(", ").map(move |word| (word, *noun))).collect()
});

/// Every word.
const SYNONYMS: &[(FieldName, &str)] = &[
    (
        Id,
        "id, ids, key, risk id, risk key, debt id, debt no, fm id, mode id, risk no, risk nr, risk number, ref, reference, no, nr, kennung, risiko id, risiko nr, numero, id \
         risque, id riesgo",
    ),
    (
        Title,
        "title, risk, risks, risk title, risk name, risk item, risk factor, name, threat, hazard, debt, \
         technical debt, debt item, tech debt, item, issue, problem, concern, finding, event, risk event, \
         titel, thema, risiko, risiken, riscos, riesgos, risques, menaces, ameacas, amenazas, gefahr, bedrohung, technische schuld, titre, risque, menace, dette technique, titulo, \
         riesgo, amenaza, deuda tecnica, risco, ameaca, divida tecnica",
    ),
    (
        Component,
        "component, service, subsystem, system, dependency, komponente, dienst, composant, componente, \
         servicio",
    ),
    (
        FailureMode,
        "failure mode, failure modes, failure, failure scenario, mode, potential failure mode, what fails, what breaks, what goes wrong, how it fails, fault, fehlermodus, fehlerart, fehlerbild, ausfallart, ausfallmodus, versagensart, art des ausfalls, storung, storfall, was passiert, \
         ausfall, mode de defaillance, defaillance, modo de fallo, fallo",
    ),
    (
        Category,
        "category, type, risk type, risk category, area, domain, kategorie, bereich, categorie, categoria, \
         tipo",
    ),
    (
        Description,
        "description, why it matters, risk description, risk statement, details, summary, what happens, what happened, scenario, beschreibung, \
         risikobeschreibung, szenario, description du risque, scenario de risque, descripcion, descripcion \
         del riesgo, escenario, descricao",
    ),
    (
        Cause,
        "cause, causes, why it happens, why this happens, root cause, potential cause, ursache, ursachen, cause racine, causa, causas",
    ),
    (
        Effect,
        "effect, effects, potential effect, potential effects, symptom, symptoms, behavior, behaviour, expected \
         behavior, expected behaviour, system behavior, system behaviour, user impact, customer impact, player impact, patient impact, client impact, observable effect, folge, folgen, wirkung, wirkungen, effet, effets, \
         efecto, efectos",
    ),
    (
        BlastRadius,
        "blast radius, scope, affected, who feels it, who is affected, betroffen, wer ist betroffen, reichweite, portee, alcance",
    ),
    (
        Likelihood,
        "likelihood, probability, possibility, prob, proba, occurrence, chance, wahrscheinlichkeit, eintrittswahrscheinlichkeit, \
         probabilite, vraisemblance, probabilidad, probabilidade",
    ),
    (
        Impact,
        "impact, imp, consequence, consequences, impact level, business impact, auswirkung, auswirkungen, schaden, \
         schadenshohe, consequence possible, consequences possibles, impacto, consecuencia, consecuencias",
    ),
    (
        Severity,
        "severity, sev, criticality, severity level, schwere, schweregrad, gravite, severite, criticite, criticidad, criticidade, gravedad, severidad, gravidade, severidade",
    ),
    (
        Detection,
        "detection, detect, detectability, entdeckung, entdeckungswahrscheinlichkeit, detectabilite, \
         deteccion",
    ),
    (
        Score,
        "score, risk score, rpn, index, risk index, rating score, exposure, risikozahl, rpz, punkte, risikoscore, risikowert, \
         score de risque, indice, puntuacion, puntaje, exposicion, npr, exposicao, pontuacao",
    ),
    (
        Level,
        "level, risk level, overall level, overall rating, rating, risk rating, overall risk, overall, classification, risk class, stufe, \
         risikostufe, risikoklasse, einstufung, niveau, niveau de risque, nivel, nivel de riesgo",
    ),
    (Priority, "priority, prio, prioritat, priorite, prioridad, prioridade"),
    (Status, "status, state, risk status, residual status, zustand, statut, etat, estado, estatus"),
    (
        Owner,
        "owner, owners, risk owner, responsible, assignee, accountable, team, verantwortlich, \
         verantwortliche, verantwortlicher, eigentumer, responsable, proprietaire, dueno, propietario, owner \
         role, dono, responsavel",
    ),
    (
        Mitigation,
        "mitigation, mitigations, mitigation strategy, mitigation strategies, mitigation chain, mitigation \
         plan, mitigation measures, treatment, risk treatment, treatment strategy, treatment plan, response, system \
         response, recovery, recover, recovery steps, recovery plan, handling, contingency, contingency plan, action preventive, action corrective, plan d action, \
         resolution, resolution plan, repair path, operator action, operator actions, countermeasure, countermeasures, strategy, workaround, risk response, \
         massnahme, massnahmen, mitigationsmassnahme, mitigationsmassnahmen, minderung, gegenmassnahme, gegenmassnahmen, attenuation, mesure, mesures, mesures d \
         attenuation, mitigacion, plan de mitigacion, medidas, medida, mitigacao, tratamento",
    ),
    (
        ExistingGuardrail,
        "current mitigation, current mitigations, mitigations in place, mitigation in place, controls in place, what exists, existing mitigation, existing mitigations, current \
         guardrail, current guardrails, existing guardrail, guardrail, current control, current controls, \
         existing controls, controls, control, protection, safeguard, safeguards, bestehende massnahmen, \
         bestehende massnahme, mesures existantes, controles existentes, controles actuales",
    ),
    (
        Planned,
        "proposed mitigation, proposed mitigations, planned mitigation, planned mitigations, proposed \
         guardrail, proposed guardrails, proposed, planned, action, actions, action plan, planned action, \
         next steps, next step, fix, recommended fix, suggested fix, fix recommande, correctif, correctif recommande, correccion propuesta, correcao sugerida, recommendation, recommendations, remediation, recommended action, \
         recommended actions, geplante massnahmen, geplant, ruckzahlungspfad, rueckzahlungspfad, recommended improvements, required action, required actions, follow up, actions prevues, acciones, accion, plan de \
         accion, recomendacion",
    ),
    (
        AcceptanceCriteria,
        "acceptance criteria, acceptance criterion, exit criteria, done when, success criteria, \
         akzeptanzkriterien, abnahmekriterien, criteres d acceptation, criterios de aceptacion",
    ),
    (
        Residual,
        "residual risk, residual, residual level, residual rating, residual score, restrisiko, residualrisiko, risque residuel, riesgo residual",
    ),
    (Effort, "effort, cost, aufwand, effort estime, esfuerzo"),
    (
        Timeline,
        "timeline, due, due date, deadline, target date, target resolution, zieltermin, timeframe, by when, frist, termin, zeitrahmen, \
         echeance, delai, plazo, fecha limite",
    ),
    (Evidence, "evidence, current evidence, proof, nachweis, preuve, preuves, evidencia"),
    (Testing, "testing, test, tests, verification, validation, how to test, pruefung, prufung, essai, pruebas"),
    (
        Trigger,
        "trigger, triggers, when this occurs, when it happens, risk trigger, monitoring trigger, warning sign, warning signs, early warning, early warning sign, early warning \
         signs, indicator, indicators, ausloser, declencheur, disparador",
    ),
];

/// Words before "risk" that only say which risks are listed: `Technical risk`.
pub(crate) const RISK_KINDS: &str = "technical, business, project, product, operational, operations, security, privacy, compliance, \
    legal, financial, delivery, schedule, architecture, architectural, data, key, main, top, major, \
    potential, identified, known, supply chain, dependency";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    #[test]
    fn every_synonym_is_folded_and_means_one_thing() {
        let mut seen = HashMap::default();
        for (noun, words) in SYNONYMS.iter().chain(further::SYNONYMS) {
            for word in words.split(", ") {
                assert_eq!(fold(word), word, "not folded");
                assert_eq!(seen.insert(word, noun), None, "{word} means two things");
            }
        }
    }
}
