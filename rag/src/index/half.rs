//! Stored vectors: little-endian 16-bit floats, half the size of 32-bit ones.
//!
//! A component of a normalized vector keeps 11 bits, an error of about 1e-4 in a cosine: less than
//! two runs of the same model differ on different hardware.

/// The nearest 16-bit float; ties go to the even one. What is too large becomes infinite.
fn to_half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let exponent = ((bits >> 23) & 0xff) as i32;
    let mantissa = bits & 0x007f_ffff;
    if exponent == 0xff {
        return sign | 0x7c00 | if mantissa == 0 { 0 } else { 0x0200 };
    }
    let exponent = exponent - 112;
    if exponent >= 31 {
        return sign | 0x7c00;
    }
    if exponent <= 0 {
        if exponent < -10 {
            return sign;
        }
        // Subnormal: the hidden bit becomes visible and is shifted down.
        let shift = (14 - exponent) as u32;
        let full = mantissa | 0x0080_0000;
        return sign | round_shift(full, shift) as u16;
    }
    // A carry out of the mantissa raises the exponent, as it must.
    sign | (((exponent as u32) << 10) + round_shift(mantissa, 13)) as u16
}

fn round_shift(value: u32, shift: u32) -> u32 {
    let kept = value >> shift;
    let rest = value & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    kept + u32::from(rest > half || (rest == half && kept & 1 == 1))
}

/// Multiplying by 2^112 moves a 16-bit float's exponent into place and makes subnormals right.
#[inline(always)]
fn from_half(half: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(half & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    f32::from_bits(magnitude.to_bits() | (u32::from(half & 0x8000) << 16))
}

/// The bytes of a vector.
pub(crate) fn encode(vector: &[f32]) -> Vec<u8> {
    vector
        .iter()
        .flat_map(|v| to_half(*v).to_le_bytes())
        .collect()
}

/// The vector of these bytes; an odd last byte is ignored.
pub(crate) fn decode(bytes: &[u8]) -> Vec<f32> {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs
        .iter()
        .map(|p| from_half(u16::from_le_bytes(*p)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_have_their_known_bits() {
        for (value, bits) in [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (65504.0, 0x7bff),
            (65520.0, 0x7c00),
            (6.103_515_6e-5, 0x0400),
            (5.960_464_5e-8, 0x0001),
            (1e-9, 0x0000),
            (0.333_333_34, 0x3555),
        ] {
            assert_eq!(to_half(value), bits, "{value}");
        }
    }

    #[test]
    fn every_finite_half_survives_a_round_trip() {
        for half in (0..=u16::MAX).filter(|h| h & 0x7c00 != 0x7c00) {
            assert_eq!(to_half(from_half(half)), half, "{half:#06x}");
        }
    }

    #[test]
    fn bytes_come_back_as_the_vector() {
        let vector = vec![0.5, -0.25, 0.125, 1.0];
        assert_eq!(decode(&encode(&vector)), vector);
    }
}
