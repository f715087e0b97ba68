//! A line of little bars that says how something went.

use crate::ui::glyphs::BARS;

/// A change of less than this share is none.
const NOISE: f64 = 0.02;

/// One bar for each number, the lowest and the highest of them at the ends of the scale; what is no
/// number is a gap.
pub fn spark(numbers: &[f64]) -> String {
    let known = || numbers.iter().copied().filter(|number| number.is_finite());
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(0.0, f64::max);
    let is_flat = high - low <= high * NOISE;
    let top = (BARS.len() - 1) as f64;
    let bar = |number: &f64| {
        if !number.is_finite() {
            return " ";
        }
        let level = if is_flat { top / 3.0 } else { (number - low) / (high - low) * top };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the top")]
        let at = level.round().clamp(0.0, top) as usize;
        BARS.get(at).copied().unwrap_or(" ")
    };
    numbers.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::spark;

    #[test]
    fn bars_show_what_changes_and_nothing_else() {
        for (numbers, bars) in [
            (&[][..], ""),
            (&[5.0], "▃"),
            (&[100.0, 101.0, 100.5], "▃▃▃"),
            (&[0.0, 0.0], "▃▃"),
            (&[1.0, 2.0, 3.0, 4.0], "▁▃▅▇"),
            (&[10.0, 10.0, 1.0], "▇▇▁"),
            (&[1.0, f64::NAN, 4.0], "▁ ▇"),
        ] {
            assert_eq!(spark(numbers), bars, "{numbers:?}");
        }
    }
}
