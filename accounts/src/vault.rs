//! The credential vault: providers' secrets, encrypted with one master key.
//!
//! A stored secret is `version byte | 12-byte random nonce | AES-256-GCM ciphertext and tag`. The
//! associated data are organization id, credential id and version byte, so a row copied to another
//! tenant or another credential does not open.
//!
//! The database knows a short hash of the master key (`revisions('vault_fingerprint')`). Every write
//! of a secret checks it in its transaction, so a process that still holds the old key after a
//! rotation cannot write what nobody could read.

mod file;
mod master_key;

use std::sync::Arc;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use arc_swap::ArcSwap;
use rand::Rng as _;
use store::{CredentialId, Db, OrgId, Tx, in_tx};
use uuid::Uuid;
use zeroize::Zeroizing;

pub(crate) use file::FILE_NAME;
pub use master_key::{MasterKey, Source};

use crate::sql::credentials::Sealed;
use crate::sql::revisions::Counter;
use crate::{Error, ErrorKind, Result, Secret, sql};

/// The purpose that signing secrets of webhooks are encrypted for.
pub(crate) const WEBHOOK: &str = "webhook";
/// The purpose that kept answers are encrypted for. They are not encrypted anew at a rotation: they
/// live for a day, and a request whose answer is lost is still not carried out twice.
pub(crate) const IDEMPOTENCY: &str = "idempotency";
/// The purpose that the texts of mails are encrypted for.
pub(crate) const EMAIL: &str = "email";
/// The purpose that the secrets of second factors are encrypted for.
pub(crate) const TOTP: &str = "totp";
const NONCE_LENGTH: usize = 12;
/// Versions are one byte; after the last comes the first again, which by then nothing uses.
const LAST_VERSION: i64 = 255;

/// The master key in use.
#[derive(Debug)]
pub(crate) struct Keyring {
    key: MasterKey,
    fingerprint: i64,
    pub(crate) version: i64,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Credentials encrypted anew.
    pub credentials: usize,
    /// The version of the new master key.
    pub version: i64,
}

#[derive(Debug)]
pub(crate) struct Vault {
    source: Source,
    keyring: ArcSwap<Keyring>,
}

impl Vault {
    /// Finds the master key (making the file at the first start) and checks it against the database.
    pub(crate) async fn open(db: &Db, source: Source) -> Result<Self> {
        let keyring = load(db, &source).await?;
        Ok(Self {
            source,
            keyring: ArcSwap::from_pointee(keyring),
        })
    }

    /// The key that signs access tokens, made from the master key. It changes with it: tokens from
    /// before a rotation are refreshed.
    pub(crate) fn signing_key(&self) -> Zeroizing<[u8; 32]> {
        self.keyring.load().key.derive(b"nocode-ai access token 1")
    }

