//! Personal data in texts.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::{NodeError, NodeErrorKind};

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Personal {
    /// E-mail addresses.
    Email,
    /// Telephone numbers with a country code, or of at least nine digits in groups.
    Phone,
    /// Card numbers, by their check digit.
    Card,
    /// Bank accounts (IBAN), by their check digits.
    Iban,
    /// Social security numbers of the United States.
    Ssn,
    /// Addresses of computers (IPv4).
    Ip,
}

impl Personal {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Ip => "ip",
        }
    }

    const fn pattern(self) -> &'static str {
        match self {
            Self::Email => r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
            Self::Phone => r"(?:\+\d{1,3}[ ./-]?)?(?:\(\d{1,5}\)|\d{1,5})(?:[ ./-]?\d{2,5}){2,5}",
            Self::Card => r"\b\d(?:[ -]?\d){11,18}\b",
            Self::Iban => r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b",
            Self::Ssn => r"\b\d{3}-\d{2}-\d{4}\b",
            Self::Ip => r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
        }
    }

    fn is_real(self, hit: &str) -> bool {
        match self {
            Self::Email => true,
            Self::Phone => {
                let digits = hit.chars().filter(char::is_ascii_digit).count();
                let has_code = hit.starts_with('+') && digits >= 8;
                (has_code || digits >= 9) && digits <= 15
            }
            Self::Card => luhn(hit),
            Self::Iban => iban(hit),
            Self::Ssn => {
                !hit.starts_with("000") && !hit.starts_with("666") && !hit.starts_with('9')
            }
            Self::Ip => hit.split('.').all(|part| part.parse::<u8>().is_ok()),
        }
    }

    /// Where it occurs, in bytes.
    pub(super) fn find(self, text: &str) -> Result<Vec<(usize, usize)>, NodeError> {
        let regex = Regex::new(self.pattern())
            .map_err(|error| NodeError::new(NodeErrorKind::Internal, error.to_string()))?;
        let hits = regex
            .find_iter(text)
            .filter(|hit| self.is_real(hit.as_str()));
        Ok(hits.map(|hit| (hit.start(), hit.end())).collect())
    }
}

/// The check of card numbers.
fn luhn(text: &str) -> bool {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|letter| letter.to_digit(10))
        .collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    (12..=19).contains(&digits.len()) && sum.is_multiple_of(10) && sum > 0
}

/// The check of bank accounts: the first four characters behind the others, letters as numbers, is 1
/// modulo 97.
fn iban(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|letter| *letter != ' ').collect();
    if !(15..=34).contains(&letters.len()) {
        return false;
    }
    let turned = letters[4..].iter().chain(&letters[..4]);
    let rest = turned.fold(0_u32, |rest, letter| {
        let value = letter.to_digit(36).unwrap_or(0);
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_found_and_what_only_looks_like_it_is_not() {
        for (kind, yes, no) in [
            (
                Personal::Email,
                "Mail ada.l+x@mail.example.org now",
                "ada at example.org, a@b",
            ),
            (
                Personal::Phone,
                "Call +49 30 1234567 today",
                "It costs 1200 or 12-34",
            ),
            (Personal::Card, "4111-1111-1111-1111", "4111-1111-1111-1112"),
            (
                Personal::Iban,
                "to DE89 3704 0044 0532 0130 00.",
                "to DE88 3704 0044 0532 0130 00.",
            ),
            (Personal::Ssn, "it is 123-45-6789", "it is 000-45-6789"),
            (Personal::Ip, "at 192.0.2.7", "at 999.0.2.7"),
        ] {
            assert_eq!(kind.find(yes).expect("sound").len(), 1, "{yes}");
            assert_eq!(kind.find(no).expect("sound").len(), 0, "{no}");
        }
    }
}
