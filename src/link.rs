//! Addresses that a terminal may open (OSC 8): which cells of the screen stand for which.
//!
//! A cell has no room for an address. Its modifiers have bits that mean nothing to anybody: a number in
//! them stands for the address, and goes with the cell wherever cells are copied and compared.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// A longer address is none: it goes over the line once for each of its lines on the screen, and that line
/// may be slow.
const LONGEST: usize = 1_000;

/// Above the bits of the modifiers.
const SHIFT: u32 = 9;

/// So many addresses may be on the screen at once; more are text.
const MOST: usize = 0x7f;

const _: () = assert!(Modifier::all().bits() >> SHIFT == 0, "the bits of the numbers are free");

/// The addresses on the screen. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Links(Option<Arc<Mutex<Table>>>);

#[derive(Debug, Default)]
struct Table {
    /// Which frame is drawn.
    frame: u64,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    address: Arc<str>,
    /// The last frame that had it.
    frame: u64,
}

impl Links {
    /// Links that are drawn; those of `default` are not.
    pub fn on() -> Self {
        Self(Some(Arc::default()))
    }

    /// These from now on: the table that was used before stays, for its numbers are on the screen.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        match (&self.0, &before.0) {
            (Some(_), Some(_)) => before.clone(),
            _ => self,
        }
    }

    /// A frame begins.
    pub fn begin(&self) {
        self.with(|table| table.frame += 1);
    }

    /// Lets the cells of a place stand for an address, if it is one.
    pub fn mark(&self, buffer: &mut Buffer, place: Rect, address: &str) {
        let number = if is_address(address) { self.with(|table| table.number(address)) } else { None };
        let Some(bits) = number.flatten().and_then(|number| u16::try_from(number).ok()) else { return };
        for position in place.intersection(buffer.area).positions() {
            if let Some(cell) = buffer.cell_mut(position) {
                let modifier = cell.modifier.intersection(Modifier::all());
                cell.modifier = Modifier::from_bits_retain(modifier.bits() | bits << SHIFT);
            }
        }
    }

    /// Writes what makes the following text a link to the address of this number; no link of what has
    /// none.
    pub fn write(&self, number: usize, out: &mut Vec<u8>) {
        let address = self.with(|table| {
            let slot = number.checked_sub(1).and_then(|at| table.slots.get(at));
            slot.map(|slot| Arc::clone(&slot.address))
        });
        let _in_memory = match address.flatten() {
            // By its name a terminal knows the lines of one link.
            Some(address) => write!(out, "\x1b]8;id=w{number};{address}\x1b\\"),
            None => write!(out, "\x1b]8;;\x1b\\"),
        };
    }

    fn with<T>(&self, act: impl FnOnce(&mut Table) -> T) -> Option<T> {
        let table = self.0.as_ref()?;
        Some(act(&mut table.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Table {
    /// The number of an address, from 1. One that the terminal may still show something else for is not
    /// given away: only what changes is written.
    fn number(&mut self, address: &str) -> Option<usize> {
        let frame = self.frame;
        let has = self.slots.iter().position(|slot| &*slot.address == address);
        let is_free = |slot: &Slot| slot.frame + 1 < frame;
        let at = match has.or_else(|| self.slots.iter().position(is_free)) {
            Some(at) => at,
            None if self.slots.len() < MOST => {
                self.slots.push(Slot { address: address.into(), frame });
                self.slots.len() - 1
            }
            None => return None,
        };
        let slot = self.slots.get_mut(at)?;
        slot.frame = frame;
        if &*slot.address != address {
            slot.address = address.into();
        }
        Some(at + 1)
    }
}

/// The number that a cell has; 0 for none.
pub fn number(cell: &Cell) -> usize {
    usize::from(cell.modifier.bits() >> SHIFT)
}

/// Whether a terminal may be given it: a page, in visible ASCII alone, and not endless. What was made
/// harmless before has a sign in it that is none of these.
fn is_address(address: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty())
        && address.len() <= LONGEST
        && address.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Buffer {
        Buffer::empty(Rect::new(0, 0, 10, 2))
    }

    fn written(links: &Links, cell: &Cell) -> String {
        let mut out = Vec::new();
        links.write(number(cell), &mut out);
        String::from_utf8(out).expect("text").replace('\u{1b}', "^")
    }

    #[test]
    fn only_pages_in_plain_letters_are_addresses() {
        for good in ["http://nas", "https://docs.example/a?b=c#d", "http://[::1]:9090/graph?g0.expr=up%3D0"] {
            assert!(is_address(good), "{good}");
        }
        let long = format!("https://x/{}", "a".repeat(LONGEST));
        for bad in [
            "",
            "https://",
            "HTTPS://nas",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "ssh://nas",
            "https://a b",
            "https://a\u{1b}\\\u{1b}[2J",
            "https://a\u{7}",
            "https://a\u{9c}x",
            "https://a\u{b7}x",
            "https://exämple.org",
            "runbooks/000.md#hostdown",
            &long,
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_number_on_the_screen_stays_with_its_address() {
        let links = Links::on();
        let (one, other) = (Rect::new(0, 0, 3, 1), Rect::new(0, 1, 3, 1));
        let mut first = sheet();
        links.begin();
        links.mark(&mut first, one, "https://a");
        assert_eq!(written(&links, &first[(2, 0)]), "^]8;id=w1;https://a^\\");
        assert_eq!(number(&first[(3, 0)]), 0);
        // The frame before has its number still, so that the new one gets another.
        let mut second = sheet();
        links.begin();
        links.mark(&mut second, one, "https://b");
        assert_eq!(number(&second[(0, 0)]), 2);
        assert_ne!(first[(0, 0)], second[(0, 0)], "the cells differ, and are written");
        // Two frames later it is free.
        let mut third = sheet();
        links.begin();
        links.mark(&mut third, one, "https://b");
        links.mark(&mut third, other, "https://c");
        assert_eq!(number(&third[(0, 0)]), 2);
        assert_eq!(written(&links, &third[(0, 1)]), "^]8;id=w1;https://c^\\");
        // A style that is laid over it leaves it.
        third[(0, 0)].set_style(ratatui::style::Style::new().bold().not_bold());
        assert_eq!(number(&third[(0, 0)]), 2);
    }

    #[test]
    fn there_are_no_more_than_can_be_told_apart() {
        let links = Links::on();
        let mut buffer = sheet();
        links.begin();
        for at in 0..2 * MOST {
            links.mark(&mut buffer, Rect::new(0, 0, 1, 1), &format!("https://{at}"));
        }
        assert_eq!(number(&buffer[(0, 0)]), MOST, "the last that got one");
        let mut off = sheet();
        Links::default().mark(&mut off, Rect::new(0, 0, 9, 1), "https://a");
        assert_eq!(off, sheet(), "where links are off there is none");
    }
}
