//! `oci.manifest`, against a really started registry (Debian's `docker-registry`) that the test fills and then breaks.

use std::net::SocketAddr;
use std::path::Path;

use evidence::{Grade, Observation};
use outside::http::{Answer, Client, Limits, Request};
use sha2::{Digest, Sha256};

use crate::server::{Manner, Raw, Server, free, program};
use crate::service::{Service, answer};
use crate::world::{PATIENCE, Place, blind, broken, held, not_seen, text};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

async fn registry(test: &str, storage: &Path) -> Option<Server> {
    let program = program(test, "docker-registry")?;
    let (directory, at) = (tempfile::tempdir().expect("makes a directory"), free());
    let config = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: '{}'}}\n  delete: {{enabled: true}}\nhttp: {{addr: '{at}'}}\n",
        storage.display()
    );
    let file = directory.path().join("config.yml");
    outside::files::write_whole(&file, config.as_bytes()).expect("writes");
    let arguments = ["serve".to_owned(), file.to_string_lossy().into_owned()];
    Some(Server::start(&program, &arguments, at, directory).await)
}

async fn send(at: SocketAddr, method: &str, path: &str, kind: &str, body: &str) -> Answer {
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    let request = Request { method: method.to_owned(), path: path.to_owned(), headers, body: body.to_owned().into() };
    let client = Client::new(Limits { body_bytes: 100_000, connect: PATIENCE });
    client.send(at, request, PATIENCE).await.expect("answers")
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold("sha256:".to_owned(), |digest, byte| format!("{digest}{byte:02x}"))
}

/// Uploads a blob and gives its digest.
async fn blob(at: SocketAddr, text: &str) -> String {
    let begun = send(at, "POST", "/v2/shop/api/blobs/uploads/", "application/octet-stream", "").await;
    let location = begun.header("location").expect("says where").to_owned();
    let path = &location[location.find("/v2/").expect("is a path")..];
    let digest = digest(text);
    let ended = send(at, "PUT", &format!("{path}&digest={digest}"), "application/octet-stream", text).await;
    assert_eq!(ended.status, 201, "{ended:?}");
    digest
}

async fn manifest(at: SocketAddr, reference: &str, kind: &str, body: &str) -> String {
    let put = send(at, "PUT", &format!("/v2/shop/api/manifests/{reference}"), kind, body).await;
    assert_eq!(put.status, 201, "{put:?}");
    digest(body)
}

/// An image of two layers under a tag; gives the digest of its manifest.
async fn push(at: SocketAddr, tag: &str, word: &str) -> String {
    let config = blob(at, &format!("{{\"word\": \"{word}\"}}")).await;
    let mut layers = Vec::new();
    for layer in ["first", word] {
        let digest = blob(at, layer).await;
        layers.push(format!(
            "{{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"{digest}\",\"size\":{}}}",
            layer.len()
        ));
    }
    let body = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{OCI}\",\"config\":{{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\
         \"digest\":\"{config}\",\"size\":9}},\"layers\":[{}]}}",
        layers.join(",")
    );
    manifest(at, tag, OCI, &body).await
}

/// Takes a blob out of the storage behind the registry's back.
fn lose(storage: &Path, digest: &str) {
    let hex = digest.trim_start_matches("sha256:");
    let blob = storage.join("docker/registry/v2/blobs/sha256").join(&hex[..2]).join(hex);
    std::fs::remove_dir_all(blob).expect("was there");
}

async fn look(at: SocketAddr, more: &str) -> Observation {
    let with = format!("{{url: 'http://{at}', repository: shop/api, {more}}}");
    Place::new().look("oci.manifest", &with).await
}

