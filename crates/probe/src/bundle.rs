//! `size.bundle`: what built files weigh, as they are and compressed, and whether they are what the sources would make.
//!
//! A budget is kept by what was built, not by a line in a build tool's settings; and by what was built last: output that is
//! older than its sources says nothing about them, and can then break a claim but not hold one. Each file is compressed by
//! itself with gzip at level 9, as a careful server would send it. What this does not do: build.

use std::io::Write;
use std::time::Duration;

use evidence::{Grade, Value};
use flate2::{Compression, GzBuilder};
use glob::Pattern;
use text::{Bytes, Fields};

use crate::files::{self, Found, Grounds};
use crate::kind::{Kind, Look, Looking, in_thread, ready};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};

/// The most bytes of all files together, 512 MiB: compressing more would take too long.
pub const MAX_BUNDLE_BYTES: u64 = 512 * 1024 * 1024;

/// How long weighing may take.
const WITHIN: Duration = Duration::from_secs(60);

/// The most names of a list.
const MAX_NAMES: usize = 200;

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] = &[Kind { name: "size.bundle", read: |fields, _, _| ready(SizeBundle::read(fields)) }];

/// What built files weigh.
#[derive(Clone, Debug)]
pub(crate) struct SizeBundle {
    files: Vec<String>,
    except: Vec<String>,
    built_from: Vec<String>,
    each: Option<u64>,
}

impl SizeBundle {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        fields.need("files")?;
        let files = files::read(fields, "files");
        let except = files::read(fields, "except");
        let built_from = files::read(fields, "built_from");
        let each = fields.bytes("each").map(|Bytes(size)| size);
        if each == Some(0) {
            let span = span_of(fields, "each");
            fields.problem("wrong-value", span, "`each` must be above 0B");
        }
        Some(Self { files, except, built_from, each })
    }
}

impl Look for SizeBundle {
    fn subject(&self) -> String {
        self.files.join(", ")
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move {
            let (probe, grounds) = (self.clone(), Grounds::of(world));
            let source = self.files.join(", ");
            in_thread(&source.clone(), WITHIN, move || {
                weigh(&probe, &grounds).unwrap_or_else(|error| Sight::blind(source, &error))
            })
            .await
        })
    }
}

/// A file and what it comes to.
struct Weighed {
    path: String,
    bytes: u64,
    gzip: u64,
}

fn weigh(probe: &SizeBundle, grounds: &Grounds) -> Result<Sight, Error> {
    let except: Vec<Pattern> = probe.except.iter().filter_map(|text| Pattern::new(text).ok()).collect();
    let mut found = files::find(&probe.files, grounds, &[])?;
    found.retain(|file| !except.iter().any(|pattern| files::fits(pattern, &file.path)));
    let mut sight = Sight::new(probe.files.join(", "));
    // Nothing weighs nothing: an empty file is no bundle.
    sight.subjects = found.iter().filter(|file| file.bytes > 0).count() as u64;
    if found.is_empty() {
        sight.trouble = Some("no file of these names is there: was it built?".to_owned());
        return Ok(sight);
    }
    sight.grade = Some(Grade::Wired);
    let total: u64 = found.iter().map(|file| file.bytes).sum();
    if total > MAX_BUNDLE_BYTES {
        return Err(Error::Unfit(format!("{total} bytes together are more than are compressed here")));
    }
    let weighed = found.iter().map(compressed).collect::<Result<Vec<Weighed>, Error>>()?;
    tell(&weighed, probe.each, &mut sight);
    if !probe.built_from.is_empty() {
        freshness(&found, &files::find(&probe.built_from, grounds, &["node_modules"])?, &mut sight);
    }
    Ok(sight)
}

fn compressed(file: &Found) -> Result<Weighed, Error> {
    let limit = usize::try_from(MAX_BUNDLE_BYTES).unwrap_or(usize::MAX);
    let bytes = outside::files::read_bytes(&file.full, limit)?;
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    let written = gzip.write_all(&bytes).and_then(|()| gzip.finish());
    let gzip = written.map_err(|error| Error::Unfit(format!("{} cannot be compressed: {error}", file.path)))?;
    Ok(Weighed { path: file.path.clone(), bytes: bytes.len() as u64, gzip: gzip.len() as u64 })
}

fn tell(weighed: &[Weighed], each: Option<u64>, sight: &mut Sight) {
    sight.integer("files", weighed.len());
    sight.put("bytes", Value::bytes(weighed.iter().map(|file| file.bytes).sum()));
    sight.put("gzip_bytes", Value::bytes(weighed.iter().map(|file| file.gzip).sum()));
    if let Some(largest) = weighed.iter().max_by_key(|file| file.gzip) {
        sight.text("largest", &largest.path);
        sight.put("largest_bytes", Value::bytes(weighed.iter().map(|file| file.bytes).max().unwrap_or(0)));
        sight.put("largest_gzip_bytes", Value::bytes(largest.gzip));
    }
    sight.put("empty", names(weighed.iter().filter(|file| file.bytes == 0)));
    if let Some(each) = each {
        sight.put("over_each", names(weighed.iter().filter(|file| file.bytes > each)));
        sight.put("over_each_gzip", names(weighed.iter().filter(|file| file.gzip > each)));
    }
}

fn names<'w>(files: impl Iterator<Item = &'w Weighed>) -> Value {
    Value::List(files.take(MAX_NAMES).map(|file| Value::Text(file.path.clone())).collect())
}

/// A build writes its output after its sources, so that the youngest of each tell.
fn freshness(built: &[Found], sources: &[Found], sight: &mut Sight) {
    let youngest = |files: &[Found]| files.iter().max_by_key(|file| file.modified).cloned();
    let (Some(output), Some(source)) = (youngest(built), youngest(sources)) else {
        sight.trouble = Some("`built_from` names no file that is there".to_owned());
        return;
    };
    let is_stale = source.modified > output.modified;
    sight.boolean("stale", is_stale);
    if is_stale {
        sight.trouble = Some(format!("{} was changed after {} was built", source.path, output.path));
    }
}
