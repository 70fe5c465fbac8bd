//! `http.payload`: how large an answer is, on the wire and decoded.
//!
//! A budget on bytes is about what travels, so the request says which encodings it takes and nothing decodes on the
//! way. gzip and deflate are decoded here within a limit; of any other encoding only the size on the wire is told.

use std::io::Read;

use evidence::{Grade, Value};
use outside::http::Answer;
use system::{ComponentId, System};
use text::{Fields, Source};

use super::read_endpoint;
use crate::World;
use crate::ask::{Asker, Asking};
use crate::hole::{self, Holes};
use crate::http::{check_headers, read_within};
use crate::kind::{Look, Looking};
use crate::read::span_of;
use crate::sight::Sight;

/// The most decoded bytes that are counted; a body that decodes to more is told by its size on the wire alone.
const MAX_DECODED_BYTES: usize = 64 * 1024 * 1024;

/// How long the answer may take when the file does not say.
const WITHIN: std::time::Duration = std::time::Duration::from_secs(5);

/// The longest that the answer may be waited for.
const MAX_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);

/// How large an answer is.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    asking: Asking,
    path: String,
    accept_encoding: String,
}

impl Payload {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let endpoint = read_endpoint(fields, system);
        let headers = hole::read_map(fields, "headers", Holes::Env, source);
        check_headers(fields, &headers);
        let accept_encoding = fields.text("accept_encoding").unwrap_or("identity").to_owned();
        if !accept_encoding.chars().all(|c| c.is_ascii_alphanumeric() || " ,;=.*-".contains(c)) {
            let span = span_of(fields, "accept_encoding");
            fields.problem("wrong-value", span, "`accept_encoding` must look like `gzip, identity;q=0`");
        }
        let within = read_within(fields, WITHIN, MAX_WITHIN);
        let mut endpoint = endpoint?;
        let path = std::mem::take(&mut endpoint.path);
        Some(Self { asking: Asking { endpoint, headers, within }, path, accept_encoding })
    }

    fn source(&self) -> String {
        format!("GET {}{} (accept-encoding: {})", self.asking.endpoint.shown(), self.path, self.accept_encoding)
    }
}

impl Look for Payload {
    fn subject(&self) -> String {
        self.asking.endpoint.subject()
    }

    fn component(&self) -> Option<&ComponentId> {
        self.asking.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move {
            let source = self.source();
            self.asking.look(world, &source, |asker| one(self, asker)).await
        })
    }
}

async fn one(probe: &Payload, asker: Asker) -> Sight {
    let headers = [("accept-encoding", probe.accept_encoding.as_str())];
    match asker.get(&probe.path, &headers).await {
        Err(error) => Sight::blind(probe.source(), &error),
        Ok(answer) => tell(probe, &asker, &answer),
    }
}

fn tell(probe: &Payload, asker: &Asker, answer: &Answer) -> Sight {
    let mut sight = Sight::new(probe.source());
    (sight.subjects, sight.grade) = (1, Some(Grade::Live));
    sight.integer("status", usize::from(answer.status));
    // The page of an error is small and says nothing of the size of what was asked for.
    if !(200..300).contains(&answer.status) {
        sight.trouble = Some(asker.refused(&probe.path, answer).words());
        return sight;
    }
    let encoding = answer.header("content-encoding").unwrap_or("identity").trim().to_ascii_lowercase();
    sight.put("bytes", size(answer.body.len()));
    sight.boolean("compressed", encoding != "identity");
    sight.text("encoding", &encoding);
    match decoded(&encoding, &answer.body) {
        Ok(length) => {
            sight.put("decoded_bytes", size(length));
            let share = answer.body.len() as f64 / length as f64;
            sight.values.extend(Value::decimal(share).map(|share| ("share".to_owned(), share)));
        }
        Err(why) => sight.text("not_decoded", &why),
    }
    sight
}

fn size(length: usize) -> Value {
    Value::bytes(u64::try_from(length).unwrap_or(u64::MAX))
}

/// The length of what an encoding hides.
fn decoded(encoding: &str, body: &[u8]) -> Result<usize, String> {
    match encoding {
        "identity" => Ok(body.len()),
        "gzip" | "x-gzip" => length_of(flate2::read::MultiGzDecoder::new(body)),
        "deflate" => length_of(flate2::read::ZlibDecoder::new(body)),
        other => Err(format!("`{other}` is not decoded here")),
    }
}

fn length_of(decoder: impl Read) -> Result<usize, String> {
    let limit = u64::try_from(MAX_DECODED_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let read = std::io::copy(&mut decoder.take(limit), &mut std::io::sink());
    match read.map(usize::try_from) {
        Ok(Ok(length)) if length <= MAX_DECODED_BYTES => Ok(length),
        Ok(_) => Err(format!("more than {MAX_DECODED_BYTES} bytes decoded")),
        Err(error) => Err(error.to_string()),
    }
}
