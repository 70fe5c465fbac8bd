//! `oci.manifest`: whether an image is in a registry, whole.
//!
//! A tag that exists says little: the digest may have moved, a layer may be gone from the storage, a mirror may hold
//! something else. So the manifest is fetched and hashed here, and every blob that it names is asked for by HEAD.
//!
//! A registry that wants a token is asked for an anonymous one, at a realm that is loopback or allowed only; a realm
//! elsewhere is named and not asked. Redirects to another storage are not followed: such a blob is not known.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Grade, Value};
use outside::http::Answer;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use system::{ComponentId, System};
use text::{Fields, Source};

use crate::ask::{Asker, Asking, encoded};
use crate::endpoint::Endpoint;
use crate::hole::Secrets;
use crate::kind::{Kind, Look, Looking, ready};
use crate::read::span_of;
use crate::sight::Sight;
use crate::{Error, World};

/// The most manifests of an index that are followed.
const MAX_MANIFESTS: usize = 50;

/// The most blobs that are asked for.
const MAX_BLOBS: usize = 500;

/// What is understood.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

/// The kinds of this family.
pub(crate) const KINDS: &[Kind] =
    &[Kind { name: "oci.manifest", read: |fields, system, source| ready(OciManifest::read(fields, system, source)) }];

/// An image in a registry.
#[derive(Clone, Debug)]
pub(crate) struct OciManifest {
    asking: Asking,
    repository: String,
    reference: String,
    digest: Option<String>,
    mirror: Option<Endpoint>,
    mirror_repository: Option<String>,
}

// ===== reading =====

impl OciManifest {
    pub(crate) fn read(fields: &mut Fields<'_, '_>, system: &System, source: &Source) -> Option<Self> {
        let asking = Asking::read(fields, system, source);
        let repository = fields.need_text("repository").map(str::to_owned);
        let reference = fields.need_text("reference").map(str::to_owned);
        let digest = fields.text("digest").map(str::to_owned);
        let mirror = Endpoint::read_text(fields, "mirror", system);
        let mirror_repository = fields.text("mirror_repository").map(str::to_owned);
        let named = |text: &&String| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && !text.contains("..")
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:+".contains(c))
        };
        let texts = [
            ("repository", &repository),
            ("reference", &reference),
            ("digest", &digest),
            ("mirror_repository", &mirror_repository),
        ];
        for (key, text) in texts {
            if text.as_ref().is_some_and(|text| !named(&text)) {
                let span = span_of(fields, key);
                fields.problem("wrong-value", span, format!("`{key}` holds what no name in a registry can"));
            }
        }
        if digest.as_ref().is_some_and(|digest| !is_digest(digest)) {
            let span = span_of(fields, "digest");
            fields.problem("wrong-value", span, "`digest` must look like `sha256:` and 64 digits");
        }
        Some(Self {
            asking: asking?,
            repository: repository?,
            reference: reference?,
            digest,
            mirror,
            mirror_repository,
        })
    }

    fn source(&self) -> String {
        format!("{} manifest {}:{}", self.asking.endpoint.shown(), self.repository, self.reference)
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Look for OciManifest {
    fn subject(&self) -> String {
        format!("{}/{}", self.asking.endpoint.subject(), self.repository)
    }

    fn component(&self) -> Option<&ComponentId> {
        self.asking.endpoint.component_id()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        Box::pin(async move { self.asking.look(world, &self.source(), |asker| one(self, asker, world)).await })
    }
}

// ===== looking =====

/// One repository of one registry, with the token that it wanted.
struct Registry<'a> {
    asker: Asker,
    repository: &'a str,
    token: Option<String>,
}

/// A manifest with the digest of its bytes.
struct Manifest {
    digest: String,
    json: Json,
}

async fn one(probe: &OciManifest, asker: Asker, world: &World) -> Sight {
    let mut sight = Sight::new(probe.source());
    let read = async {
        let registry = Registry::open(asker, &probe.repository, world).await?;
        let manifest = registry.manifest(&probe.reference).await?;
        Ok::<_, Error>((registry, manifest))
    };
    let (registry, manifest) = match read.await {
        Err(error) => return Sight::blind(probe.source(), &error),
        Ok(read) => read,
    };
    sight.subjects = 1;
    sight.boolean("exists", manifest.is_some());
    sight.grade = Some(if manifest.is_some() { Grade::Live } else { Grade::Absent });
    let Some(manifest) = manifest else { return sight };
    sight.text("digest", &manifest.digest);
    let wanted = probe.digest.as_ref().or(Some(&probe.reference).filter(|reference| is_digest(reference)));
    if let Some(wanted) = wanted {
        sight.boolean("digest_matches", manifest.digest.eq_ignore_ascii_case(wanted));
    }
    if let Err(error) = tell_parts(&mut sight, &registry, &manifest).await {
        trouble(&mut sight, &error.words());
    }
    if let Some(mirror) = &probe.mirror
        && let Err(error) = tell_mirror(&mut sight, probe, mirror, &manifest, world).await
    {
        trouble(&mut sight, &format!("mirror: {}", error.words()));
    }
    sight
}

