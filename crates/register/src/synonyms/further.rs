//! The same words in further languages: Italian, Polish, Dutch, Norwegian, Danish and Swedish, Russian, Chinese, Japanese.

use crate::noun::FieldName::{
    self, AcceptanceCriteria, Category, Cause, Component, Description, Detection, Effect, Effort, Evidence,
    ExistingGuardrail, FailureMode, Id, Impact, Level, Likelihood, Mitigation, Owner, Planned, Priority, Residual,
    Score, Severity, Status, Testing, Timeline, Title, Trigger,
};

/// Every word.
pub(super) const SYNONYMS: &[(FieldName, &str)] = &[
    (Id, "codice, id rischio, lp, numer, identyfikator, id ryzyka, id risico, код, номер, 编号, 序号, 番号"),
    (
        Title,
        "rischio, rischi, minaccia, debito tecnico, titolo, ryzyko, zagrozenie, nazwa, nazwa ryzyka, tytul, dlug \
         techniczny, risico, bedreiging, trussel, риск, угроза, название, 风险, 风险项, 风险描述, 风险名称, リスク, risc",
    ),
    (Component, "servizio, komponent, usluga, onderdeel, компонент, сервис, 组件"),
    (
        FailureMode,
        "modalita di guasto, modo di guasto, guasto, tryb awarii, awaria, rodzaj awarii, faalwijze, storing, отказ, \
         故障模式",
    ),
    (Category, "kategoria, obszar, категория, тип, 类别, 分类"),
    (
        Description,
        "descrizione, opis, opis ryzyka, scenariusz, omschrijving, beschrijving, beskrivelse, beskrivning, описание, \
         描述, 说明, 説明",
    ),
    (Cause, "przyczyna, przyczyny, dlaczego, dlaczego to sie dzieje, oorzaak, arsak, причина, причины, 原因, 根因"),
    (Effect, "effetto, effetti, skutek, skutki, objaw, objawy, effecten, эффект, 现象"),
    (
        Likelihood,
        "probabilita, prawdopodobienstwo, waarschijnlijkheid, kans, sannsynlighet, sannolikhet, sandsynlighed, \
         вероятность, 可能性, 概率, 発生確率, probabilitat",
    ),
    (
        Impact,
        "impatto, conseguenza, conseguenze, wplyw, konsekwencje, oddzialywanie, gevolg, gevolgen, konsekvens, \
         konsekvenser, paverkan, pavirkning, влияние, последствия, последствие, воздействие, ущерб, 影响, 影响程度, 影響, impacte",
    ),
    (
        Severity,
        "gravita, severita, criticita, istotnosc, dotkliwosc, ernst, alvorlighet, alvorlighetsgrad, allvarlighet, \
         критичность, серьезность, серьёзность, 严重性, 严重程度, 重大度, gravetat",
    ),
    (Detection, "rilevamento, rilevabilita, wykrywanie, wykrywalnosc, detectie, обнаружение"),
    (Score, "punteggio, punktacja, ocena, wynik, 评分, 分值"),
    (
        Level,
        "livello, livello di rischio, poziom, poziom ryzyka, risicoklasse, risikoniva, niva, riskniva, risikoniveau, \
         уровень, уровень риска, 等级, 级别, 风险等级",
    ),
    (Priority, "priorita, priorytet, prioriteit, prioritet, приоритет, 优先级, 優先度"),
    (Status, "stato, stan, stan ryzyka, статус, состояние, 状态, 状態, ステータス"),
    (
        Owner,
        "responsabile, proprietario, wlasciciel, wlasciciel ryzyka, odpowiedzialny, osoba odpowiedzialna, eigenaar, \
         verantwoordelijke, eier, ansvarlig, agare, ansvarig, ejer, ответственный, владелец, 负责人, 责任人, 担当者",
    ),
    (
        Mitigation,
        "mitigazione, mitigazioni, contromisura, contromisure, trattamento, misure di mitigazione, piano di \
         mitigazione, mitygacja, dzialania, dzialanie, dzialania zaradcze, srodki zaradcze, przeciwdzialanie, plan \
         mitygacji, lagodzenie, maatregel, maatregelen, beheersmaatregel, beheersmaatregelen, mitigering, tiltak, \
         atgard, atgarder, foranstaltninger, меры, митигация, снижение, меры по снижению, смягчение, 缓解措施, \
         应对措施, 缓解, 措施, 对策, 対策, 解法, mesura preventiva, mesures preventives, mesura, mitigacio",
    ),
    (
        ExistingGuardrail,
        "controlli esistenti, misure esistenti, zabezpieczenie, zabezpieczenia, istniejace zabezpieczenia, obecne zabezpieczenia, \
         bestaande maatregelen, 现有控制",
    ),
    (
        Planned,
        "azione, azioni, piano d azione, raccomandazione, planowane dzialania, zalecenia, rekomendacja, acties, \
         действия, план, 计划",
    ),
    (AcceptanceCriteria, "criteri di accettazione, kryteria akceptacji, критерии приемки"),
    (Residual, "rischio residuo, ryzyko rezydualne, ryzyko szczatkowe, restrisico, остаточный риск, 残余风险"),
    (Effort, "impegno, naklad, koszt, inspanning, трудозатраты"),
    (Timeline, "scadenza, data obiettivo, deadline data, data docelowa, срок, 截止日期, 期限"),
    (Evidence, "evidenza, prova, dowod, dowody, bewijs, доказательство, 证据"),
    (Testing, "verifica, weryfikacja, проверка, 验证"),
    (Trigger, "innesco, wyzwalacz, sygnal ostrzegawczy, триггер, 触发条件"),
];
