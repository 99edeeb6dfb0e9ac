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