#[tokio::test]
async fn an_image_is_whole_and_every_loss_turns() {
    let test = "an_image_is_whole_and_every_loss_turns";
    let storage = tempfile::tempdir().expect("makes a directory");
    let Some(server) = registry(test, storage.path()).await else { return };
    let pushed = push(server.at, "v1", "second").await;
    let with = format!("reference: v1, digest: '{pushed}'");
    let expect = "obs.exists && obs.digest_matches && obs.layers_missing == 0 && obs.layers == 2";
    let seen = look(server.at, &with).await;
    held(&seen, expect);
    assert_eq!((seen.grade, text(&seen, "digest")), (Some(Grade::Live), pushed.clone()));
    held(&look(server.at, &format!("reference: '{pushed}'")).await, expect);
    not_seen(&look(server.at, "reference: v1").await, "obs.digest_matches");
    for wrong in ["reference: v2".to_owned(), format!("reference: '{}'", digest("nothing"))] {
        let gone = look(server.at, &wrong).await;
        broken(&gone, "obs.exists");
        assert_eq!(gone.grade, Some(Grade::Absent));
        not_seen(&gone, "obs.layers_missing == 0");
    }
    // Somebody pushes another image under the same tag.
    let moved = push(server.at, "v1", "other").await;
    assert_ne!(moved, pushed);
    broken(&look(server.at, &with).await, expect);
    held(&look(server.at, &format!("reference: '{pushed}'")).await, expect);
    // The storage loses a layer, and then the configuration of the other image.
    lose(storage.path(), &digest("second"));
    let seen = look(server.at, &format!("reference: '{pushed}'")).await;
    broken(&seen, expect);
    held(&seen, &format!("obs.exists && obs.layers_missing == 1 && obs.missing == ['{}']", digest("second")));
    lose(storage.path(), &digest("{\"word\": \"other\"}"));
    broken(&look(server.at, "reference: v1").await, "obs.layers_missing == 0");
}

#[tokio::test]
async fn an_index_is_followed_one_level_down() {
    let test = "an_index_is_followed_one_level_down";
    let storage = tempfile::tempdir().expect("makes a directory");
    let Some(server) = registry(test, storage.path()).await else { return };
    let (amd, arm) = (push(server.at, "amd", "amd").await, push(server.at, "arm", "arm").await);
    let child = |digest: &str, architecture: &str| {
        format!(
            "{{\"mediaType\":\"{OCI}\",\"size\":9,\"digest\":\"{digest}\",\"platform\":{{\"os\":\"linux\",\"architecture\":\"{architecture}\"}}}}"
        )
    };
    let body = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{INDEX}\",\"manifests\":[{},{}]}}",
        child(&amd, "amd64"),
        child(&arm, "arm64")
    );
    manifest(server.at, "v1", INDEX, &body).await;
    let expect = "obs.platforms == ['linux/amd64', 'linux/arm64'] && obs.layers_missing == 0 && obs.layers == 3";
    held(&look(server.at, "reference: v1").await, expect);
    lose(storage.path(), &digest("arm"));
    broken(&look(server.at, "reference: v1").await, expect);
    let gone = send(server.at, "DELETE", &format!("/v2/shop/api/manifests/{amd}"), "text/plain", "").await;
    assert_eq!(gone.status, 202);
    let seen = look(server.at, "reference: v1").await;
    held(&seen, &format!("obs.missing.exists(m, m == '{amd}') && obs.manifests == 2"));
}

#[tokio::test]
async fn a_mirror_must_hold_the_same() {
    let test = "a_mirror_must_hold_the_same";
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().expect("makes a directory"));
    let Some(origin) = registry(test, first.path()).await else { return };
    let mirror = registry(test, second.path()).await.expect("the program is there");
    push(origin.at, "v1", "a").await;
    let with = format!("reference: v1, mirror: 'http://{}'", mirror.at);
    broken(&look(origin.at, &with).await, "obs.mirror_same");
    push(mirror.at, "v1", "a").await;
    held(&look(origin.at, &with).await, "obs.mirror_same && obs.exists");
    push(mirror.at, "v1", "b").await;
    broken(&look(origin.at, &with).await, "obs.mirror_same");
    let away = format!("reference: v1, mirror: 'http://{}'", crate::service::nobody());
    not_seen(&look(origin.at, &away).await, "obs.exists");
}

