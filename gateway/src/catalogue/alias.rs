//! Other names of a catalogue row.

use super::builtin::{File, id_of};

/// The row that `model` means in `file`: its own, or one that differs by nothing but a documented
/// way of writing the same model.
///
/// In order, and never across model families:
///
/// 1. the exact id;
/// 2. the vendor's resource prefix: Gemini's `models/`, Fireworks' `accounts/fireworks/models/` and
///    `…/routers/`, given or left out; `ft:<base>:<organisation>:…` is the row `ft:<base>`;
/// 3. a snapshot, `-2024-08-06` or `-20240806` (Gemini also `-001`), is the model without the date;
/// 4. `-latest` is the model without it, else its newest dated snapshot;
/// 5. a bare name is its `-latest` row, else its newest dated snapshot;
/// 6. the row `*`, of providers whose every model is alike (`builtin`, `ollama`).
pub(super) fn find(file: &File, model: &str) -> Option<&'static str> {
    find_named(file, model).or_else(|| file.row("*"))
}

/// [`find`] without the row `*`.
pub(super) fn find_named(file: &File, model: &str) -> Option<&'static str> {
    if model == "*" {
        return None;
    }
    file.row(model).or_else(|| {
        spellings(file.provider, model)
            .iter()
            .find_map(|name| find_version(file, name))
    })
}

/// `model` as it may be written in the catalogue, the name itself first.
fn spellings(provider: &str, model: &str) -> Vec<String> {
    let mut names = vec![model.to_owned()];
    match provider {
        "gemini" => names.extend(model.strip_prefix("models/").map(str::to_owned)),
        "fireworks" => names.extend(fireworks_spelling(model)),
        "openai" | "azure" => names.extend(fine_tuned_base(model)),
        _ => {}
    }
    names
}

fn fireworks_spelling(model: &str) -> Option<String> {
    if !model.contains('/') {
        return Some(format!("accounts/fireworks/models/{model}"));
    }
    model
        .strip_prefix("accounts/fireworks/models/")
        .or_else(|| model.strip_prefix("accounts/fireworks/routers/"))
        .map(str::to_owned)
}

fn fine_tuned_base(model: &str) -> Option<String> {
    let base = model.strip_prefix("ft:")?.split(':').next()?;
    Some(format!("ft:{base}"))
}

fn find_version(file: &File, model: &str) -> Option<&'static str> {
    if let Some(row) = file.row(model) {
        return Some(row);
    }
    if let Some(base) = without_date(model) {
        return file.row(base);
    }
    if file.provider == "gemini"
        && let Some(base) = without_revision(model)
    {
        return file.row(base);
    }
    match model.strip_suffix("-latest") {
        Some(base) => file.row(base).or_else(|| newest(file, base)),
        None => file
            .row(&format!("{model}-latest"))
            .or_else(|| newest(file, model)),
    }
}

/// The snapshot of `base` with the latest date.
fn newest(file: &File, base: &str) -> Option<&'static str> {
    if base.is_empty() {
        return None;
    }
    let prefix = format!("{base}-");
    file.rows_from(&prefix)
        .filter_map(|row| Some((digits_of_date(&id_of(row)[prefix.len()..])?, row)))
        .max()
        .map(|(_, row)| row)
}

fn without_date(model: &str) -> Option<&str> {
    [11, 9].into_iter().find_map(|length| {
        let at = model.len().checked_sub(length)?;
        let (base, date) = (model.get(..at)?, model.get(at..)?.strip_prefix('-')?);
        (!base.is_empty() && digits_of_date(date).is_some()).then_some(base)
    })
}

/// `-001`: how Gemini numbers the revisions of a stable model.
fn without_revision(model: &str) -> Option<&str> {
    let (base, revision) = model.rsplit_once('-')?;
    let numbered = revision.len() == 3 && revision.bytes().all(|b| b.is_ascii_digit());
    (numbered && revision.starts_with("00")).then_some(base)
}

/// `2024-08-06` and `20240806` as `20240806`; `None` for anything that is not a date since 2020.
fn digits_of_date(text: &str) -> Option<u32> {
    let date: jiff::civil::Date = match text.len() {
        10 => text.parse().ok()?,
        8 if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok()?,
        _ => return None,
    };
    let year = u32::try_from(date.year()).ok().filter(|y| *y >= 2020)?;
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    Some(year * 10_000 + u32::from(month) * 100 + u32::from(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_recognised_and_other_numbers_are_not() {
        assert_eq!(without_date("gpt-4o-2024-08-06"), Some("gpt-4o"));
        assert_eq!(
            without_date("claude-opus-4-5-20251101"),
            Some("claude-opus-4-5")
        );
        assert_eq!(without_date("gpt-4o-2024-13-06"), None);
        assert_eq!(without_date("gpt-3.5-turbo-0613"), None);
        assert_eq!(without_date("model-12345678"), None);
        assert_eq!(without_date("-20251101"), None);
        assert_eq!(without_date("é"), None);
    }

    #[test]
    fn only_small_numbers_are_revisions() {
        assert_eq!(
            without_revision("gemini-2.0-flash-001"),
            Some("gemini-2.0-flash")
        );
        assert_eq!(without_revision("gemini-exp-1206"), None);
        assert_eq!(without_revision("gemini-2.0-flash-123"), None);
    }
}
