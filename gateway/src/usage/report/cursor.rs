//! Where a page of attempts ends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::Micros;
use uuid::Uuid;

/// The last row of a page. Rows that arrive later are newer, so the next page begins behind it
/// whatever happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The row's time.
    pub created_at: Micros,
    /// Its id, because times are not unique.
    pub id: Uuid,
}

impl Cursor {
    /// Reads the text form.
    pub(super) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (time, id) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            created_at: Micros(i64::from_be_bytes(*time)),
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = self.created_at.0.to_be_bytes().to_vec();
        bytes.extend_from_slice(self.id.as_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}
