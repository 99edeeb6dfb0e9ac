//! Ids of this crate's rows.

store::id! {
    /// A collection of documents.
    pub struct CollectionId;
    /// A document.
    pub struct DocumentId;
    /// A chunk of a document.
    pub struct ChunkId;
    /// An embedding space: vectors that can be compared.
    pub struct SpaceId;
    /// A job of the ingestion.
    pub struct JobId;
    /// A question with its expected documents.
    pub struct CaseId;
    /// One run of an evaluation.
    pub struct RunId;
    /// A folder or bucket that a collection is kept in step with.
    pub struct SourceId;
    /// A file of a source.
    pub struct SourceFileId;
    /// A file of `/v1/files`.
    pub struct FileId;
    /// Files that were put into a vector store together.
    pub struct BatchId;
}