fn trouble(sight: &mut Sight, what: &str) {
    let before = sight.trouble.take().map_or_else(String::new, |trouble| format!("{trouble}; "));
    sight.trouble = Some(format!("{before}{what}"));
}

impl<'a> Registry<'a> {
    /// Finds out whether it is a registry and what it wants.
    async fn open(asker: Asker, repository: &'a str, world: &World) -> Result<Self, Error> {
        let answer = asker.get("/v2/", &[]).await?;
        let asks = answer.header("www-authenticate").filter(|_| answer.status == 401).map(str::to_owned);
        match (answer.status, asks) {
            (200, _) => Ok(Self { asker, repository, token: None }),
            (401, Some(asks)) => {
                let token = token(&asker, &asks, repository, world).await?;
                Ok(Self { asker, repository, token: Some(token) })
            }
            _ => Err(asker.refused("/v2/", &answer)),
        }
    }

    async fn ask(&self, method: &str, path: &str) -> Result<Answer, Error> {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("accept", ACCEPT)];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let path = format!("/v2/{}/{path}", self.repository);
        if method == "HEAD" { self.asker.head(&path, &headers).await } else { self.asker.get(&path, &headers).await }
    }

    /// A manifest; nothing when the registry itself says that there is none.
    async fn manifest(&self, reference: &str) -> Result<Option<Manifest>, Error> {
        let path = format!("manifests/{reference}");
        let answer = self.ask("GET", &path).await?;
        if answer.status == 404 && says_unknown(&answer) {
            return Ok(None);
        }
        let json = self.asker.read(&path, &answer)?;
        let hash = Sha256::digest(&answer.body);
        let digest = hash.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"));
        match answer.header("docker-content-digest") {
            Some(said) if is_digest(said) && !said.eq_ignore_ascii_case(&digest) => {
                Err(self.asker.trouble(&path, format!("says the digest {said}, and its bytes have {digest}")))
            }
            _ => Ok(Some(Manifest { digest, json })),
        }
    }

    /// Whether a blob is there; `None` when the registry sends elsewhere for it.
    async fn has_blob(&self, digest: &str) -> Result<Option<bool>, Error> {
        let path = format!("blobs/{digest}");
        let answer = self.ask("HEAD", &path).await?;
        match answer.status {
            200 => Ok(Some(true)),
            404 => Ok(Some(false)),
            301 | 302 | 303 | 307 | 308 => Ok(None),
            _ => Err(self.asker.refused(&path, &answer)),
        }
    }
}

