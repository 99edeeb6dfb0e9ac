//! Codes of an app by time: RFC 6238 with what all apps understand, SHA-1, six digits, 30 seconds.
//!
//! A few lines on `ring` instead of a library, as the code is short and the replay rule is ours.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use rand::Rng as _;
use ring::hmac;
use store::Micros;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What apps show as the account's service.
const ISSUER: &str = "NoCode AI Builder";
const STEP_MICROS: i64 = 30_000_000;
const DIGITS: u32 = 6;
/// The length that RFC 4226 recommends, in bytes.
const SECRET_LENGTH: usize = 20;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What server and app share.
pub(super) struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    pub(super) fn generate() -> Self {
        let mut bytes = Zeroizing::new(vec![0; SECRET_LENGTH]);
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it into an app without a camera.
    pub(super) fn base32(&self) -> String {
        let (mut text, mut buffer, mut bits) = (String::new(), 0_u32, 0);
        for byte in self.0.iter() {
            buffer = buffer << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(char::from(BASE32[(buffer >> bits & 31) as usize]));
            }
        }
        if bits > 0 {
            text.push(char::from(BASE32[(buffer << (5 - bits) & 31) as usize]));
        }
        text
    }

    /// The step whose code this is, if it is the present one or a neighbour of it, and later than the
    /// last one that was used: a code works once.
    pub(super) fn step_of(&self, code: &str, now: Micros, last: i64) -> Option<i64> {
        let present = now.0 / STEP_MICROS;
        let steps = present - 1..=present + 1;
        // All are looked at, whichever fits.
        let fitting = steps.filter(|step| {
            let right = self.code(*step, DIGITS);
            bool::from(right.as_bytes().ct_eq(code.as_bytes()))
        });
        fitting.filter(|step| *step > last).max()
    }

    fn code(&self, step: i64, digits: u32) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 15);
        let four = [
            tag[offset],
            tag[offset + 1],
            tag[offset + 2],
            tag[offset + 3],
        ];
        let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 10_u32.pow(digits);
        format!("{number:0width$}", width = digits as usize)
    }

    /// What the app reads: <https://github.com/google/google-authenticator/wiki/Key-Uri-Format>
    /// (read 2026-11-22).
    pub(super) fn address(&self, account: &str) -> String {
        let issuer = percent(ISSUER);
        format!(
            "otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}\
             &period=30",
            percent(account),
            self.base32(),
        )
    }
}

/// The address as a picture (SVG).
pub(super) fn picture(address: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).ok()?;
    let mut picture = code.render::<svg::Color<'_>>();
    Some(picture.min_dimensions(240, 240).build())
}

/// Apps do not read `+` as a space.
fn percent(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890".to_vec())
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the rows of SHA-1.
        for (seconds, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(rfc().code(seconds / 30, 8), code, "{seconds}");
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226() {
        // Appendix D.
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in (0..).zip(codes) {
            assert_eq!(rfc().code(counter, 6), code, "{counter}");
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_a_code_works_once() {
        let now = Micros(1_234_567_890_000_000);
        let present = now.0 / STEP_MICROS;
        for (step, fits) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = rfc().code(present + step, DIGITS);
            let found = rfc().step_of(&code, now, 0);
            assert_eq!(found, fits.then_some(present + step), "{step}");
            assert_eq!(rfc().step_of(&code, now, present + step), None, "again");
        }
        for wrong in ["", "00000", "abcdef", "0000000"] {
            assert_eq!(rfc().step_of(wrong, now, 0), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_are_written_as_rfc_4648_says() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(TotpSecret::from_bytes(bytes.into()).base32(), text);
        }
        assert_eq!(TotpSecret::generate().base32().len(), 32);
    }

    #[test]
    fn the_picture_holds_the_address() {
        let address = rfc().address("ada+x@example.org");
        assert_eq!(
            address,
            "otpauth://totp/NoCode%20AI%20Builder:ada%2Bx%40example.org\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=NoCode%20AI%20Builder\
             &algorithm=SHA1&digits=6&period=30"
        );
        let picture = picture(&address).expect("fits");
        assert!(picture.contains("<svg") && picture.contains("<path"));
    }
}
