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
    /// A value that flows keep between their runs.
    pub struct ValueId;
    /// A conversation on a flow's page, or what was sent with a form.
    pub struct ConversationId;
    /// A message on a flow's page and its answer.
    pub struct TurnId;
    /// A saved state of a whole project.
    pub struct SavePointId;
    /// A template that an organization keeps.
    pub struct TemplateId;
}