    /// The master key in use.
    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        self.keyring.load_full()
    }

    /// Locks the master key against rotation for this transaction and returns it.
    pub(crate) async fn lock(&self, tx: &mut Tx) -> Result<Arc<Keyring>> {
        let ring = self.keyring.load_full();
        let current = ring.fingerprint;
        let same = sql::revisions::replace_fingerprint(tx, current, current, ring.version).await?;
        if !same {
            return Err(stale(&self.source));
        }
        Ok(ring)
    }

    /// Decrypts; looks for an exchanged key file first when the key at hand is not the right one.
    pub(crate) async fn open_secret(&self, db: &Db, sealed: &Sealed) -> Result<Secret> {
        let first = self.keyring.load().open(sealed);
        if first.is_ok() || !self.reload(db).await? {
            return first;
        }
        self.keyring.load().open(sealed)
    }

    /// Decrypts what [`Keyring::seal_for`] made; looks for an exchanged key file like
    /// [`open_secret`](Self::open_secret).
    pub(crate) async fn open_for(
        &self,
        db: &Db,
        purpose: &str,
        id: Uuid,
        sealed: &[u8],
    ) -> Result<Vec<u8>> {
        let first = self.keyring.load().open_for(purpose, id, sealed);
        if first.is_ok() || !self.reload(db).await? {
            return first;
        }
        self.keyring.load().open_for(purpose, id, sealed)
    }

    /// Takes up a key file that another process exchanged; whether there was one.
    pub(crate) async fn reload(&self, db: &Db) -> Result<bool> {
        let registered = sql::revisions::read(db).await?.vault_fingerprint;
        if registered == self.keyring.load().fingerprint {
            return Ok(false);
        }
        let keyring = load(db, &self.source).await?;
        self.keyring.store(Arc::new(keyring));
        Ok(true)
    }

    /// Encrypts all secrets with a new master key, in one transaction.
    ///
    /// With a key file the new key is first written beside the old one and takes its place after the
    /// commit; a crash between the two is repaired at the next start by the fingerprint.
    pub(crate) async fn rotate(&self, db: &Db, new: Option<MasterKey>) -> Result<Rotation> {
        self.reload(db).await?;
        let new = match (new, &self.source) {
            (Some(new), _) => new,
            (None, Source::File(_)) => MasterKey::generate(),
            (None, Source::Given(_)) => {
                return Err(Error::invalid(format!(
                    "the master key comes from the environment: give the new one, then start again \
                     with {} set to it",
                    master_key::VARIABLE
                )));
            }
        };
        if let Source::File(path) = &self.source {
            file::stage(path, &new)?;
        }
        let old = self.keyring.load_full();
        let ring = Keyring {
            fingerprint: new.fingerprint(),
            version: next_version(old.version),
            key: new,
        };
        let credentials = reseal_all(db, &old, &ring).await?;
        if let Source::File(path) = &self.source {
            file::finish(path)?;
        }
        let version = ring.version;
        self.keyring.store(Arc::new(ring));
        Ok(Rotation {
            credentials,
            version,
        })
    }
}

const fn next_version(version: i64) -> i64 {
    version % LAST_VERSION + 1
}

pub(crate) async fn reseal_all(db: &Db, old: &Keyring, new: &Keyring) -> Result<usize> {
    in_tx!(db, tx => {
        let (from, to) = (old.fingerprint, new.fingerprint);
        if !sql::revisions::replace_fingerprint(tx, from, to, new.version).await? {
            return Err(Error::conflict("another process rotates the master key"));
        }
        let all = sql::credentials::all_sealed_in(tx).await?;
        for sealed in &all {
            let secret = old.open(sealed)?;
            let again = new.seal(sealed.org_id, sealed.id, &secret)?;
            sql::credentials::reseal(tx, sealed.org_id, sealed.id, &again, new.version).await?;
        }
        for webhook in &sql::webhooks::all_sealed_in(tx).await? {
            let plain = old.open_for(WEBHOOK, webhook.org_id.uuid(), &webhook.encrypted_data)?;
            let again = new.seal_for(WEBHOOK, webhook.org_id.uuid(), &plain)?;
            sql::webhooks::reseal(tx, webhook.org_id, &again).await?;
        }
        for factor in &sql::totp::all_sealed_in(tx).await? {
            let plain = old.open_for(TOTP, factor.user_id.uuid(), &factor.encrypted_data)?;
            let again = new.seal_for(TOTP, factor.user_id.uuid(), &plain)?;
            sql::totp::reseal(tx, factor.user_id, &again).await?;
        }
        for mail in &sql::emails::all_sealed_in(tx).await? {
            let plain = old.open_for(EMAIL, mail.id.uuid(), &mail.body)?;
            let again = new.seal_for(EMAIL, mail.id.uuid(), &plain)?;
            sql::emails::reseal(tx, mail.id, &again).await?;
        }
        sql::revisions::bump(tx, Counter::Credentials).await?;
        Ok(all.len())
    })
}

