//! The public trees whose exact figures are known, where they lie beside the project; else this says so.

use std::path::Path;

use text::Source;

use crate::world::solved;

/// Tree, top probability, minimal cut sets (of das9601 the minimal positive parts).
const KNOWN: [(&str, f64, &str); 12] = [
    ("baobab1", 0.000_101_708_077_838_372_11, "46188"),
    ("baobab3", 0.002_241_170_137_801_691, "24386"),
    ("chinese", 0.001_170_581_810_758_669, "392"),
    ("das9201", 0.013_423_667_727_275_395, "14217"),
    ("das9601", 0.004_234_402_887_369_204, "4259"),
    ("edf9201", 0.324_591_446_728_752_06, "579720"),
    ("edfpa14p", 0.080_705_921_772_185_77, "415500"),
    ("elf9601", 0.096_629_098_542_546_12, "151348"),
    ("ftr10", 0.448_677_119_678_288_55, "305"),
    ("isp9603", 0.003_233_264_386_959_858_3, "3434"),
    ("isp9605", 1.371_708_805_455_476_6e-5, "5630"),
    ("jbd9601", 0.755_090_615_056_509_3, "14007"),
];

#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test data lies outside of the project, or is said to be missing"
)]
fn the_public_trees_have_their_known_figures() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/aralia");
    if !directory.is_dir() {
        println!("not checked: {} is not there", directory.display());
        return;
    }
    for (name, probability, cut_sets) in KNOWN {
        let path = directory.join(format!("{name}.xml"));
        let sources = vec![Source::new(name, std::fs::read_to_string(path).expect("is there"))];
        let (model, problems) = faulttree::read(&sources);
        assert!(problems.is_empty(), "{name}: {problems:#?}");
        let tops = model.tops();
        assert_eq!(tops.len(), 1, "{name}");
        let (question, problems) = model.question(tops[0], &sources);
        assert!(problems.is_empty() && question.without_probability.is_empty(), "{name}: {problems:#?}");
        let found = solved(&question.tree);
        assert!(found.exact, "{name}");
        assert!((found.probability.low - probability).abs() <= 1e-10 * probability, "{name}: {:?}", found.probability);
        assert_eq!(found.cut_sets.expect("are counted").total.to_string(), cut_sets, "{name}");
    }
}