/// A registry that wants a token from a realm.
fn guarded(realm: String) -> Service {
    let manifest = format!("{{\"schemaVersion\":2,\"mediaType\":\"{OCI}\",\"layers\":[]}}");
    Service::answering(move |head| {
        if head.contains("authorization: Bearer t0ken-for-tests") {
            return answer(200, "", &manifest);
        }
        let asks = format!("WWW-Authenticate: Bearer realm=\"{realm}\",service=\"registry\"\r\n");
        answer(401, &asks, "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}")
    })
}

#[tokio::test]
async fn a_token_comes_from_an_allowed_realm_only() {
    let realm = Service::answering(|head| {
        let asked = head.starts_with("GET /token?scope=repository%3Ashop%2Fapi%3Apull&service=registry ");
        answer(if asked { 200 } else { 400 }, "", "{\"token\": \"t0ken-for-tests\"}")
    });
    let sound = guarded(format!("http://{}/token", realm.address));
    held(&look(sound.address, "reference: v1").await, "obs.exists && obs.layers == 0");
    for (realm, why) in [
        ("http://192.0.2.7/token", "192.0.2.7:80 is not allowed"),
        ("https://auth.elsewhere.invalid/token", "auth.elsewhere.invalid"),
        ("ftp://127.0.0.1/token", "is no URL"),
    ] {
        let elsewhere = guarded(realm.to_owned());
        blind(&look(elsewhere.address, "reference: v1").await, why);
    }
}

#[tokio::test]
async fn what_is_no_registry_is_not_seen() {
    for (manner, why) in [
        (Manner::Hangs, "timed out"),
        (Manner::Closes, "reset"),
        (Manner::Says(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), "status 404"),
        (Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n<html/>"), "no JSON"),
        (
            Manner::Says(b"HTTP/1.1 302 F\r\nlocation: https://login.example/\r\ncontent-length: 0\r\n\r\n"),
            "not followed",
        ),
    ] {
        let server = Raw::new(manner);
        let seen = look(server.at, "reference: v1, within: 500ms").await;
        blind(&seen, why);
        not_seen(&seen, "!obs.exists");
    }
    // A web server's own page for what it does not have is no word of a registry.
    let page = Service::answering(|head| answer(if head.starts_with("GET /v2/ ") { 200 } else { 404 }, "", "<html/>"));
    blind(&look(page.address, "reference: v1").await, "status 404");
    let lying = Service::answering(|_| answer(200, &format!("Docker-Content-Digest: {}\r\n", digest("x")), "{}"));
    blind(&look(lying.address, "reference: v1").await, "its bytes have");
    let stored = Service::answering(|head| {
        let body = format!("{{\"layers\":[{{\"digest\":\"{}\"}}]}}", digest("x"));
        if head.contains("/blobs/") {
            answer(307, "Location: https://s3.example/x\r\n", "")
        } else {
            answer(200, "", &body)
        }
    });
    let seen = look(stored.address, "reference: v1").await;
    not_seen(&seen, "obs.layers_missing == 0");
    held(&Observation { trouble: None, ..seen }, "obs.exists");
}

#[test]
fn everything_wrong_with_an_image_is_said() {
    let place = Place::new();
    let with =
        "{component: api, repository: ../x, reference: 'a b', digest: 'sha256:12', mirror: db, mirror_repository: '?'}";
    let problems = place.read("oci.manifest", with).expect_err("is wrong");
    let all = problems.into_iter().map(|problem| problem.message).collect::<Vec<String>>().join("\n");
    for part in ["`repository` holds", "`reference` holds", "64 digits", "`db` is not", "`mirror_repository` holds"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}
