//! The OpenAPI document of everything under `/v1` and `/api/v1`.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, tag::TagBuilder};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

/// The frame that the crates' routers fill.
pub fn frame() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API key. `x-api-key` and `api-key` are read as well.",
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
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("NoCode AI Builder")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "`/v1` speaks OpenAI's and Anthropic's own shapes; `/api/v1` is ours.",
                ))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new()
                .security_scheme("api_key", SecurityScheme::Http(bearer))
                .security_scheme("session", SecurityScheme::Http(session))
                .build(),
        ))
        .tags(Some([TagBuilder::new()
            .name("gateway")
            .description(Some("Model calls in the vendors' own shapes"))
            .build()]))
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
