//! Where a byte stands: line and column, both from 1.

use std::ops::Range;

use super::model::Lines;

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    length: usize,
}

impl LineIndex {
    /// Finds the lines of a text. A line ends with `\n`, or with `\r` alone, as Markdown has it.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        starts.extend(memchr::memchr2_iter(b'\n', b'\r', bytes).filter_map(|at| {
            let is_half = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            (!is_half).then_some(at + 1)
        }));
        Self { starts, length: text.len() }
    }

    /// The line that a byte stands on.
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    /// The lines that a range of bytes touches; its last line break does not count.
    pub fn lines(&self, range: &Range<usize>) -> Lines {
        let first = self.line(range.start);
        (first, self.line(range.end.saturating_sub(1).max(range.start)).max(first))
    }

    /// How many lines there are; a line break at the end begins none.
    pub fn count(&self) -> usize {
        self.line(self.length.saturating_sub(1)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::LineIndex;

    #[test]
    fn every_byte_has_its_line() {
        let text = "one\ntwo\r\nthree\rfour";
        let index = LineIndex::new(text);
        for (at, line) in [(0, 1), (3, 1), (4, 2), (8, 2), (9, 3), (14, 3), (15, 4), (99, 4)] {
            assert_eq!(index.line(at), line, "byte {at}");
        }
        assert_eq!(index.lines(&(0..4)), (1, 1));
        assert_eq!(index.lines(&(0..5)), (1, 2));
        assert_eq!((index.count(), LineIndex::new("").count(), LineIndex::new("a\n").count()), (4, 1, 1));
    }
}
