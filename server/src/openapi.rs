//! The OpenAPI document of everything under `/v1` and `/api/v1`.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::{ComponentsBuilder, RefOr, Required, tag::TagBuilder};
use utoipa::openapi::{InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, schema};

/// What operations are grouped by, in the order that people read them.
const TAGS: [(&str, &str); 34] = [
    ("gateway", "Model calls in the vendors' own shapes"),
    ("Authentication", "Making an account, signing in and out"),
    ("Account", "What people do about themselves"),
    ("Organizations", "Tenants: their names, settings, exports"),
    ("Members", "Who belongs to an organization, and as what"),
    ("Invitations", "Bringing people in"),
    ("Teams", "Members who share limits, budgets and reports"),
    ("Keys", "API keys of this gateway"),
    (
        "Credentials",
        "Secrets of vendors, which go in and never come out",
    ),
    (
        "Providers",
        "Vendors, their models, and whether their keys work",
    ),
    (
        "Models",
        "Names of an organization's own for models, with shares and fallbacks",
    ),
    ("Limits", "How much may be used at once or in a time"),
    ("Budgets", "How much money or how many tokens may be used"),
    ("Alerts", "Who is told when a budget runs out"),
    (
        "Collections",
        "Documents that are searched together, and how",
    ),
    (
        "Documents",
        "Files, texts and addresses, and the jobs that read them",
    ),
    (
        "Sources",
        "Folders and buckets that collections are kept in step with",
    ),
    ("Chunks", "The pieces of documents that are found"),
    ("Search", "What documents say about a question"),
    (
        "Files",
        "OpenAI's files, which vector stores are filled with",
    ),
    (
        "Vector stores",
        "Collections in the words of OpenAI's clients",
    ),
    (
        "Evaluation",
        "How well a collection answers the questions that it should",
    ),
    ("Usage", "What was used, by whom, and what it cost"),
    ("Billing", "Plans, usage against them, monthly statements"),
    (
        "Projects",
        "Flows that belong together, with their variables, secrets and save points",
    ),
    (
        "Workflows",
        "Flows: their drafts, versions and what is wrong with them",
    ),
    (
        "Node types",
        "What flows are made of, and expressions in fields",
    ),
    (
        "Executions",
        "Runs of flows: starting, watching, steering them",
    ),
    ("Deployments", "Published flows at addresses of their own"),
    ("Templates", "Flows to begin with"),
    ("Audit", "Who changed what"),
    ("Outbox", "Mails of the instance"),
    ("Permissions", "What each role may do"),
    ("Administration", "For the owner of the whole instance"),
];

/// The frame that the crates' routers fill.
pub fn frame() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API key of this gateway (`nab-…`) as a bearer token. `x-api-key` and `api-key` are read \
             as well. Under `/api/v1` the key needs admin scope and acts as the role `admin`.",
        ))
        .build();
    let session = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "A person's access token. Browsers have it in the cookie `nab_access` and send the cookie \
             `nab_csrf` again as the header `x-nab-csrf` with each change.",
        ))
        .build();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        accounts::http::ACCESS_COOKIE,
        "The session of a browser; set by `POST /api/v1/auth/login`.",
    )));
    let tags = TAGS.map(|(name, description)| {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    });
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("NoCode AI Builder")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "`/v1` speaks OpenAI's and Anthropic's own shapes; `/api/v1` is ours.\n\n\
                     Lists come in pages: give `next_cursor` back as `cursor`. Errors have one form, \
                     `{\"error\": {\"code\", \"message\", \"details\", \"request_id\"}}`. Records carry an \
                     `ETag`; a change with `If-Match` answers 412 with the present record when somebody \
                     else was faster. A POST with `Idempotency-Key` is carried out once, however often it \
                     is sent within a day. `x-permission` names the permission that an operation needs; \
                     `GET /api/v1/permissions` says which role has it.",
                ))
                .build(),
        )
        .servers(Some([ServerBuilder::new()
            .url("/")
            .description(Some("This server"))
            .build()]))
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme("api_key", SecurityScheme::Http(bearer))
                .security_scheme("session", SecurityScheme::Http(session))
                .security_scheme("session_cookie", cookie)
                .build(),
        ))
        .tags(Some(tags))
        .build()
}

/// Adds what all operations share, so that no handler has to say it.
pub fn complete(mut document: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut document.paths.paths);
    for (path, mut item) in paths {
        // A wildcard is axum's notation; OpenAPI only knows plain parameters.
        let path = path.replace("{*", "{");
        if path.starts_with("/api/v1/") {
            complete_item(&mut item);
        }
        document.paths.paths.insert(path, item);
    }
    document
}

fn complete_item(item: &mut PathItem) {
    let changes = [&mut item.put, &mut item.patch, &mut item.delete];
    for operation in changes.into_iter().flatten() {
        add(
            operation,
            header("If-Match", "Go on only if the record still has this `ETag`"),
        );
    }
    if let Some(post) = &mut item.post
        && is_authenticated(post)
    {
        add(
            post,
            header(
                "Idempotency-Key",
                "A name for this request, up to 255 characters: sent again within a day it is answered \
                 as before and not carried out twice",
            ),
        );
    }
    let all = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ];
    for operation in all.into_iter().flatten() {
        let sessions = is_for_sessions(operation);
        let security = operation.security.get_or_insert_default();
        if sessions {
            let none: [String; 0] = [];
            security.push(SecurityRequirement::new("session_cookie", none));
        }
    }
}

fn is_authenticated(operation: &Operation) -> bool {
    let security = operation.security.as_deref().unwrap_or_default();
    security
        .iter()
        .any(|one| *one != SecurityRequirement::default())
}

fn is_for_sessions(operation: &Operation) -> bool {
    let none: [String; 0] = [];
    let session = SecurityRequirement::new("session", none);
    operation
        .security
        .as_deref()
        .unwrap_or_default()
        .contains(&session)
}

fn add(operation: &mut Operation, parameter: Parameter) {
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(parameter));
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(schema::Type::String)))
        .build()
}

/// The document as pretty JSON with a final line end, as it is committed.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn render(document: &OpenApi) -> anyhow::Result<String> {
    let value = serde_json::to_value(document)?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&value)?))
}
