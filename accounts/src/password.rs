//! Passwords: how strong, and Argon2id away from the calls.
//!
//! One hash takes some 20 MB and 20 to 50 ms of a core. At most half of the cores do that at a time,
//! a few more callers wait, and the others are told to come again: a flood of logins cannot take the
//! machine from `/v1`.

use std::time::Duration;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use serde_json::json;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::{Error, ErrorKind, Result, Secret};

/// OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Callers that may wait for their turn, for each hash that runs at a time.
const WAITING: usize = 16;
/// Told to those who find the queue full.
const COME_AGAIN: Duration = Duration::from_secs(2);
const MIN_LENGTH: usize = 10;
/// Bounds the work of judging and hashing.
const MAX_LENGTH: usize = 128;

/// Hashes and checks passwords, a few at a time.
#[derive(Debug)]
pub(crate) struct Passwords {
    /// Places for those who hash or wait.
    places: Semaphore,
    /// Those who hash.
    running: Semaphore,
    /// What the passwords of unknown people are compared with.
    nobody: OnceCell<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let running = (cores / 2).max(1);
        Self {
            places: Semaphore::new(running * (1 + WAITING)),
            running: Semaphore::new(running),
            nobody: OnceCell::new(),
        }
    }
}

/// A place in the queue, held while the caller reads and writes what belongs to its attempt.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    passwords: &'a Passwords,
    _permit: SemaphorePermit<'a>,
}

impl Passwords {
    /// Takes a place in the queue.
    ///
    /// # Errors
    /// `TooMany` when too many wait already.
    pub(crate) fn enter(&self) -> Result<Place<'_>> {
        let permit = self.places.try_acquire().map_err(|_| {
            Error::too_many("too many people sign in at the moment", COME_AGAIN).with_code("busy")
        })?;
        Ok(Place {
            passwords: self,
            _permit: permit,
        })
    }
}

impl Place<'_> {
    /// Judges a new password and hashes it. `about` are words that it must not be made of.
    ///
    /// # Errors
    /// `Invalid` (`weak_password`).
    pub(crate) async fn hash(&self, password: &Secret, about: &[&str]) -> Result<String> {
        check_length(password)?;
        let password = password.clone();
        let about: Vec<String> = about.iter().map(|&word| word.to_owned()).collect();
        self.run(move || {
            check_strength(&password, &about)?;
            hash(&password)
        })
        .await?
    }

    /// Whether the password is the one that was hashed. Without a hash the same work is done for
    /// nothing, so that the time does not tell who has an account.
    ///
    /// # Errors
    /// Only when hashing itself fails.
    pub(crate) async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.nobody().await?,
        };
        // Nothing that long was ever accepted; a short text takes the same time.
        let fits = password.expose().len() <= 4 * MAX_LENGTH;
        let password = if fits {
            password.clone()
        } else {
            Secret::new("")
        };
        let same = self
            .run(move || {
                hasher()
                    .verify_password(password.expose().as_bytes(), hash.as_str())
                    .is_ok()
            })
            .await?;
        Ok(same && known && fits)
    }

    async fn nobody(&self) -> Result<String> {
        let made = self.passwords.nobody.get_or_try_init(|| async {
            self.run(|| hash(&Secret::new("nobody's password"))).await?
        });
        made.await.cloned()
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let closed = |_| Error::new(ErrorKind::Unavailable, "the server is stopping");
        let _turn = self.passwords.running.acquire().await.map_err(closed)?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| Error::new(ErrorKind::Internal, "hashing a password failed"))
    }
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are valid");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &Secret) -> Result<String> {
    hasher()
        .hash_password(password.expose().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("cannot hash a password: {error}"),
            )
        })
}

fn check_length(password: &Secret) -> Result<()> {
    let length = password.expose().chars().count();
    if (MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Ok(());
    }
    Err(weak(
        format!("the password must have {MIN_LENGTH} to {MAX_LENGTH} characters"),
        &[],
    ))
}

fn check_strength(password: &Secret, about: &[String]) -> Result<()> {
    // The parts too: nobody types the whole address.
    let parts = about
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let words: Vec<&str> = about
        .iter()
        .map(String::as_str)
        .chain(parts.filter(|part| part.len() > 2))
        .collect();
    let judged = zxcvbn::zxcvbn(password.expose(), &words);
    if judged.score() >= zxcvbn::Score::Three {
        return Ok(());
    }
    let feedback = judged.feedback();
    let warning = feedback.and_then(zxcvbn::feedback::Feedback::warning);
    let advice: Vec<String> = feedback
        .map(zxcvbn::feedback::Feedback::suggestions)
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    let reason = warning.map_or_else(
        || "it could be guessed too soon".to_owned(),
        |warning| warning.to_string(),
    );
    Err(weak(format!("the password is too weak: {reason}"), &advice))
}

fn weak(message: String, advice: &[String]) -> Error {
    Error::invalid(message)
        .with_code("weak_password")
        .with_details(json!({"field": "password", "suggestions": advice}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_opens_its_hash() {
        let passwords = Passwords::default();
        let right = Secret::new("correct horse battery staple");
        let place = passwords.enter().expect("a place");
        let hash = place.hash(&right, &[]).await.expect("strong");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = |text: &str, hash: Option<&str>| {
            let (password, hash) = (Secret::new(text), hash.map(str::to_owned));
            let place = &place;
            async move { place.verify(&password, hash).await.expect("judged") }
        };
        assert!(verify(right.expose(), Some(&hash)).await);
        assert!(!verify("correct horse battery stapl", Some(&hash)).await);
        assert!(!verify("", Some(&hash)).await);
        assert!(!verify(&"x".repeat(100_000), Some(&hash)).await);
        assert!(!verify("nobody's password", None).await, "nobody gets in");
        assert!(!verify(right.expose(), Some("no hash at all")).await);
    }

    #[tokio::test]
    async fn weak_passwords_are_refused_with_advice_and_not_repeated() {
        let passwords = Passwords::default();
        let place = passwords.enter().expect("a place");
        for text in [
            "short",
            "1234567890",
            "passwordpassword",
            "ada.lovelace",
            &"a".repeat(129),
        ] {
            let about = ["ada.lovelace@example.org", "Ada Lovelace"];
            let refused = place.hash(&Secret::new(text), &about).await;
            let error = refused.expect_err(text);
            assert_eq!(error.code, Some("weak_password"), "{text}");
            assert!(!error.message.contains(text), "{error}");
        }
    }

    #[test]
    fn those_who_find_the_queue_full_are_sent_away() {
        let passwords = Passwords {
            places: Semaphore::new(0),
            ..Passwords::default()
        };
        let error = passwords.enter().expect_err("no place");
        assert_eq!(error.kind, ErrorKind::TooMany);
        assert_eq!(error.retry_after, Some(COME_AGAIN));
    }
}
