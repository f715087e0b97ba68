//! A bar that says how full something is.

use crate::ui::glyphs;

/// `share` (0 to 1) in `cells` pieces. What is used at all shows, and what is not full is not
/// drawn full.
pub fn gauge(share: f64, cells: usize) -> String {
    let share = share.clamp(0.0, 1.0);
    let pieces = cells as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the cells")]
    let mut filled = (share * pieces).round() as usize;
    if share > 0.0 {
        filled = filled.max(1);
    }
    if share < 1.0 {
        filled = filled.min(cells.saturating_sub(1));
    }
    glyphs::FULL.repeat(filled) + &glyphs::EMPTY.repeat(cells - filled)
}

#[cfg(test)]
mod tests {
    use super::gauge;

    #[test]
    fn neither_empty_nor_full_before_its_time() {
        for (share, bar) in
            [(0.0, "▱▱▱▱"), (0.01, "▰▱▱▱"), (0.5, "▰▰▱▱"), (0.99, "▰▰▰▱"), (1.0, "▰▰▰▰"), (7.0, "▰▰▰▰")]
        {
            assert_eq!(gauge(share, 4), bar, "{share}");
        }
        assert_eq!(gauge(0.5, 0), "");
    }
}
