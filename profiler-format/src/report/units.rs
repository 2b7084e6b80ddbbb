//! Sizes as text.

const KIB: u32 = 1 << 10;
const MIB: u32 = 1 << 20;
const GIB: u32 = 1 << 30;

/// More decimals than any unit has that are worth reading.
const MOST_DECIMALS: usize = 18;

/// The unit of sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Whole bytes.
    Byte,
    /// 1,024 bytes.
    KiB,
    /// 1,048,576 bytes.
    #[default]
    MiB,
    /// 1,073,741,824 bytes.
    GiB,
    /// The largest unit in which the size is at least 1.
    Auto,
}

impl Unit {
    /// Shows a number of bytes, such as `48.828 MiB`. Whole bytes have no decimals.
    #[must_use]
    pub fn format(self, bytes: i128, precision: usize) -> String {
        let (divisor, name) = match self.fitting(bytes) {
            Self::KiB => (KIB, "KiB"),
            Self::MiB => (MIB, "MiB"),
            Self::GiB => (GIB, "GiB"),
            Self::Byte | Self::Auto => return format!("{bytes} B"),
        };
        // Whole numbers throughout: printing floating point would add 14 KiB to the user's program.
        let precision = precision.min(MOST_DECIMALS);
        let (scale, divisor) = (10_u128.pow(precision as u32), u128::from(divisor));
        let scaled = rounded(bytes.unsigned_abs().saturating_mul(scale), divisor);
        // `-0.000` would suggest a loss that the digits do not show.
        let sign = if bytes < 0 && scaled > 0 { "-" } else { "" };
        match precision {
            0 => format!("{sign}{scaled} {name}"),
            _ => format!("{sign}{}.{:0precision$} {name}", scaled / scale, scaled % scale),
        }
    }

    /// The unit in which this many bytes are shown.
    pub(super) fn fitting(self, bytes: i128) -> Self {
        let size = bytes.unsigned_abs();
        match self {
            Self::Auto if size < KIB.into() => Self::Byte,
            Self::Auto if size < MIB.into() => Self::KiB,
            Self::Auto if size < GIB.into() => Self::MiB,
            Self::Auto => Self::GiB,
            chosen => chosen,
        }
    }
}

/// The quotient, half to even, as with floating point.
fn rounded(dividend: u128, divisor: u128) -> u128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    quotient + u128::from(2 * rest + quotient % 2 > divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_units_keep_their_decimals() {
        assert_eq!(Unit::MiB.format(51_200_000, 3), "48.828 MiB");
        assert_eq!(Unit::MiB.format(-51_200_000, 1), "-48.8 MiB");
        assert_eq!(Unit::KiB.format(1536, 0), "2 KiB");
        assert_eq!(Unit::KiB.format(2560, 0), "2 KiB");
        assert_eq!(Unit::GiB.format(1 << 29, 2), "0.50 GiB");
        assert_eq!(Unit::Byte.format(i128::from(u64::MAX), 3), "18446744073709551615 B");
    }

    #[test]
    fn automatic_units_follow_the_size() {
        for (bytes, expected) in [
            (0, "0 B"),
            (-1023, "-1023 B"),
            (1024, "1.00 KiB"),
            (-(5 << 20), "-5.00 MiB"),
            (3 << 30, "3.00 GiB"),
            (3 << 40, "3072.00 GiB"),
        ] {
            assert_eq!(Unit::Auto.format(bytes, 2), expected);
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(Unit::MiB.format(-16, 3), "0.000 MiB");
        assert_eq!(Unit::KiB.format(-1, 0), "0 KiB");
        assert_eq!(Unit::MiB.format(-1024, 3), "-0.001 MiB");
    }
}
