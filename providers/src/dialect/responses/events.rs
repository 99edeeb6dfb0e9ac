//! Numbered events, written straight into the client's buffer.

use serde::Serialize;

/// Appends `value` as JSON.
pub(super) fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Writing our own types into memory cannot fail: their keys are strings, and memory takes all.
    let _ = serde_json::to_writer(out, value);
}

/// Writes events and counts them.
#[derive(Debug, Default)]
pub(super) struct Events {
    sequence: u64,
}

impl Events {
    /// One event of type `kind` with the fields of `body`, which must be an object with fields.
    pub(super) fn emit<T: Serialize>(&mut self, kind: &str, body: &T, out: &mut Vec<u8>) {
        self.open(kind, out);
        let at = out.len();
        write_json(body, out);
        // The body's fields follow ours in the same object.
        if let Some(brace) = out.get_mut(at) {
            *brace = b',';
        }
        out.extend_from_slice(b"\n\n");
    }

    /// One event of type `kind` whose only field `response` is written by `write`.
    pub(super) fn emit_response(
        &mut self,
        kind: &str,
        write: impl FnOnce(&mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        self.open(kind, out);
        out.extend_from_slice(b",\"response\":");
        write(out);
        out.extend_from_slice(b"}\n\n");
    }

    /// `event:` line and the first fields, the object left open.
    fn open(&mut self, kind: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: {\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"sequence_number\":");
        write_json(&self.sequence, out);
        self.sequence += 1;
    }
}
