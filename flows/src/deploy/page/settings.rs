//! How a page looks, who may see it, and how much it may be used.

use accounts::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sql::pages::PageRow;
use crate::{Error, Result};

/// Characters of a title.
const MAX_TITLE: usize = 120;
/// Characters of a logo as a `data:` address: some 64 kB of picture.
const MAX_LOGO: usize = 90_000;
const MAX_ORIGINS: usize = 50;
const PICTURES: [&str; 4] = ["png", "jpeg", "webp", "svg+xml"];

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PageKind {
    /// A conversation.
    Chat,
    /// Fields to fill in.
    Form,
}

impl PageKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Form => "form",
        }
    }

    /// The trigger of flows that can have it.
    pub(super) const fn trigger(self) -> &'static str {
        match self {
            Self::Chat => "input.chat",
            Self::Form => "input.form",
        }
    }

    pub(super) fn read(word: &str) -> Result<Self> {
        match word {
            "chat" => Ok(Self::Chat),
            "form" => Ok(Self::Form),
            _ => Err(Error::not_found(
                "kind of page",
                format_args!("`{word:.20}`"),
            )),
        }
    }
}

/// Who may use a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PageAccess {
    /// Whoever has its address.
    #[default]
    Public,
    /// Members of the organization who are signed in; not inside of other sites.
    Members,
    /// Whoever knows its password.
    Password,
}

impl PageAccess {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Members => "members",
            Self::Password => "password",
        }
    }
}

/// How a page looks, and how much it may be used. What a chat says first, its suggestions and whether it
/// takes files, and the fields of a form, are settings of the flow's trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PageSettings {
    /// Heading; empty: the flow's name.
    pub(super) title: String,
    /// Accent such as `#0a6a5d`; empty: the product's.
    pub(super) color: String,
    /// A picture as a `data:` address (PNG, JPEG, WebP or SVG, some 64 kB); empty: none.
    pub(super) logo: String,
    /// Sites that may show the page inside of theirs and call it, such as `https://www.example.org`; `*`:
    /// all.
    pub(super) allowed_origins: Vec<String>,
    /// Messages of one visitor within a minute, 1 to 600.
    pub(super) visitor_per_minute: u32,
    /// Messages of all visitors within an hour, 1 to 1,000,000.
    pub(super) page_per_hour: u32,
    /// Characters of a message, or of a text in a form, 1 to 100,000.
    pub(super) max_message_chars: u32,
}

impl Default for PageSettings {
    fn default() -> Self {
        Self {
            title: String::new(),
            color: String::new(),
            logo: String::new(),
            allowed_origins: Vec::new(),
            visitor_per_minute: 10,
            page_per_hour: 500,
            max_message_chars: 4_000,
        }
    }
}

impl PageSettings {
    /// The settings in the form that is kept.
    ///
    /// # Errors
    /// Which one is wrong.
    pub(super) fn checked(mut self) -> Result<Self> {
        if self.title.chars().count() > MAX_TITLE {
            return Err(Error::invalid(format!(
                "`title` has more than {MAX_TITLE} characters"
            )));
        }
        let hex = self.color.strip_prefix('#');
        let is_color =
            hex.is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if !self.color.is_empty() && !is_color {
            return Err(Error::invalid("`color` must be like #0a6a5d"));
        }
        check_logo(&self.logo)?;
        if self.allowed_origins.len() > MAX_ORIGINS {
            let message = format!("`allowed_origins` has more than {MAX_ORIGINS} entries");
            return Err(Error::invalid(message));
        }
        for origin in &mut self.allowed_origins {
            *origin = origin.trim().trim_end_matches('/').to_ascii_lowercase();
            if !is_origin(origin) {
                return Err(Error::invalid(format!(
                    "`{origin}` is no origin: write scheme and host, such as https://www.example.org, or *"
                )));
            }
        }
        for (name, value, most) in [
            ("visitor_per_minute", self.visitor_per_minute, 600),
            ("page_per_hour", self.page_per_hour, 1_000_000),
            ("max_message_chars", self.max_message_chars, 100_000),
        ] {
            if value == 0 || value > most {
                return Err(Error::invalid(format!("`{name}` must be 1 to {most}")));
            }
        }
        Ok(self)
    }
}

fn check_logo(logo: &str) -> Result<()> {
    let kind = |kind: &&str| logo.starts_with(&format!("data:image/{kind};base64,"));
    if !logo.is_empty() && !PICTURES.iter().any(kind) {
        let message =
            "`logo` must be a data: address of a PNG, JPEG, WebP or SVG picture in base64";
        return Err(Error::invalid(message));
    }
    if logo.len() > MAX_LOGO {
        return Err(Error::invalid("`logo` is larger than 64 kB"));
    }
    Ok(())
}

