//! Tests of the crate as its users see it. Files are made here, or come from `SHARED_DATA`.

mod chunks;
mod formats;
mod hostile;
mod ocr;
mod office;
mod pdf;
mod pdf_layout;
mod quality;
mod support;
mod worker;
