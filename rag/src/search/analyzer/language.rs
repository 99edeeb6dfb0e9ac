//! Languages whose words can be stemmed.

use rust_stemmers::Algorithm;
use serde::{Deserialize, Serialize};

macro_rules! languages {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $algorithm:expr;)+) => {
        /// The language of a collection, by its ISO 639-1 code in JSON.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize,
            utoipa::ToSchema,
        )]
        pub enum Language {
            /// No language in particular: words are not stemmed.
            #[default]
            #[serde(rename = "multilingual")]
            Multilingual,
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl Language {
            /// The language with this ISO 639-1 code (`en`, `de-CH`); others are multilingual.
            pub fn from_code(code: &str) -> Self {
                let code = code.split(['-', '_']).next().unwrap_or_default();
                match code.to_ascii_lowercase().as_str() {
                    $($code => Self::$name,)+
                    _ => Self::Multilingual,
                }
            }

            /// The word in JSON.
            pub const fn code(self) -> &'static str {
                match self {
                    Self::Multilingual => "multilingual",
                    $(Self::$name => $code,)+
                }
            }

            pub(super) const fn algorithm(self) -> Option<Algorithm> {
                match self {
                    Self::Multilingual => None,
                    $(Self::$name => $algorithm,)+
                }
            }
        }
    };
}

languages! {
    /// Arabic.
    Arabic = "ar", Some(Algorithm::Arabic);
    /// Danish.
    Danish = "da", Some(Algorithm::Danish);
    /// German.
    German = "de", Some(Algorithm::German);
    /// Greek.
    Greek = "el", Some(Algorithm::Greek);
    /// English.
    English = "en", Some(Algorithm::English);
    /// Spanish.
    Spanish = "es", Some(Algorithm::Spanish);
    /// Finnish.
    Finnish = "fi", Some(Algorithm::Finnish);
    /// French.
    French = "fr", Some(Algorithm::French);
    /// Hungarian.
    Hungarian = "hu", Some(Algorithm::Hungarian);
    /// Italian.
    Italian = "it", Some(Algorithm::Italian);
    /// Japanese: pairs of letters.
    Japanese = "ja", None;
    /// Korean: pairs of syllables.
    Korean = "ko", None;
    /// Dutch.
    Dutch = "nl", Some(Algorithm::Dutch);
    /// Norwegian.
    Norwegian = "no", Some(Algorithm::Norwegian);
    /// Portuguese.
    Portuguese = "pt", Some(Algorithm::Portuguese);
    /// Romanian.
    Romanian = "ro", Some(Algorithm::Romanian);
    /// Russian.
    Russian = "ru", Some(Algorithm::Russian);
    /// Swedish.
    Swedish = "sv", Some(Algorithm::Swedish);
    /// Tamil.
    Tamil = "ta", Some(Algorithm::Tamil);
    /// Turkish.
    Turkish = "tr", Some(Algorithm::Turkish);
    /// Chinese: pairs of letters.
    Chinese = "zh", None;
}
