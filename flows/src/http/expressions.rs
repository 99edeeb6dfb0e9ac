use accounts::Permission;
use accounts::http::{ApiError, ErrorBody, Member, StrictJson};
use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::expression::{self, ExpressionError, Path, Reason, Scope};
use crate::graph::DataType;
use crate::value::type_of;

/// A text to be evaluated with sample data.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "{{ input.name | upper }}", "scope": {"input": {"name": "ada"}}}))]
pub(super) struct PreviewExpression {
    /// The field's text.
    pub text: String,
    /// `{input, incoming, nodes: {id: {output, error, status}}, vars, item, index, run, now}`. Secrets
    /// are not given: they show as `***`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub scope: Map<String, Value>,
}

/// What a text gives.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ExpressionPreview)]
pub(super) struct Preview {
    /// The value; `null` also when there is an error.
    #[schema(value_type = Object)]
    pub value: Value,
    /// What the value looks like.
    #[serde(rename = "type")]
    pub kind: DataType,
    /// Why there is none.
    pub error: Option<ExpressionError>,
    /// Everything the text names.
    pub dependencies: Vec<Path>,
    /// Why what it names is missing or empty.
    pub why_empty: Vec<Reason>,
}

/// Evaluates a field's text with sample data, and says why it is empty if it is.
#[utoipa::path(
    post, path = "/api/v1/expressions/preview", tag = "Node types", operation_id = "preview_expression",
    request_body = PreviewExpression, security(("api_key" = []), ("session" = [])),
    extensions(("x-permission" = json!("projects:read"))),
    responses((status = 200, body = Preview), (status = "4XX", body = ErrorBody)),
)]
pub(super) async fn preview(
    member: Member,
    StrictJson(wanted): StrictJson<PreviewExpression>,
) -> Result<Json<Preview>, ApiError> {
    member.require(Permission::ProjectsRead)?;
    let scope = Scope::sample(&wanted.scope);
    let (value, error) = match expression::preview(&wanted.text, &scope) {
        Ok(value) => (value, None),
        Err(error) => (Value::Null, Some(error)),
    };
    Ok(Json(Preview {
        kind: type_of(&value),
        value,
        error,
        dependencies: expression::paths(&wanted.text).unwrap_or_default(),
        why_empty: expression::why_empty(&wanted.text, &scope),
    }))
}
