//! `size.bundle`: budgets of what was built.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::world::{NOW, Place, blind, broken, held, not_seen};

/// Dates a file so many seconds before the look.
fn aged(place: &Place, path: &str, seconds: i64) {
    let at = u64::try_from(NOW / 1_000_000 - seconds).expect("is after 1970");
    let file: &Path = &place.world.directory.join(path);
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
    OpenOptions::new().write(true).open(file).and_then(|file: File| file.set_modified(at)).expect("dates");
}

/// Text that cannot be compressed much: every word is another.
fn words(count: usize) -> String {
    (0..count).map(|n| format!("{:x} ", (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect()
}

#[tokio::test]
async fn a_bundle_of_empty_files_weighs_nothing_and_holds_nothing() {
    let place = Place::new();
    place.write("dist/app.js", "");
    not_seen(&place.look("size.bundle", "{files: 'dist/*.js'}").await, "obs.gzip_bytes < 20kB");
    place.write("dist/app.js", "x");
    held(&place.look("size.bundle", "{files: 'dist/*.js'}").await, "obs.gzip_bytes < 20kB");
}

#[tokio::test]
async fn a_budget_holds_and_what_was_added_turns_it() {
    let place = Place::new();
    // What is built is ignored by git and counts all the same.
    place.write(".gitignore", "dist\n");
    place.write("dist/app.js", &"let a = 1;\n".repeat(10_000));
    place.write("dist/assets/page.js", &words(1_000));
    place.write("dist/app.js.map", &words(100_000));
    let with = "{files: 'dist/**/*.js', each: 200kB}";
    let expect = "obs.gzip_bytes < 20kB && size(obs.over_each) == 0 && obs.files >= 2 && size(obs.empty) == 0";
    let seen = place.look("size.bundle", with).await;
    held(&seen, expect);
    held(&seen, "obs.files == 2 && obs.bytes > 120kB && obs.largest == 'dist/assets/page.js'");
    held(&seen, "obs.largest_bytes == 110kB && obs.largest_gzip_bytes < obs.gzip_bytes");
    assert_eq!(seen.grade, Some(evidence::Grade::Wired));

    place.write("dist/assets/more.js", &words(1_500));
    broken(&place.look("size.bundle", with).await, expect);
    // The whole is what counts, and each by itself, too.
    place.write("dist/assets/more.js", &"a".repeat(300_000));
    let seen = place.look("size.bundle", with).await;
    held(&seen, "obs.gzip_bytes < 20kB && 'dist/assets/more.js' in obs.over_each && size(obs.over_each_gzip) == 0");
    broken(&seen, expect);
    place.write("dist/assets/more.js", "");
    broken(&place.look("size.bundle", with).await, expect);
    let all = place.look("size.bundle", "{files: 'dist/**/*', except: '**/*.map'}").await;
    held(&all, "obs.files == 3");
    held(&place.look("size.bundle", "{files: 'dist/**/*'}").await, "obs.files == 4 && obs.bytes > 1MB");
}

#[tokio::test]
async fn output_older_than_its_sources_holds_nothing() {
    let place = Place::new();
    place.write("dist/app.js", "let a = 1;");
    place.write("src/app.ts", "let a: number = 1;");
    place.write("src/old.ts", "let a: number = 1;");
    let with = "{files: dist/*.js, built_from: 'src/**/*.ts'}";
    aged(&place, "src/old.ts", 5000);
    aged(&place, "src/app.ts", 100);
    aged(&place, "dist/app.js", 50);
    let seen = place.look("size.bundle", with).await;
    held(&seen, "obs.gzip_bytes < 1kB && !obs.stale");
    aged(&place, "dist/app.js", 200);
    let seen = place.look("size.bundle", with).await;
    broken(&seen, "!obs.stale");
    not_seen(&seen, "obs.gzip_bytes < 1kB");
    broken(&seen, "obs.gzip_bytes < 5B");
    let seen = place.look("size.bundle", "{files: dist/*.js, built_from: 'lib/**/*.ts'}").await;
    not_seen(&seen, "obs.gzip_bytes < 1kB");
}

#[tokio::test]
async fn nothing_built_is_no_small_bundle() {
    let place = Place::new();
    let expect = "obs.gzip_bytes < 1kB";
    let seen = place.look("size.bundle", "{files: 'dist/**/*.js'}").await;
    blind(&seen, "was it built?");
    not_seen(&seen, expect);
    place.write("dist/app.js.txt", "no script");
    blind(&place.look("size.bundle", "{files: 'dist/**/*.js'}").await, "was it built?");
    std::os::unix::fs::symlink("/etc/passwd", place.world.directory.join("dist/app.js")).expect("links");
    blind(&place.look("size.bundle", "{files: 'dist/*.js'}").await, "leads out of the repository");
    for (with, wanted) in [
        ("{}", "missing-key"),
        ("{files: /tmp/*}", "wrong-value"),
        ("{files: dist/../../x}", "wrong-value"),
        ("{files: a, each: 0B}", "wrong-value"),
        ("{files: a, each: 5}", "wrong-value"),
        ("{files: a, gzip: 1}", "unknown-key"),
    ] {
        let problems = place.read("size.bundle", with).expect_err(with);
        assert!(problems.iter().any(|problem| problem.rule == wanted), "{with}: {problems:?}");
    }
}

#[tokio::test]
async fn links_and_hidden_directories_neither_hide_nor_double_what_is_weighed() {
    let place = Place::new();
    let link = |from: &str, to: &Path| {
        std::os::unix::fs::symlink(to, place.world.directory.join(from)).expect("links");
    };
    place.write("dist/a/app.js", "let a = 1;");
    place.write("dist/.cache/old.js", "let a = 1;");
    link("dist/again", Path::new("a"));
    link("dist/round", Path::new("."));
    let seen = place.look("size.bundle", "{files: 'dist/**/*.js'}").await;
    held(&seen, "obs.files == 1 && obs.bytes == 10B && obs.largest == 'dist/a/app.js'");
    held(&place.look("size.bundle", "{files: 'dist/.cache/*.js'}").await, "obs.files == 1");
    held(&place.look("size.bundle", "{files: './dist/*/app.js'}").await, "obs.files == 1");
    // What lies behind a link elsewhere may be the larger part.
    place.write("other/large.js", "let b = 2;");
    link("dist/more", &place.world.directory.join("other"));
    blind(&place.look("size.bundle", "{files: 'dist/**/*.js'}").await, "which is not followed");
    held(&place.look("size.bundle", "{files: 'dist/a/*.js'}").await, "obs.files == 1");
    // A directory that is itself a link is where it leads to.
    link("public", Path::new("other"));
    held(&place.look("size.bundle", "{files: 'public/*.js'}").await, "obs.files == 1");
}
