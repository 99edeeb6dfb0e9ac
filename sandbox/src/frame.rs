//! The bytes between the program and its workers.
//!
//! A request is `length u32 | nonce u64 | time in ms u32 | length of the name u8 | name | input`, a
//! reply `length u32 | nonce u64 | status u8 | payload`; numbers are little-endian, `length` counts
//! what follows it. The nonce is drawn for each job: an answer prepared by an earlier one has another.
//! `code/python.py` speaks the same.

use std::io::{self, Read, Write};

/// Bytes of a reply between its length and its payload.
pub(crate) const REPLY_HEAD: usize = 9;
/// Bytes of a request between its length and its name.
const REQUEST_HEAD: usize = 13;

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The job's result.
    Done,
    /// The job's own message why not.
    Refused,
    /// The job panicked; its message.
    Panicked,
    /// The worker is locked in and waits (first frame); a [`crate::Confinement`] as JSON.
    Ready,
    /// The worker could not lock itself in (first frame); why.
    Unavailable,
}

impl Status {
    const ALL: [Self; 5] = [
        Self::Done,
        Self::Refused,
        Self::Panicked,
        Self::Ready,
        Self::Unavailable,
    ];

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as u8 == byte)
    }
}

/// A request up to its input.
pub(crate) fn request_head(nonce: u64, time_ms: u32, job: &str, input: usize) -> Option<Vec<u8>> {
    let name = u8::try_from(job.len()).ok()?;
    let length = u32::try_from(REQUEST_HEAD + job.len() + input).ok()?;
    let mut head = Vec::with_capacity(4 + REQUEST_HEAD + job.len());
    head.extend(length.to_le_bytes());
    head.extend(nonce.to_le_bytes());
    head.extend(time_ms.to_le_bytes());
    head.push(name);
    head.extend(job.as_bytes());
    Some(head)
}

/// A request as a worker reads it.
pub(crate) struct Request {
    pub(crate) nonce: u64,
    body: Vec<u8>,
    name: usize,
}

impl Request {
    /// The next request; none when the program has closed the pipe.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut length = [0; 4];
        if let Err(error) = from.read_exact(&mut length) {
            return match error.kind() {
                io::ErrorKind::UnexpectedEof => Ok(None),
                _ => Err(error),
            };
        }
        let mut head = [0; REQUEST_HEAD];
        from.read_exact(&mut head)?;
        let rest = (u32::from_le_bytes(length) as usize).checked_sub(REQUEST_HEAD);
        let mut body = vec![0; rest.ok_or(io::ErrorKind::InvalidData)?];
        from.read_exact(&mut body)?;
        let name = usize::from(head[REQUEST_HEAD - 1]);
        if name > body.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let nonce = head.first_chunk().map_or(0, |n| u64::from_le_bytes(*n));
        Ok(Some(Self { nonce, body, name }))
    }

    pub(crate) fn job(&self) -> &[u8] {
        &self.body[..self.name]
    }

    pub(crate) fn input(&self) -> &[u8] {
        &self.body[self.name..]
    }
}

/// Sends a reply.
pub(crate) fn write_reply(
    to: &mut impl Write,
    nonce: u64,
    status: Status,
    payload: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(REPLY_HEAD + payload.len())
        .map_err(|_| io::Error::other("the result has more than 4 GiB"))?;
    let mut head = Vec::with_capacity(4 + REPLY_HEAD);
    head.extend(length.to_le_bytes());
    head.extend(nonce.to_le_bytes());
    head.push(status as u8);
    to.write_all(&head)?;
    to.write_all(payload)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_arrives_as_it_was_sent() {
        let mut bytes = request_head(7, 1_000, "parse", 3).expect("fits");
        bytes.extend(b"abc");
        let request = Request::read(&mut bytes.as_slice()).expect("reads");
        let request = request.expect("is one");
        assert_eq!(
            (request.nonce, request.job(), request.input()),
            (7, &b"parse"[..], &b"abc"[..])
        );
        assert!(Request::read(&mut &b""[..]).expect("ends").is_none());
    }

    #[test]
    fn a_request_that_contradicts_itself_is_an_error() {
        let mut bytes = request_head(7, 1_000, "parse", 0).expect("fits");
        bytes[16] = 200;
        assert!(Request::read(&mut bytes.as_slice()).is_err());
        assert!(Request::read(&mut &[1u8, 0, 0, 0][..]).is_err());
        assert!(request_head(1, 1, &"x".repeat(256), 0).is_none());
    }
}
