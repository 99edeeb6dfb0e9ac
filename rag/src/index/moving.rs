//! Filling a Qdrant server with what SQL holds: the way from the embedded index to a server, and back to
//! health for one that lost its data. The way back needs nothing, as the embedded index reads SQL.

use store::Db;

use super::{Place, Qdrant, VectorStore as _};
use crate::{Result, sql};

/// A collection that was written into the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Where it is.
    pub place: Place,
    /// Its name, for people.
    pub name: String,
    /// Chunks that SQL says can be found.
    pub chunks: u64,
    /// Chunks that the server holds now.
    pub points: u64,
}

impl Moved {
    /// Whether the server holds all of it. Documents that come in meanwhile can make it hold more.
    pub fn is_complete(&self) -> bool {
        self.points >= self.chunks
    }
}

/// Writes all collections of all organizations, one after the other, and tells of each. Can be
/// repeated, and goes on where it was interrupted with writing what is there already once more.
///
/// # Errors
/// The first one: what the server refuses, `Unavailable` when it does not answer.
pub async fn fill(db: &Db, server: &Qdrant, mut tell: impl FnMut(&Moved)) -> Result<()> {
    for (org, collection, name) in sql::collections::all(db).await? {
        let place = Place { org, collection };
        server.refill(place).await?;
        server.sync(place).await?;
        let chunks = sql::index::count(db, place).await?;
        let points = server.count(place).await?.chunks;
        tell(&Moved {
            place,
            name,
            chunks: u64::try_from(chunks).unwrap_or(0),
            points,
        });
    }
    Ok(())
}