/// Scheme, host and port; nothing that could end the entry of a header.
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    text == "*" || host.is_some_and(|host| !host.is_empty() && host.chars().all(fits))
}

/// A page as the flow's makers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FlowPage {
    /// What it is.
    pub(super) kind: PageKind,
    /// Whether it can be visited, while its flow is published and switched on.
    pub(super) is_on: bool,
    /// Who may use it.
    pub(super) access: PageAccess,
    /// Whether it has a password, which is not told.
    pub(super) has_password: bool,
    /// The path of its address; `null`: it was never on.
    pub(super) path: Option<String>,
    /// How it looks.
    pub(super) settings: PageSettings,
}

/// How a page shall be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "is_on": true, "access": "public",
    "settings": {"title": "Ask us", "color": "#0a6a5d", "allowed_origins": ["https://www.example.org"]},
}))]
pub(crate) struct PutPage {
    /// Whether it can be visited.
    pub(super) is_on: bool,
    /// Who may use it.
    #[serde(default)]
    pub(super) access: PageAccess,
    /// A new password, 10 characters or more; absent: the old one stays.
    #[serde(default)]
    pub(super) password: Option<Secret>,
    /// Give it another address; the old one leads nowhere any more.
    #[serde(default)]
    pub(super) new_address: bool,
    /// How it looks, and how much it may be used.
    #[serde(default)]
    pub(super) settings: PageSettings,
}

/// What a row holds.
pub(super) fn read(row: &PageRow) -> Result<(PageKind, PageAccess, PageSettings)> {
    let damaged = |what: &str| Error::new(crate::ErrorKind::Internal, format!("a page's {what}"));
    let kind = PageKind::read(&row.kind).map_err(|_| damaged("kind is damaged"))?;
    let access = serde_json::from_value(row.access.as_str().into());
    let access = access.map_err(|_| damaged("access is damaged"))?;
    let settings = serde_json::from_value(row.settings.0.clone());
    let settings = settings.map_err(|_| damaged("settings are damaged"))?;
    Ok((kind, access, settings))
}

impl FlowPage {
    pub(super) fn of(row: &PageRow) -> Result<Self> {
        let (kind, access, settings) = read(row)?;
        Ok(Self {
            kind,
            is_on: row.is_on,
            access,
            has_password: row.password_hash.is_some(),
            path: Some(format!("/{}/{}", row.kind, row.token)),
            settings,
        })
    }

    /// One that was never on.
    pub(super) fn new(kind: PageKind) -> Self {
        Self {
            kind,
            is_on: false,
            access: PageAccess::default(),
            has_password: false,
            path: None,
            settings: PageSettings::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut PageSettings)) -> Result<PageSettings> {
        let mut settings = PageSettings::default();
        change(&mut settings);
        settings.checked()
    }

    #[test]
    fn nothing_but_an_origin_gets_into_the_header_that_names_them() {
        let kept = with(|s| s.allowed_origins = vec!["https://WWW.example.org/".to_owned()]);
        let kept = kept.expect("an origin").allowed_origins;
        assert_eq!(kept, ["https://www.example.org"]);
        for good in ["*", "http://localhost:8080", "https://[::1]:1"] {
            assert!(
                with(|s| s.allowed_origins = vec![good.to_owned()]).is_ok(),
                "{good}"
            );
        }
        for wrong in [
            "example.org",
            "https://",
            "https://a.org; script-src *",
            "https://a.org https://b.org",
            "https://a.org/path",
            "https://*.org",
            "javascript:x",
        ] {
            assert!(
                with(|s| s.allowed_origins = vec![wrong.to_owned()]).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn colours_logos_and_limits_are_checked() {
        assert!(with(|s| s.color = "#0a6a5d".to_owned()).is_ok());
        for wrong in ["red", "#12345", "#12345g", "#123456;"] {
            assert!(with(|s| s.color = wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(with(|s| s.logo = "data:image/png;base64,AAAA".to_owned()).is_ok());
        assert!(with(|s| s.logo = "https://example.org/x.png".to_owned()).is_err());
        assert!(with(|s| s.logo = "data:text/html;base64,AAAA".to_owned()).is_err());
        assert!(with(|s| s.visitor_per_minute = 0).is_err());
        assert!(with(|s| s.max_message_chars = 100_001).is_err());
    }
}
