//! One row in each language: the same risk, understood the same.

use register::{FieldName, Level, State};

use crate::read;

/// Heading words for title, likelihood, impact, mitigation, owner and status, then a row of them.
const LANGUAGES: &[(&str, [&str; 6], [&str; 4])] = &[
    ("English", ["Risk", "Likelihood", "Impact", "Mitigation", "Owner", "Status"], ["Low", "High", "Closed", "Medium"]),
    (
        "German",
        ["Risiko", "Wahrscheinlichkeit", "Auswirkung", "Maßnahme", "Verantwortlich", "Zustand"],
        ["Niedrig", "Hoch", "Geschlossen", "Mittel"],
    ),
    (
        "French",
        ["Risque", "Probabilité", "Impact", "Mesures d'atténuation", "Responsable", "Statut"],
        ["Faible", "Élevé", "Clos", "Moyen"],
    ),
    (
        "Spanish",
        ["Riesgo", "Probabilidad", "Impacto", "Mitigación", "Responsable", "Estado"],
        ["Baja", "Alto", "Cerrado", "Media"],
    ),
    (
        "Portuguese",
        ["Risco", "Probabilidade", "Impacto", "Mitigação", "Responsável", "Estado"],
        ["Baixa", "Alto", "Fechado", "Média"],
    ),
    (
        "Polish",
        ["Ryzyko", "Prawdopodobieństwo", "Wpływ", "Działania", "Właściciel", "Stan"],
        ["Niskie", "Wysoki", "Zamknięte", "Średnie"],
    ),
    (
        "Italian",
        ["Rischio", "Probabilità", "Impatto", "Mitigazione", "Responsabile", "Stato"],
        ["Bassa", "Alto", "Chiuso", "Media"],
    ),
    (
        "Norwegian",
        ["Risiko", "Sannsynlighet", "Konsekvens", "Tiltak", "Ansvarlig", "Status"],
        ["Lav", "Høy", "Lukket", "Moderat"],
    ),
    ("Dutch", ["Risico", "Kans", "Gevolg", "Maatregel", "Eigenaar", "Status"], ["Laag", "Hoog", "Gesloten", "Middel"]),
    (
        "Russian",
        ["Риск", "Вероятность", "Влияние", "Меры", "Ответственный", "Статус"],
        ["Низкая", "Высокое", "Закрыт", "Средняя"],
    ),
    ("Chinese", ["风险", "可能性", "影响", "缓解措施", "负责人", "状态"], ["低", "高", "已关闭", "中"]),
];

#[test]
fn a_row_means_the_same_in_every_language() {
    for (language, heads, [low, high, closed, medium]) in LANGUAGES {
        let text = format!(
            "# X\n\n| ID | {} |\n|---|---|---|---|---|---|---|\n| R-1 | Pump stops | {low} | {high} | Second pump | Ines | {closed} |\n| R-2 | Valve leaks | {medium} | {low} | Seal | Ines | |\n",
            heads.join(" | ")
        );
        let register = read(&text);
        assert_eq!(register.risks.len(), 2, "{language}");
        let first = &register.risks[0];
        let level = |noun| first.field(noun).and_then(|field| field.value.level());
        assert_eq!(level(FieldName::Likelihood), Some(Level::Low), "{language}");
        assert_eq!(level(FieldName::Impact), Some(Level::High), "{language}");
        assert_eq!(first.state, State::Closed, "{language}");
        let short = |noun| first.field(noun).map(|field| field.value.short());
        assert_eq!(short(FieldName::Owner).as_deref(), Some("Ines"), "{language}");
        assert_eq!(short(FieldName::Mitigation).as_deref(), Some("Second pump"), "{language}");
        let second = register.risks[1].field(FieldName::Likelihood).and_then(|field| field.value.level());
        assert_eq!(second, Some(Level::Medium), "{language}");
    }
}

#[test]
fn a_register_without_a_risk_word_in_any_language_lists_nothing() {
    for (language, heads, [low, ..]) in LANGUAGES {
        let text = format!("# Inventory\n\n| Box | Color | {} |\n|---|---|---|\n| A | {low} | Ines |\n", heads[4]);
        assert_eq!(read(&text).risks.len(), 0, "{language}");
    }
}
