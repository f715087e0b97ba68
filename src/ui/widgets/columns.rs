//! How columns share a width: the less important give way first, then all shrink, then the more
//! important take what is left.

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it, where there is a header.
    pub title: &'static str,
    /// Below this many cells it says nothing any more.
    pub least: u16,
    /// With this many it is content; it takes more only when nobody else wants it.
    pub most: u16,
    /// Numbers stand on the right.
    pub right: bool,
    /// The higher, the earlier it gives way. From [`EXTRA`] on it is there only when the columns
    /// before it are content.
    pub rank: u8,
}

/// The first rank of what is good to have.
pub const EXTRA: u8 = 4;

impl Column {
    /// A column of text, which may be cut.
    pub const fn text(title: &'static str, rank: u8, least: u16, most: u16) -> Self {
        Self { title, least, most, right: false, rank }
    }

    /// A column of words, which are never cut.
    pub const fn word(title: &'static str, rank: u8, most: u16) -> Self {
        Self { title, least: most, most, right: false, rank }
    }

    /// A column of numbers, which are never cut.
    pub const fn number(title: &'static str, rank: u8, most: u16) -> Self {
        Self { title, least: most, most, right: true, rank }
    }
}

/// The gap between columns, and the width of each, `None` for those that give way. `natural`: what
/// each would need to show all it has; a column with nothing to show takes no room.
pub fn fit(columns: &[Column], natural: &[u16], room: u16) -> (u16, Vec<Option<u16>>) {
    let wide = share(columns, natural, room, 2);
    let content = |widths: &[Option<u16>]| {
        let all = columns.iter().zip(natural).zip(widths);
        all.filter(|((column, natural), width)| match width {
            Some(width) => *width < (**natural).min(column.most),
            None => **natural > 0 && column.rank < EXTRA,
        })
        .count()
    };
    let unhappy = content(&wide);
    if unhappy == 0 {
        return (2, wide);
    }
    let narrow = share(columns, natural, room, 1);
    if content(&narrow) < unhappy { (1, narrow) } else { (2, wide) }
}

fn share(columns: &[Column], natural: &[u16], room: u16, gap: u16) -> Vec<Option<u16>> {
    let natural = |at: usize| natural.get(at).copied().unwrap_or(0);
    let want = |at: usize| columns.get(at).map_or(0, |column| natural(at).min(column.most));
    let least = |at: usize| columns.get(at).map_or(0, |column| want(at).min(column.least));
    let rank = |at: &usize| columns.get(*at).map_or(u8::MAX, |column| column.rank);
    let mut kept: Vec<usize> = (0..columns.len()).filter(|at| natural(*at) > 0).collect();
    kept.sort_by_key(rank);
    let gaps = |count: usize| gap.saturating_mul(u16::try_from(count.saturating_sub(1)).unwrap_or(u16::MAX));
    let sum = |kept: &[usize], of: &dyn Fn(usize) -> u16| {
        kept.iter().fold(gaps(kept.len()), |sum, at| sum.saturating_add(of(*at)))
    };
    while let Some((last, before)) = kept.split_last()
        && !before.is_empty()
    {
        let content = sum(before, &want).saturating_add(gap).saturating_add(least(*last)) <= room;
        if sum(&kept, &least) <= room && (rank(last) < EXTRA || content) {
            break;
        }
        kept.pop();
    }
    let mut left = room.saturating_sub(sum(&kept, &least));
    let mut widths = vec![None; columns.len()];
    // What is asked for first, then whatever is left over.
    for wish in [&want as &dyn Fn(usize) -> u16, &natural] {
        for at in &kept {
            let Some(slot) = widths.get_mut(*at) else { continue };
            let have = slot.unwrap_or_else(|| least(*at));
            let extra = wish(*at).saturating_sub(have).min(left);
            left -= extra;
            *slot = Some((have + extra).min(room));
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_by_rank() {
        let columns = [
            Column::text("name", 0, 6, 20),
            Column::number("age", 1, 5),
            Column::text("note", 2, 8, 40),
            Column::text("none", 1, 4, 4),
        ];
        let natural = [10, 4, 30, 0];
        let widths = |room| fit(&columns, &natural, room).1;
        assert_eq!(widths(100), [Some(10), Some(4), Some(30), None]);
        assert_eq!(widths(30), [Some(10), Some(4), Some(12), None]);
        assert_eq!(widths(22), [Some(6), Some(4), Some(8), None]);
        assert_eq!(widths(19), [Some(10), Some(4), None, None]);
        assert_eq!(widths(9), [Some(9), None, None, None]);
        assert_eq!(widths(3), [Some(3), None, None, None]);
        assert_eq!(widths(0), [Some(0), None, None, None]);
    }

    #[test]
    fn what_is_good_to_have_waits_until_the_others_are_content() {
        let columns = [Column::text("name", 0, 6, 20), Column::text("summary", EXTRA, 6, 20)];
        assert_eq!(fit(&columns, &[20, 50], 24).1, [Some(20), None]);
        assert_eq!(fit(&columns, &[20, 50], 28).1, [Some(20), Some(6)]);
        assert_eq!(fit(&columns, &[20, 50], 60).1, [Some(20), Some(38)]);
    }
}
