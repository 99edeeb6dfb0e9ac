//! Parse
mod boxes;
mod detect;
mod document;
mod limits;
mod page_builder;
mod pdf;
pub use boxes::*; pub use detect::Format; pub use document::*; pub use limits::Limits;
use limits::Budget;
/// hints
#[derive(Debug, Clone, Default)]
pub struct Hints { 
/// p
pub password: Option<String>, 
/// k
pub keep_furniture: bool }
/// err
#[derive(Debug, Clone, thiserror::Error)]
pub enum ParseError {
 /// p
 #[error("password")] PasswordNeeded, 
 /// p
 #[error("wrong")] WrongPassword, 
 /// p
 #[error("{what} {limit}")] TooLarge{ 
 /// p
 what: String, 
 /// p
 limit: u64}, 
 /// p
 #[error("{format} {detail}")] Damaged{
 /// p
 format: Format, 
 /// p
 detail: String}, 
 /// p
 #[error("{detail}")] Unsupported{
 /// p
 detail: String} }
impl ParseError { fn damaged(format: Format, detail: impl Into<String>) -> Self { Self::Damaged { format, detail: detail.into() } } }
/// parse
pub fn parse(bytes: &[u8], hints: &Hints) -> Result<Document, ParseError> { pdf::parse(bytes, hints, &mut Budget::new(Limits::default())) }