/// Whether the body is that of a registry which does not know the name. Any web server says 404.
fn says_unknown(answer: &Answer) -> bool {
    let Ok(json) = serde_json::from_slice::<Json>(&answer.body) else { return false };
    let codes = json["errors"].as_array().into_iter().flatten().filter_map(|error| error["code"].as_str());
    codes.into_iter().any(|code| ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"].contains(&code))
}

/// An anonymous token from the realm that the registry names.
async fn token(asker: &Asker, asks: &str, repository: &str, world: &World) -> Result<String, Error> {
    let wrong = |what: String| asker.trouble("/v2/", what);
    let fields = asks.strip_prefix("Bearer ").or_else(|| asks.strip_prefix("bearer "));
    let fields = fields.ok_or_else(|| wrong("it wants a login: send one as a header".to_owned()))?;
    let fields: BTreeMap<&str, &str> = fields
        .split(',')
        .filter_map(|field| field.trim().split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let realm = fields.get("realm").ok_or_else(|| wrong("it wants a token and names no realm".to_owned()))?;
    let endpoint = Endpoint::url(realm, crate::endpoint::Tls::default())
        .map_err(|_| wrong(format!("the realm `{realm}` of its tokens is no URL")))?;
    let (base, path) = (Endpoint { path: String::new(), ..endpoint.clone() }, endpoint.path);
    let asking = Asking { endpoint: base, headers: Vec::new(), within: asker.left() };
    let refused = |error: Error| wrong(format!("the realm `{realm}` of its tokens: {}", error.words()));
    let askers = asking.askers(world, &mut Secrets::default()).await.map_err(refused)?;
    let scope = encoded(&format!("repository:{repository}:pull"));
    let service = fields.get("service").map_or_else(String::new, |service| format!("&service={}", encoded(service)));
    let joint = if path.contains('?') { '&' } else { '?' };
    let asked = askers.first().ok_or_else(|| wrong("its realm has no address".to_owned()))?;
    let json = asked.json(&format!("{path}{joint}scope={scope}{service}")).await.map_err(refused)?;
    let token = json["token"].as_str().or(json["access_token"].as_str());
    token.map(str::to_owned).ok_or_else(|| wrong(format!("the realm `{realm}` gave no token")))
}

// ===== parts =====

/// The blobs of an image, and of the images of an index one level down.
async fn tell_parts(sight: &mut Sight, registry: &Registry<'_>, manifest: &Manifest) -> Result<(), Error> {
    let mut images = vec![manifest.json.clone()];
    let mut lost = Vec::new();
    if let Some(children) = manifest.json["manifests"].as_array() {
        images.clear();
        sight.put("platforms", Value::List(children.iter().filter_map(platform).map(Value::Text).collect()));
        if children.len() > MAX_MANIFESTS {
            trouble(sight, &format!("more than {MAX_MANIFESTS} manifests in the index"));
        }
        for digest in children.iter().take(MAX_MANIFESTS).filter_map(|child| child["digest"].as_str()) {
            match registry.manifest(digest).await? {
                Some(child) if child.digest == digest => images.push(child.json),
                Some(_) | None => lost.push(digest.to_owned()),
            }
        }
        sight.integer("manifests", children.len());
    }
    let own = |image: &Json| image["layers"].as_array().cloned().unwrap_or_default();
    let is_ours = |layer: &&Json| !layer["mediaType"].as_str().is_some_and(is_foreign);
    let digest = |blob: &Json| blob["digest"].as_str().map(str::to_owned);
    let layers: BTreeSet<String> = images
        .iter()
        .flat_map(|image| own(image).iter().filter(is_ours).filter_map(digest).collect::<Vec<_>>())
        .collect();
    let configs: BTreeSet<String> = images.iter().filter_map(|image| digest(&image["config"])).collect();
    sight.integer("layers", layers.len());
    let blobs: BTreeSet<String> = layers.union(&configs).cloned().collect();
    if blobs.len() > MAX_BLOBS {
        trouble(sight, &format!("more than {MAX_BLOBS} blobs"));
    }
    let mut elsewhere = 0_usize;
    for blob in blobs.iter().take(MAX_BLOBS) {
        match registry.has_blob(blob).await? {
            Some(true) => {}
            Some(false) => lost.push(blob.clone()),
            None => elsewhere += 1,
        }
    }
    if elsewhere > 0 {
        trouble(sight, &format!("{elsewhere} blobs are stored elsewhere, where redirects are not followed"));
    }
    sight.integer("layers_missing", lost.len());
    sight.put("missing", Value::List(lost.into_iter().map(Value::Text).collect()));
    Ok(())
}

/// A layer that registries need not hold.
fn is_foreign(media_type: &str) -> bool {
    media_type.contains("foreign") || media_type.contains("nondistributable")
}

/// `linux/arm64/v8`
fn platform(child: &Json) -> Option<String> {
    let of = &child["platform"];
    let parts: Vec<&str> = ["os", "architecture", "variant"].into_iter().filter_map(|key| of[key].as_str()).collect();
    (parts.len() >= 2).then(|| parts.join("/"))
}

async fn tell_mirror(
    sight: &mut Sight,
    probe: &OciManifest,
    mirror: &Endpoint,
    manifest: &Manifest,
    world: &World,
) -> Result<(), Error> {
    let askers = probe.asking.of(mirror).askers(world, &mut Secrets::default()).await?;
    let repository = probe.mirror_repository.as_deref().unwrap_or(&probe.repository);
    let mut same = true;
    for asker in askers {
        let registry = Registry::open(asker, repository, world).await?;
        let copy = registry.manifest(&probe.reference).await?;
        same &= copy.is_some_and(|copy| copy.digest == manifest.digest);
    }
    sight.boolean("mirror_same", same);
    Ok(())
}
