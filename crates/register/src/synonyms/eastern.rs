//! The same words in traditional Chinese, Arabic, Indonesian, Vietnamese, Turkish, Ukrainian, Korean and Hungarian, and what the others miss.

use crate::noun::FieldName::{
    self, Category, Cause, Description, Detection, Evidence, Id, Impact, Level, Likelihood, Mitigation, Owner, Planned,
    Priority, Residual, Score, Severity, Status, Timeline, Title, Trigger,
};

/// Every word.
pub(super) const SYNONYMS: &[(FieldName, &str)] = &[
    (Id, "風險編號, 編號, 风险id, 风险编号, معرف الخطر, mã rủi ro, id risiko"),
    (
        Title,
        "kockazat, 風險, 風險項目, 風險名稱, 技術債, 技术债务, 隐患, الخطر, المخاطر, rủi ro, risk adi, ризик, 위험, 리스크, リスク項目, リスク名",
    ),
    (Category, "類別, 分類, الفئة, kategori, loại, категорія, 분류, カテゴリ"),
    (
        Description,
        "veszely, leiras, 問題, 问题, 風險描述, 現況, 现状, 内容, الوصف, deskripsi, masalah, mo tả, mô tả, aciklama, опис, опис ризику, 설명, 내용, 概要",
    ),
    (Cause, "成因, السبب, penyebab, nguyên nhan, neden, 원인"),
    (
        Likelihood,
        "valoszinuseg, 發生機率, 機率, 发生概率, 发生可能性, الاحتمالية, احتمالية الحدوث, kemungkinan, probabilitas, khả nang xảy ra, khả nang, xac suất, \
         olasilik, ймовірність, 가능성, 발생 가능성, 発生可能性, 確率",
    ),
    (
        Impact,
        "kovetkezmeny, hatas, 影響程度, 影響範圍, 影響面, 影响面, 影响范围, التأثير, الأثر, dampak, tac động, ảnh hưởng, mức độ ảnh hưởng, etki, вплив, наслідки, 영향, 영향도, \
         影響度, 影響範囲",
    ),
    (
        Severity,
        "sulyossag, 嚴重性, 嚴重程度, 严重度, الخطورة, keparahan, tingkat keparahan, mức độ nghiem trọng, siddet, 심각도, 深刻度",
    ),
    (Detection, "偵測, 检测, 检测方式, phat hiện"),
    (Score, "風險值, 风险值, 风险分值, درجة الخطر, skor, điểm, puan, 점수"),
    (
        Level,
        "風險等級, 等級, مستوى الخطر, tingkat risiko, mức rủi ro, risk seviyesi, рівень ризику, 위험도, リスクレベル",
    ),
    (Priority, "prioritas, 優先順序, 優先級, الأولوية, prioritas, ưu tien, oncelik, пріоритет, 우선순위"),
    (Status, "allapot, 狀態, الحالة, trạng thai, tình trạng, tinh trạng, durum, 상태"),
    (
        Owner,
        "felelos, 負責人, المالك, المسؤول, pemilik, penanggung jawab, pic, người phụ trach, chủ sở hữu, sorumlu, відповідальний, 담당자, 責任者",
    ),
    (
        Mitigation,
        "megelozes, kockazatcsokkentes, intezkedes, 緩解, 緩解中, 緩解措施, 因應措施, 因應, 應對策略, 应对策略, 应对方案, 缓解策略, 缓解方案, 解决方案, 解決方案, خطة التخفيف, التخفيف, الإجراءات, \
         mitigasi, solusi, penanganan, giảm thiểu, biện phap giảm thiểu, biện phap, azaltma, onlem, onlemler, заходи, пом якшення, 대응 방안, 대응, 완화 방안, \
         완화, 対応策, 軽減策",
    ),
    (Planned, "下一步, 建议, 建議, rencana, kế hoạch, план дій, 계획"),
    (Residual, "殘餘風險, residual risiko, залишковий ризик"),
    (Timeline, "到期日, tenggat, thời hạn, термін, 기한"),
    (Evidence, "證據, bằng chứng, bukti, доказ"),
    (Trigger, "觸發條件, 升級條件, المحفز, pemicu, dấu hiệu, tetikleyici, トリガー"),
];