async fn load(db: &Db, source: &Source) -> Result<Keyring> {
    let revisions = sql::revisions::read(db).await?;
    let registered = revisions.vault_fingerprint;
    let credentials = sql::credentials::count(db).await?
        + sql::webhooks::count(db).await?
        + sql::totp::count(db).await?;
    let key = match source {
        Source::Given(key) => key.clone(),
        Source::File(path) => file::load(path, registered, credentials)?,
    };
    let fingerprint = key.fingerprint();
    if fingerprint == registered {
        return Ok(Keyring {
            key,
            fingerprint,
            version: revisions.vault,
        });
    }
    if registered != 0 && credentials > 0 {
        return Err(Error::new(
            ErrorKind::Vault,
            format!(
                "the master key from {source} is not the one that encrypts the {credentials} stored \
                 credentials: restore the right key; instances on one database need the same {}",
                master_key::VARIABLE
            ),
        ));
    }
    // Nothing is encrypted yet, so nothing is lost by registering this key.
    let version = next_version(revisions.vault);
    let registered: bool = in_tx!(db, tx: Error => {
        Ok(sql::revisions::replace_fingerprint(tx, registered, fingerprint, version).await?)
    })?;
    if !registered && sql::revisions::read(db).await?.vault_fingerprint != fingerprint {
        return Err(Error::new(
            ErrorKind::Vault,
            format!(
                "another instance on this database has registered a different master key: give both \
                 the same {}",
                master_key::VARIABLE
            ),
        ));
    }
    Ok(Keyring {
        key,
        fingerprint,
        version,
    })
}

fn stale(source: &Source) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "the master key was rotated meanwhile; the one from {source} is out of date: restart"
        ),
    )
}

impl Keyring {
    pub(crate) fn seal(&self, org: OrgId, id: CredentialId, secret: &Secret) -> Result<Vec<u8>> {
        let aad = associated_data(org, id, self.version_byte());
        self.encrypt(&aad, secret.expose().as_bytes())
    }

    /// Encrypts something else than a credential: `purpose` and `id` must be the same at opening.
    pub(crate) fn seal_for(&self, purpose: &str, id: Uuid, plain: &[u8]) -> Result<Vec<u8>> {
        self.encrypt(&data_of(purpose, id, self.version_byte()), plain)
    }

    /// Decrypts what [`seal_for`](Self::seal_for) made.
    pub(crate) fn open_for(&self, purpose: &str, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>> {
        let version = sealed.first().copied().unwrap_or_default();
        let plain = self.decrypt(&data_of(purpose, id, version), sealed);
        plain.ok_or_else(|| undecryptable(purpose, id))
    }

    fn open(&self, sealed: &Sealed) -> Result<Secret> {
        let version = sealed.encrypted_data.first().copied().unwrap_or_default();
        let aad = associated_data(sealed.org_id, sealed.id, version);
        self.decrypt(&aad, &sealed.encrypted_data)
            .and_then(|plain| String::from_utf8(plain).ok())
            .map(Secret::new)
            .ok_or_else(|| undecryptable("credential", sealed.id.uuid()))
    }

    fn encrypt(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LENGTH];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad };
        let ciphertext = self
            .cipher()
            .encrypt(&nonce.into(), payload)
            .map_err(|_| Error::new(ErrorKind::Internal, "cannot encrypt a secret"))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LENGTH + ciphertext.len());
        sealed.push(self.version_byte());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Ok(sealed)
    }

    fn decrypt(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (_, rest) = sealed.split_first()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload {
            msg: ciphertext,
            aad,
        };
        self.cipher().decrypt(&(*nonce).into(), payload).ok()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.key.bytes().into())
    }

    fn version_byte(&self) -> u8 {
        u8::try_from(self.version).expect("versions are 1 to 255")
    }
}

fn undecryptable(what: &str, id: Uuid) -> Error {
    Error::new(
        ErrorKind::Vault,
        format!(
            "{what} {id} cannot be decrypted: it was changed, or encrypted with another master key"
        ),
    )
}

fn data_of(purpose: &str, id: Uuid, version: u8) -> Vec<u8> {
    let mut data = purpose.as_bytes().to_vec();
    data.push(0);
    data.extend_from_slice(id.as_bytes());
    data.push(version);
    data
}

fn associated_data(org: OrgId, id: CredentialId, version: u8) -> [u8; 33] {
    let mut data = [0; 33];
    data[..16].copy_from_slice(org.uuid().as_bytes());
    data[16..32].copy_from_slice(id.uuid().as_bytes());
    data[32] = version;
    data
}

#[cfg(test)]
mod tests;
