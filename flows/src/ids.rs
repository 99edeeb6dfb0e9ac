//! Ids of this crate's records.

store::id! {
    /// A project: flows with their variables and secrets.
    pub struct ProjectId;
    /// A flow; the word of the API and of the tables is `workflow`.
    pub struct WorkflowId;
    /// One execution of a flow.
    pub struct RunId;
    /// A published version of a flow.
    pub struct VersionId;
    /// A request that came to a flow's webhook.
    pub struct DeliveryId;
    /// A saved state of a whole project.
    pub struct SavePointId;
}
