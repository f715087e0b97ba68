//! How columns share a width: the less important give way first, then all shrink, then the more
//! important take what is left.

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it, where there is a header.
    pub title: &'static str,
    /// Below this many cells it says nothing any more.
    pub least: u16,
    /// It needs no more than this.
    pub most: u16,
    /// Numbers stand on the right.
    pub right: bool,
    /// The higher, the earlier it gives way.
    pub rank: u8,
}

impl Column {
    /// A column of text.
    pub const fn text(title: &'static str, rank: u8, least: u16, most: u16) -> Self {
        Self { title, least, most, right: false, rank }
    }

    /// A column of numbers, which are never cut.
    pub const fn number(title: &'static str, rank: u8, most: u16) -> Self {
        Self { title, least: most, most, right: true, rank }
    }
}

/// The width of each column, `None` for those that give way. `natural`: what each would need to
/// show all it has; a column with nothing to show takes no room.
pub fn fit(columns: &[Column], natural: &[u16], room: u16, gap: u16) -> Vec<Option<u16>> {
    let want = |at: usize| {
        let need = natural.get(at).copied().unwrap_or(0);
        columns.get(at).map_or(0, |column| need.min(column.most))
    };
    let least = |at: usize| columns.get(at).map_or(0, |column| want(at).min(column.least));
    let mut kept: Vec<usize> = (0..columns.len()).filter(|at| want(*at) > 0).collect();
    kept.sort_by_key(|at| columns.get(*at).map(|column| column.rank));
    let needed = |kept: &[usize]| {
        let gaps = gap.saturating_mul(u16::try_from(kept.len().saturating_sub(1)).unwrap_or(u16::MAX));
        kept.iter().fold(gaps, |sum, at| sum.saturating_add(least(*at)))
    };
    while kept.len() > 1 && needed(&kept) > room {
        kept.pop();
    }
    let mut left = room.saturating_sub(needed(&kept));
    let mut widths = vec![None; columns.len()];
    for at in kept {
        let extra = (want(at) - least(at)).min(left);
        left -= extra;
        if let Some(slot) = widths.get_mut(at) {
            *slot = Some((least(at) + extra).min(room));
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
        assert_eq!(fit(&columns, &natural, 100, 2), [Some(10), Some(4), Some(30), None]);
        assert_eq!(fit(&columns, &natural, 30, 2), [Some(10), Some(4), Some(12), None]);
        assert_eq!(fit(&columns, &natural, 22, 2), [Some(6), Some(4), Some(8), None]);
        assert_eq!(fit(&columns, &natural, 20, 2), [Some(10), Some(4), None, None]);
        assert_eq!(fit(&columns, &natural, 11, 2), [Some(10), None, None, None]);
        assert_eq!(fit(&columns, &natural, 3, 2), [Some(3), None, None, None]);
        assert_eq!(fit(&columns, &natural, 0, 2), [Some(0), None, None, None]);
    }
}
