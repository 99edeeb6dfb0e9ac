//! Decimal figures to integers, without a float in between.

/// Why a figure is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecimalError {
    /// Not digits with at most one point.
    #[error("expected a plain decimal number such as 2.5, without sign or exponent")]
    Form,
    /// More decimals than the unit can hold.
    #[error("has too many decimals (at most {0})")]
    TooFine(u32),
    /// Beyond 64 bits.
    #[error("is too large")]
    TooLarge,
}

/// Reads `text` times 10^`scale` as an integer.
///
/// # Errors
/// [`DecimalError`]: signs, exponents, separators and blanks are refused; so are non-zero digits
/// beyond `scale` decimals.
pub(crate) fn parse(text: &str, scale: u32) -> Result<i64, DecimalError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let has_digits = !whole.is_empty() && (!text.contains('.') || !fraction.is_empty());
    if !has_digits
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return Err(DecimalError::Form);
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = (scale as usize)
        .checked_sub(fraction.len())
        .ok_or(DecimalError::TooFine(scale))?;
    let zeros = std::iter::repeat_n(b'0', missing);
    whole
        .bytes()
        .chain(fraction.bytes())
        .chain(zeros)
        .try_fold(0_i64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        })
        .ok_or(DecimalError::TooLarge)
}

/// The digits a person wrote, from a configuration format that only hands over a binary fraction.
///
/// The shortest decimal that names the same `f64` is what was written, as long as it was written
/// with at most 15 significant digits. `None` for anything longer, negative or not finite: such a
/// figure must come as a string.
pub(super) fn text_of(value: f64) -> Option<String> {
    if !value.is_finite() || value.is_sign_negative() && value != 0.0 {
        return None;
    }
    let text = value.abs().to_string();
    let digits = text.trim_start_matches(['0', '.']);
    let significant = digits.bytes().filter(u8::is_ascii_digit).count();
    (significant <= 15).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_integers_exactly() {
        assert_eq!(parse("2.5", 9), Ok(2_500_000_000));
        assert_eq!(parse("0.000283333333333", 15), Ok(283_333_333_333));
        assert_eq!(parse("15", 9), Ok(15_000_000_000));
        assert_eq!(parse("0", 9), Ok(0));
        assert_eq!(parse("1.50000000000000000000", 9), Ok(1_500_000_000));
    }

    #[test]
    fn anything_but_a_plain_decimal_is_refused() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", " 1", "1_000", "1.2.3", "NaN",
        ] {
            assert_eq!(parse(text, 9), Err(DecimalError::Form), "{text:?}");
        }
        assert_eq!(parse("0.0000000001", 9), Err(DecimalError::TooFine(9)));
        assert_eq!(parse("9223372037", 9), Err(DecimalError::TooLarge));
        assert_eq!(
            parse("99999999999999999999", 0),
            Err(DecimalError::TooLarge)
        );
    }

    #[test]
    fn a_float_gives_back_the_digits_that_were_written() {
        assert_eq!(text_of(0.1).as_deref(), Some("0.1"));
        assert_eq!(text_of(1.25e-7).as_deref(), Some("0.000000125"));
        assert_eq!(text_of(0.0).as_deref(), Some("0"));
        assert_eq!(text_of(0.1 + 0.2), None);
        assert_eq!(text_of(-1.0), None);
        assert_eq!(text_of(f64::INFINITY), None);
    }
}
