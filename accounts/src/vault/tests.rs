use store::testing::{TempDir, for_each_db};

use super::*;

fn ring(version: i64) -> Keyring {
    let key = MasterKey::generate();
    Keyring {
        fingerprint: key.fingerprint(),
        key,
        version,
    }
}

fn sealed(ring: &Keyring, org: OrgId, id: CredentialId) -> Sealed {
    Sealed {
        id,
        org_id: org,
        encrypted_data: ring.seal(org, id, &Secret::new("sk-1")).expect("encrypts"),
    }
}

#[test]
fn a_sealed_secret_opens_and_never_looks_the_same_twice() {
    let ring = ring(1);
    let (org, id) = (OrgId::new(), CredentialId::new());
    let (one, two) = (sealed(&ring, org, id), sealed(&ring, org, id));
    assert_ne!(one.encrypted_data, two.encrypted_data);
    assert_eq!(one.encrypted_data[0], 1);
    assert_eq!(ring.open(&one).expect("opens").expose(), "sk-1");
}

#[test]
fn every_changed_byte_is_noticed() {
    let ring = ring(1);
    let good = sealed(&ring, OrgId::new(), CredentialId::new());
    for position in 0..good.encrypted_data.len() {
        let mut bad = good.encrypted_data.clone();
        bad[position] ^= 1;
        let bad = Sealed {
            encrypted_data: bad,
            ..good
        };
        assert_eq!(
            ring.open(&bad).expect_err("tampered").kind,
            ErrorKind::Vault,
            "{position}"
        );
    }
    for length in 0..good.encrypted_data.len() {
        let bad = Sealed {
            encrypted_data: good.encrypted_data[..length].to_vec(),
            ..good
        };
        assert!(ring.open(&bad).is_err(), "{length}");
    }
}

#[test]
fn a_row_moved_to_another_organization_or_credential_does_not_open() {
    let ring = ring(1);
    let (org, id) = (OrgId::new(), CredentialId::new());
    let good = sealed(&ring, org, id).encrypted_data;
    for (org_id, id) in [(OrgId::new(), id), (org, CredentialId::new())] {
        let moved = Sealed {
            id,
            org_id,
            encrypted_data: good.clone(),
        };
        assert!(ring.open(&moved).is_err());
    }
}

#[test]
fn another_master_key_does_not_open() {
    let good = sealed(&ring(1), OrgId::new(), CredentialId::new());
    assert!(ring(1).open(&good).is_err());
}

#[test]
fn versions_stay_one_byte() {
    assert_eq!(next_version(0), 1);
    assert_eq!(next_version(1), 2);
    assert_eq!(next_version(255), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_made_private_and_refused_when_it_is_not() {
    use std::os::unix::fs::PermissionsExt as _;
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let path = dir.path().join(FILE_NAME);
        Vault::open(&db, Source::File(path.clone()))
            .await
            .expect("the file is made");
        let mode = std::fs::metadata(&path).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("ours");
        let error = Vault::open(&db, Source::File(path))
            .await
            .expect_err("too open");
        assert_eq!(error.kind, ErrorKind::Vault);
        assert!(error.message.contains("mode 640"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn processes_that_start_together_agree_on_one_key_file() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let source = Source::File(dir.path().join(FILE_NAME));
        let (a, b) = tokio::join!(
            Vault::open(&db, source.clone()),
            Vault::open(&db, source.clone())
        );
        let (a, b) = (a.expect("opens"), b.expect("opens"));
        assert_eq!(a.keyring.load().fingerprint, b.keyring.load().fingerprint);
    })
    .await;
}

#[tokio::test]
async fn a_rotation_killed_before_its_commit_is_forgotten() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let path = dir.path().join(FILE_NAME);
        let source = Source::File(path.clone());
        let before = Vault::open(&db, source.clone()).await.expect("opens");
        file::stage(&path, &MasterKey::generate()).expect("staged");
        drop(file::stage(&path, &MasterKey::generate()));
        let after = Vault::open(&db, source).await.expect("opens");
        assert_eq!(
            before.keyring.load().fingerprint,
            after.keyring.load().fingerprint
        );
        assert!(!path.with_extension("key.next").exists());
    })
    .await;
}

#[tokio::test]
async fn a_rotation_killed_after_its_commit_is_finished() {
    for_each_db(|db| async move {
        let dir = TempDir::new();
        let path = dir.path().join(FILE_NAME);
        let source = Source::File(path.clone());
        let before = Vault::open(&db, source.clone()).await.expect("opens");
        let new = ring(2);
        file::stage(&path, &new.key).expect("staged");
        reseal_all(&db, &before.keyring.load(), &new)
            .await
            .expect("committed");
        // Here the process was killed: the old file is still in place.
        let after = Vault::open(&db, source).await.expect("opens");
        assert_eq!(after.keyring.load().fingerprint, new.fingerprint);
        assert_eq!(after.keyring.load().version, 2);
        assert!(!path.with_extension("key.next").exists());
    })
    .await;
}
