//! A dashboard on a desk: messages in, text of the cells out.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use wardroom::app::{App, Setup};
use wardroom::border::{Effect, Msg};
use wardroom::clock::Now;
use wardroom::keymap::{Press, presses};

use super::homelab;

/// The instant of all screens: Friday 13 November 2026, 14:02:11 UTC.
pub fn instant() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-13T14:02:11Z").expect("a time").to_utc()
}

/// A dashboard that is looked at.
pub struct Desk {
    pub app: App,
    pub now: Now,
    pub effects: Vec<Effect>,
    terminal: Terminal<TestBackend>,
}

impl Desk {
    /// A dashboard that waits for its sources.
    pub fn new(setup: Setup, (width, height): (u16, u16)) -> Self {
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        let now = Now { wall: instant(), mono: Duration::from_secs(100) };
        Self { app: App::new(setup), now, effects: Vec::new(), terminal }
    }

    /// The homelab with a host down, all sources heard.
    pub fn homelab(size: (u16, u16)) -> Self {
        let mut desk = Self::new(homelab::setup(), size);
        desk.hear(homelab::host_down());
        desk
    }

    /// Takes messages, and has done what takes long.
    pub fn hear(&mut self, all: impl IntoIterator<Item = Msg>) -> &mut Self {
        for msg in all {
            let mut effects = self.app.update(msg, self.now);
            while let Some(at) = effects.iter().position(|effect| matches!(effect, Effect::Compute(_))) {
                let Effect::Compute(relating) = effects.remove(at) else { continue };
                let (number, related) = (relating.number, Some(Arc::new(relating.run())));
                effects.extend(self.app.update(Msg::Computed { number, related }, self.now));
            }
            self.effects.append(&mut effects);
        }
        self
    }

    /// Lets time pass, a second at a time.
    pub fn wait(&mut self, seconds: u32) -> &mut Self {
        for _ in 0..seconds {
            self.now.wall += TimeDelta::seconds(1);
            self.now.mono += Duration::from_secs(1);
            self.hear([Msg::Tick]);
        }
        self
    }

    /// Presses keys; the screen is drawn between them, as it is for a person.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for press in presses(keys).expect("a string of keys") {
            if let Press::Key(key) = press {
                self.draw();
                self.hear([Msg::Key(key)]);
            }
        }
        self
    }

    /// Gives the screen another size.
    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.terminal.backend_mut().resize(width, height);
        self.hear([Msg::Resize { width, height }])
    }

    /// Draws, and returns the cells.
    pub fn draw(&mut self) -> &Buffer {
        let (app, now) = (&mut self.app, self.now);
        self.terminal.draw(|frame| app.draw(frame, now)).expect("a frame");
        self.terminal.backend().buffer()
    }

    /// Draws, and returns the text of the cells.
    pub fn screen(&mut self) -> String {
        text_of(self.draw())
    }
}

/// The text of the cells, blanks at the end of a line left out.
pub fn text_of(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let line = |cells: &[ratatui::buffer::Cell]| {
        let mut line = String::new();
        let mut covered = 0;
        for cell in cells {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            covered = wardroom::text::width(cell.symbol()).saturating_sub(1);
        }
        line.trim_end().to_owned()
    };
    buffer.content.chunks(width).map(line).collect::<Vec<_>>().join("\n")
}
