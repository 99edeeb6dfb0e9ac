//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// One program, its own AI platform: gateway, documents, flows.
#[derive(Debug, Parser)]
#[command(name = "nocode-ai", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where configuration and data are.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Configuration file (TOML).
    #[arg(long, env = "NOCODE_AI_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Directory of the database, the journal and the master key.
    #[arg(long, env = "NOCODE_AI_DATA_DIR", value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
}

/// What `nocode-ai` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server.
    Serve {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// Address and port; port 0 picks a free one.
        #[arg(long, env = "NOCODE_AI_LISTEN", value_name = "ADDR")]
        listen: Option<String>,
        /// Print one JSON line for scripts instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Make, list and revoke API keys.
    Key {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// What to do.
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Check the configuration without starting anything.
    Check {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
    },
    /// Check configuration, disk, database, keys, and make one call per model.
    Doctor {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// Do not call models (calls cost a few tokens each).
        #[arg(long)]
        offline: bool,
    },
    /// Bring the database to this program's version.
    Migrate {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
    },
    /// Look after people's accounts.
    Account {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// What to do.
        #[command(subcommand)]
        action: AccountAction,
    },
    /// Work on the credential vault.
    Vault {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// What to do.
        #[command(subcommand)]
        action: VaultAction,
    },
    /// Work on the index of documents.
    Vectors {
        /// Where configuration and data are.
        #[command(flatten)]
        place: Place,
        /// What to do.
        #[command(subcommand)]
        action: VectorsAction,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Run users' code and parse files for a server, which starts this itself.
    #[command(hide = true)]
    Worker {
        /// What the server says.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

/// `nocode-ai key …`.
#[derive(Debug, Subcommand)]
pub enum KeyAction {
    /// Make a key; it is shown once.
    Create {
        /// Name for people.
        #[arg(long, default_value = "command line")]
        name: String,
        /// Model pattern it may use (`openai/*`); repeat for several, all when absent.
        #[arg(long = "model", value_name = "PATTERN")]
        models: Vec<String>,
        /// Endpoint pattern it may use (`/v1/chat/*`); repeat for several, all when absent.
        #[arg(long = "endpoint", value_name = "PATTERN")]
        endpoints: Vec<String>,
        /// Tag for reports; repeat for several.
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// Also open `/api/v1`.
        #[arg(long)]
        admin: bool,
        /// Refused from then on (RFC 3339).
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        /// Organization, by its short name.
        #[arg(long, default_value = accounts::DEFAULT_SLUG, value_name = "SLUG")]
        organization: String,
        /// Print one JSON line.
        #[arg(long)]
        json: bool,
    },
    /// List keys.
    List {
        /// Organization, by its short name.
        #[arg(long, default_value = accounts::DEFAULT_SLUG, value_name = "SLUG")]
        organization: String,
        /// Print one JSON line per key.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key for good.
    Revoke {
        /// The key's id, as `key list` shows it.
        id: String,
        /// Organization, by its short name.
        #[arg(long, default_value = accounts::DEFAULT_SLUG, value_name = "SLUG")]
        organization: String,
    },
}

/// `nocode-ai vectors …`.
#[derive(Debug, Subcommand)]
pub enum VectorsAction {
    /// Write all collections into the Qdrant server of `rag.qdrant`: when it takes over from the
    /// embedded index, or when it lost its data. Can be repeated, and run beside the server. The way
    /// back needs no command.
    Move,
}

/// `nocode-ai account …`.
#[derive(Debug, Subcommand)]
pub enum AccountAction {
    /// Print a link by which a person sets a new password; it works once, for an hour.
    ResetLink {
        /// The person's address.
        email: String,
    },
    /// Take all second factors from a person who lost them, and end its sessions.
    ResetMfa {
        /// The person's address.
        email: String,
    },
}

/// `nocode-ai vault …`.
#[derive(Debug, Subcommand)]
pub enum VaultAction {
    /// Encrypt all credentials with a new master key.
    Rotate {
        /// The new key (base64 of 32 bytes) from this environment variable; made anew when the key
        /// lives in a file and this is absent.
        #[arg(long, value_name = "NAME")]
        new_key_env: Option<String>,
    },
}
