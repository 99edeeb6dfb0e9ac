//! Recovery codes: 80 random bits each, stored as their SHA-256, good for one login.

use rand::Rng as _;
use store::UserId;

use crate::api_key::{self, Hash};

/// How many are made at a time.
pub(super) const NUMBER: usize = 10;
const LENGTH: usize = 16;
/// Crockford's letters: none looks like another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Fresh codes of the form `7k2m-q9xd-0fwa-3hzt`.
pub(super) fn generate() -> Vec<String> {
    (0..NUMBER).map(|_| generate_one()).collect()
}

fn generate_one() -> String {
    let mut bytes = [0_u8; LENGTH];
    rand::rng().fill_bytes(&mut bytes);
    let mut code = String::with_capacity(LENGTH + 3);
    for (position, byte) in bytes.iter().enumerate() {
        if position > 0 && position % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(LETTERS[usize::from(byte & 31)]));
    }
    code
}

/// What is stored of a person's code; `None` for a text that cannot be one.
pub(super) fn hash(user: UserId, code: &str) -> Option<Hash> {
    let letters = code.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let plain: String = letters.map(|c| as_meant(c.to_ascii_lowercase())).collect();
    let fits = plain.len() == LENGTH && plain.bytes().all(|b| LETTERS.contains(&b));
    fits.then(|| api_key::hash(&format!("recovery {user} {plain}")))
}

/// People write what they see.
const fn as_meant(letter: char) -> char {
    match letter {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_differ_and_are_read_as_people_write_them() {
        let codes = generate();
        let user = UserId::new();
        let hashes: HashSet<_> = codes.iter().map(|code| hash(user, code)).collect();
        assert_eq!((codes.len(), hashes.len()), (NUMBER, NUMBER));
        for code in codes {
            assert_eq!(code.len(), LENGTH + 3, "{code}");
            let typed = code.to_uppercase().replace('-', " ").replace('0', "O");
            assert_eq!(hash(user, &typed), hash(user, &code), "{typed}");
            assert!(hash(user, &code).is_some());
            assert_ne!(
                hash(user, &code),
                hash(UserId::new(), &code),
                "one person's"
            );
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "123456", "7k2m-q9xd-0fwa-3hz", "7k2m-q9xd-0fwa-3hzu"] {
            assert_eq!(hash(UserId::new(), text), None, "{text}");
        }
    }
}
