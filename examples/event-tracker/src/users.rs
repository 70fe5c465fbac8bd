//! People: they register and log in.
//!
//! A registration never waits for the mail: the mail is written down in the same transaction as the user, tried once at
//! once, and left to the outbox when that fails.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Body, Refusal, answer};
use crate::api::{App, now};
use crate::store::{Lease, Statement, StoreError};
use crate::{clock, outbox, password, random, token};

/// Lengths that are taken.
const EMAIL_BYTES: std::ops::RangeInclusive<usize> = 3..=254;
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 8..=256;

const FIND: &str = "SELECT salt, hash FROM users WHERE email = $1";
const ADD: &str = "INSERT INTO users (email, salt, hash, at) VALUES ($1, $2, $3, $4)";

/// What people type to come in.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    email: String,
    password: String,
}

impl Credentials {
    fn check(&self) -> Result<(), Refusal> {
        if !EMAIL_BYTES.contains(&self.email.len()) || !self.email.contains('@') {
            return Err(Refusal::Malformed("`email` is no address".to_owned()));
        }
        if !PASSWORD_BYTES.contains(&self.password.len()) {
            return Err(Refusal::Malformed("`password` has 8 to 256 bytes".to_owned()));
        }
        Ok(())
    }
}

/// `POST /register`: 201 for a new user, 200 for the same credentials again, 409 for a taken address.
pub(crate) async fn register(
    State(app): State<App>,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Refusal> {
    credentials.check()?;
    let mut lease = app.store.lease().await?;
    if let Some(known) = known(&mut lease, &credentials).await? {
        return again(known);
    }
    let mail = outbox::Mail { id: random::hex16()?, recipient: credentials.email.clone(), tries: 0 };
    let (salt, hash) = password::hash(&credentials.password)?;
    let email = credentials.email.as_str();
    let user = Statement::new(ADD, [email.into(), salt.as_str().into(), hash.as_str().into(), now().into()]);
    if let Err(error) = lease.write(vec![user, mail.write_down()]).await {
        return after_a_race(&app, &credentials, error).await;
    }
    drop(lease);
    let sent = outbox::send_now(&app, &mail).await;
    Ok(answer(StatusCode::CREATED, json!({"status": "registered", "mail": sent})))
}

/// Another instance may have registered the same address between our look and our write.
async fn after_a_race(app: &App, credentials: &Credentials, error: StoreError) -> Result<Response, Refusal> {
    let mut lease = app.store.lease().await?;
    match known(&mut lease, credentials).await? {
        Some(known) => again(known),
        None => Err(error.into()),
    }
}

fn again(known: Known) -> Result<Response, Refusal> {
    match known {
        Known::Same => Ok(answer(StatusCode::OK, json!({"status": "already registered"}))),
        Known::Other => Err(Refusal::Conflict("this address is taken")),
    }
}

/// `POST /login`: a token for half an hour.
pub(crate) async fn login(State(app): State<App>, Body(credentials): Body<Credentials>) -> Result<Response, Refusal> {
    let mut lease = app.store.lease().await?;
    match known(&mut lease, &credentials).await? {
        Some(Known::Same) => {
            let token = app.settings.keys.sign(&credentials.email, clock::now_s() + token::GOOD_FOR_S);
            Ok(answer(StatusCode::OK, json!({"token": token, "expires_in": token::GOOD_FOR_S})))
        }
        Some(Known::Other) | None => Err(Refusal::Unauthorized),
    }
}

/// A user of this address, and whether the password is theirs.
enum Known {
    Same,
    Other,
}

async fn known(lease: &mut Lease, credentials: &Credentials) -> Result<Option<Known>, StoreError> {
    let rows = lease.read(Statement::new(FIND, [credentials.email.as_str().into()])).await?;
    let Some(user) = rows.first() else { return Ok(None) };
    let same = password::is_right(&credentials.password, user.text(0), user.text(1));
    Ok(Some(if same { Known::Same } else { Known::Other }))
}
