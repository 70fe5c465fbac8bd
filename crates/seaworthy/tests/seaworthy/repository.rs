//! The rules that look at the repository, through the binary, in a real one.

use crate::world::World;

pub(crate) fn git(world: &World, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
    let mut command = std::process::Command::new("git");
    let status = command.args(identity).args(arguments).current_dir(world.path()).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

/// A repository whose register speaks of files, links and names: some right, some not.
fn shop() -> World {
    let world = World::empty();
    world.write("src/retry.py", "def retry_payment():\n    ...\n# a text that is long enough to be found again\n");
    world.write("src/flags.py", "allow_exports = True\n");
    world.write("docs/Backup.md", "# Backup\n\n## How to restore\n");
    world.write(
        "docs/risks.md",
        "# Risks\n\n### R-1: Payments hang\n**Impact:** High\n**Current mitigation:** `retry_payment()` in `src/retry.py`, switch `allow_exports`, `stop_exports`\n**Mitigation:** see [backup](Backup.md#how-to-restore), [restore](backup.md), [gone](restore.md), [x](Backup.md#hwo-to-restore)\n",
    );
    git(&world, &["init", "-q", "-b", "main"]);
    git(&world, &["add", "-A"]);
    git(&world, &["commit", "-qm", "first"]);
    world
}

fn findings(world: &World) -> Vec<(String, u64)> {
    let said = world.run(&["lint", "docs/risks.md", "--format", "json"]);
    let found = said.json()["findings"].as_array().unwrap().clone();
    let line = |finding: &serde_json::Value| finding["line"].as_u64().unwrap();
    found.iter().map(|finding| (finding["rule"].as_str().unwrap().to_owned(), line(finding))).collect()
}

#[test]
fn links_names_and_paths_are_looked_up_in_the_repository() {
    let world = shop();
    let expected = [("name-undefined", 5), ("broken-link", 6), ("broken-link", 6), ("broken-link", 6)];
    assert_eq!(findings(&world), expected.map(|(rule, line)| (rule.to_owned(), line)));
}

#[test]
fn a_renamed_file_is_told_with_its_commit_and_a_plain_directory_says_less() {
    let world = shop();
    git(&world, &["mv", "src/retry.py", "src/again.py"]);
    git(&world, &["commit", "-qm", "second"]);
    let said = world.run(&["lint", "docs/risks.md"]).exits(1);
    assert!(said.err.contains("'src/retry.py' was renamed to 'src/again.py' on 20"), "{}", said.err);
    std::fs::remove_dir_all(world.path().join(".git")).unwrap();
    let found = findings(&world);
    assert!(found.contains(&("path-missing".to_owned(), 5)), "without history it is only missing: {found:?}");
}
