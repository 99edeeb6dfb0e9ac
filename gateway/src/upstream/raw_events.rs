//! Cuts a server-sent event stream at event boundaries without changing a byte.

use bytes::{Bytes, BytesMut};

/// Collects pieces and hands out whole events, blank line included.
#[derive(Debug, Default)]
pub(crate) struct RawEvents {
    carry: BytesMut,
    /// Bytes of `carry` already searched for a boundary.
    searched: usize,
}

impl RawEvents {
    /// Takes a piece from the wire and calls `each` for every event that is now complete.
    pub(crate) fn push<E>(
        &mut self,
        piece: Bytes,
        mut each: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut whole = if self.carry.is_empty() {
            piece
        } else {
            self.carry.extend_from_slice(&piece);
            std::mem::take(&mut self.carry).freeze()
        };
        // A boundary may have begun in the bytes searched before.
        let mut from = self.searched.saturating_sub(3);
        while let Some(end) = boundary(&whole, from) {
            each(whole.split_to(end))?;
            from = 0;
        }
        self.searched = whole.len();
        if !whole.is_empty() {
            self.carry = BytesMut::from(whole);
        }
        Ok(())
    }

    /// What is left at the end of the stream: an event without its blank line, or nothing.
    pub(crate) fn rest(&mut self) -> Bytes {
        self.searched = 0;
        std::mem::take(&mut self.carry).freeze()
    }
}

/// End of the first event at or after `from`: behind two line ends in a row (LF, CRLF or CR).
fn boundary(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', bytes.get(at..)?) {
        let first = at + found;
        let second = first + line_end(&bytes[first..])?;
        match bytes.get(second)? {
            b'\n' => return Some(second + 1),
            b'\r' => return Some(second + line_end(&bytes[second..])?),
            _ => at = second,
        }
    }
    None
}

/// Length of the line end that `bytes` begins with; `None` while a CR may still become CRLF.
fn line_end(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r'] => None,
        _ => Some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> (Vec<String>, String) {
        let mut raw = RawEvents::default();
        let mut events = Vec::new();
        for piece in pieces {
            raw.push(Bytes::copy_from_slice(piece), |event| {
                events.push(String::from_utf8(event.to_vec()).expect("is UTF-8"));
                Ok::<(), ()>(())
            })
            .expect("never fails");
        }
        let rest = String::from_utf8(raw.rest().to_vec()).expect("is UTF-8");
        (events, rest)
    }

    #[test]
    fn any_split_gives_the_same_events() {
        let input = b"data: a\n\ndata: b\r\n\r\n: comment\n\nevent: x\ndata: c\r\rdata: d";
        let expected = cut(&[input]);
        assert_eq!(expected.0.len(), 4, "{expected:?}");
        assert_eq!(expected.1, "data: d");
        for at in 0..=input.len() {
            let (a, b) = input.split_at(at);
            let got = cut(&[a, b]);
            assert_eq!(got.0.concat() + &got.1, expected.0.concat() + &expected.1);
            assert_eq!(got.0.len(), 4, "split at {at}: {got:?}");
        }
        let single: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(cut(&single).0.len(), 4);
    }
}
