//! The text index of one chunk as it is stored: hashed terms and how often each occurs.

/// Hashed terms with their frequencies, in ascending order of the hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TermVector(Vec<(u32, u32)>);

impl TermVector {
    /// Counts terms.
    pub fn of(mut hashes: Vec<u32>) -> Self {
        hashes.sort_unstable();
        let mut counted: Vec<(u32, u32)> = Vec::new();
        for hash in hashes {
            match counted.last_mut() {
                Some((last, count)) if *last == hash => *count += 1,
                _ => counted.push((hash, 1)),
            }
        }
        Self(counted)
    }

    /// Each term once, with its frequency.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.iter().copied()
    }

    /// The sum of all frequencies: the text's length in terms.
    pub fn length(&self) -> u32 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Differences of the hashes and frequencies, each with seven bits a byte.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 5);
        let mut last = 0;
        for (hash, count) in &self.0 {
            push_varint(&mut bytes, hash - last);
            push_varint(&mut bytes, *count);
            last = *hash;
        }
        bytes
    }

    /// `None` for bytes that [`encode`](Self::encode) did not write.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut terms = Vec::with_capacity(bytes.len() / 4);
        let mut last = 0u32;
        while !rest.is_empty() {
            let hash = last.checked_add(take_varint(&mut rest)?)?;
            terms.push((hash, take_varint(&mut rest)?));
            last = hash;
        }
        Some(Self(terms))
    }
}

/// Appends a number, seven bits a byte, the low ones first.
pub(crate) fn push_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Reads a number from the front; `None` where it ends too early or is too long.
#[inline]
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_counted_and_survive_their_encoding() {
        let terms = TermVector::of(vec![7, u32::MAX, 7, 0, 300, 7]);
        assert_eq!(
            terms.iter().collect::<Vec<_>>(),
            [(0, 1), (7, 3), (300, 1), (u32::MAX, 1)]
        );
        assert_eq!(terms.length(), 6);
        assert_eq!(TermVector::decode(&terms.encode()), Some(terms));
    }

    #[test]
    fn cut_bytes_are_refused() {
        let bytes = TermVector::of(vec![1000, 100_000]).encode();
        assert_eq!(TermVector::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(TermVector::decode(&[0x80]), None);
    }
}
