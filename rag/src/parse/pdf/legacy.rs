//! Predefined CMaps of Chinese, Japanese and Korean fonts whose codes are a known charset: the
//! text is decoded with that charset, so no table of CIDs is needed.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GBK, SHIFT_JIS};

/// How a predefined CMap's codes are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Charset {
    /// Two bytes a code, which is UTF-16.
    Utf16,
    /// One or two bytes of this charset.
    Multibyte(&'static Encoding),
    /// Two bytes of JIS X 0208 without the high bits.
    Jis,
}

/// The charset of the CMap `name`, if its codes are one.
pub(super) fn charset(name: &[u8]) -> Option<Charset> {
    let name = std::str::from_utf8(name).ok()?;
    let stem = name.strip_suffix("-H").or(name.strip_suffix("-V"));
    let stem = stem.unwrap_or(name);
    Some(match stem {
        _ if stem.contains("UCS2") || stem.contains("UTF16") => Charset::Utf16,
        "GB-EUC" | "GBpc-EUC" | "GBK-EUC" | "GBKp-EUC" | "GBK2K" => Charset::Multibyte(GBK),
        "B5pc" | "ETen-B5" | "ETenms-B5" | "HKscs-B5" => Charset::Multibyte(BIG5),
        "83pv-RKSJ" | "90ms-RKSJ" | "90msp-RKSJ" | "90pv-RKSJ" | "Add-RKSJ" | "Ext-RKSJ" => {
            Charset::Multibyte(SHIFT_JIS)
        }
        "EUC" => Charset::Multibyte(EUC_JP),
        "KSC-EUC" | "KSCms-UHC" | "KSCms-UHC-HW" | "KSCpc-EUC" => Charset::Multibyte(EUC_KR),
        "H" | "V" => Charset::Jis,
        _ => return None,
    })
}

impl Charset {
    /// Splits one character off: its text and its length in bytes.
    pub(super) fn next(self, bytes: &[u8]) -> (String, usize) {
        let two = bytes.get(..2);
        match (self, two) {
            (Self::Utf16, Some(two)) => {
                let high = u16::from_be_bytes([two[0], two[1]]);
                if (0xd800..0xdc00).contains(&high) && bytes.len() >= 4 {
                    let low = u16::from_be_bytes([bytes[2], bytes[3]]);
                    return (String::from_utf16_lossy(&[high, low]), 4);
                }
                (String::from_utf16_lossy(&[high]), 2)
            }
            (Self::Jis, Some(two)) => (decode(EUC_JP, &[two[0] | 0x80, two[1] | 0x80]), 2),
            (Self::Multibyte(encoding), Some(two)) if is_lead(encoding, two[0]) => {
                (decode(encoding, two), 2)
            }
            (Self::Multibyte(encoding), _) => (decode(encoding, &bytes[..1]), 1),
            _ => (char::REPLACEMENT_CHARACTER.to_string(), bytes.len().max(1)),
        }
    }
}

fn is_lead(encoding: &'static Encoding, byte: u8) -> bool {
    if encoding == SHIFT_JIS {
        return matches!(byte, 0x81..=0x9f | 0xe0..=0xfc);
    }
    byte >= 0x81
}

fn decode(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_a_charset_are_its_characters() {
        let all = |name: &str, mut bytes: &[u8]| {
            let charset = charset(name.as_bytes()).expect("is known");
            let mut text = String::new();
            while !bytes.is_empty() {
                let (piece, length) = charset.next(bytes);
                text.push_str(&piece);
                bytes = &bytes[length..];
            }
            text
        };
        assert_eq!(all("GBK-EUC-H", b"A\xd6\xd0\xce\xc4"), "A中文");
        assert_eq!(all("90ms-RKSJ-H", b"\x93\xfa\x96\x7b"), "日本");
        assert_eq!(all("UniGB-UCS2-H", b"\x4e\x2d\x65\x87"), "中文");
        assert_eq!(all("H", b"\x46\x7c"), "日");
        assert_eq!(all("KSCms-UHC-H", b"\xc7\xd1"), "한");
        assert!(charset(b"Identity-H").is_none());
    }
}
