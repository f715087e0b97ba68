//! The last line: the keys of the place, or a word to the operator.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{App, scene};
use crate::action::Action;
use crate::clock::Now;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::text;
use crate::ui::scene::piece;
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{put, put_pieces, width};

impl App {
    /// The keys of the place, the most useful first, and which row is selected on the right.
    pub(super) fn draw_footer(&mut self, line: Rect, buffer: &mut Buffer, now: Now) {
        if line.is_empty() {
            return;
        }
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let slot = self.panes.get(self.pane_name());
        let fault = slot.and_then(|slot| slot.pane.filter().1).filter(|_| self.is_typing());
        if let Some(fault) = fault {
            let cells = u16::try_from(text::width(fault)).unwrap_or(0).saturating_add(1);
            let at = line.right().saturating_sub(cells).max(line.x + line.width / 2);
            put(buffer, (at, line.y), fault, line.right().saturating_sub(at), scene.style(Role::Warning));
            return;
        }
        let position = match slot.and_then(|slot| slot.pane.position()) {
            Some((at, of)) if self.layers.len() <= usize::from(self.is_typing()) => {
                if line.width >= 100 {
                    format!("{at} of {of} ")
                } else {
                    format!("{at}/{of} ")
                }
            }
            _ => String::new(),
        };
        let cells = u16::try_from(text::width(&position)).unwrap_or(0);
        // The right edge stays free, as the left one does.
        let mut room = line.width.saturating_sub(1);
        if cells > 0 && line.width > cells + 20 {
            room = line.width - cells - 2;
            put(buffer, (line.right() - cells, line.y), &position, cells, scene.style(Role::Muted));
        }
        if let Some(notice) = &self.notice {
            put(buffer, (line.x + 1, line.y), &notice.text, room.saturating_sub(1), scene.style(notice.role));
            return;
        }
        let over = self.layers.last();
        let context = over.map_or_else(|| self.context(), |layer| layer.context());
        let mut x = 1;
        for action in useful(context) {
            let is_list = context == Context::Runbook && self.known.desk.session().is_none();
            let idle = match action {
                Action::Open | Action::Filter | Action::Help | Action::Quit | Action::NextPane if is_list => {
                    false
                }
                _ if is_list => true,
                Action::Open if matches!(context, Context::Pick | Context::Menu) => false,
                Action::Close if context == Context::Runbook => false,
                Action::Stop => !self.is_running(),
                Action::HandOver => !self.is_asked_for_terminal(),
                Action::NextPane | Action::Open => over.is_some(),
                Action::Copy => over.is_some_and(|layer| layer.subject().is_none() && !layer.has_command()),
                Action::Close => over.is_none(),
                // Only an alert can be silenced or acknowledged.
                Action::Silence | Action::Acknowledge if context == Context::Detail => {
                    !over.and_then(|layer| layer.subject()).is_some_and(Subject::is_alert)
                }
                Action::Runbook => over.is_some_and(|layer| layer.subject().is_none()),
                Action::Link if context == Context::Detail => over.is_none(),
                Action::Actions => {
                    over.is_some_and(|layer| !layer.subject().is_some_and(Subject::has_actions))
                }
                _ => false,
            };
            let Some(key) = scene.keymap.hint(*action, context).filter(|_| !idle) else { continue };
            let word = match (action, context) {
                (Action::Filter, Context::Detail | Context::Help | Context::Runbook | Context::Output) => {
                    "search"
                }
                (Action::Open, Context::Pick) => "filter by it",
                (Action::Open, Context::Menu) => "choose",
                (Action::Group, Context::Pick) => "group by it",
                (Action::Accept, Context::Palette | Context::Confirm) => "do it",
                (Action::Accept, Context::Form) => "go on",
                (Action::Copy, Context::Confirm) => "copy the command",
                (Action::Silence, Context::Silences) => "again",
                _ => action.word(),
            };
            let pieces = [piece(key, Role::Key), piece(format!(" {word}"), Role::Muted)];
            let needed = width(&pieces);
            if x + needed > room {
                break;
            }
            x += put_pieces(buffer, (line.x + x, line.y), &pieces, needed, &scene) + 2;
        }
    }

    fn is_typing(&self) -> bool {
        self.layers.last().is_some_and(|layer| layer.context() == Context::Prompt)
    }
}

/// The keys that the footer tells, the most useful first.
#[expect(clippy::too_many_lines, reason = "a table, one context after the other")]
const fn useful(context: Context) -> &'static [Action] {
    use Action::{
        Accept, Acknowledge, Actions, Another, Bookmark, Close, Complete, Copy, Down, Edit, Expand, Expire,
        Extend, Filter, Freeze, GoTo, Group, Help, Link, Longer, Mark, NextError, NextField, NextPane,
        NextTab, OnlyTrouble, Open, Overview, Palette, Pause, Query, Quit, Refresh, Shorter, Silence,
        Silences, Sort, Times, UndoMine, Up, Why, Wrap,
    };
    match context {
        Context::Global | Context::List => &[
            Open,
            Action::Runbook,
            Filter,
            NextPane,
            Actions,
            Expand,
            Why,
            Help,
            Palette,
            Copy,
            Freeze,
            Times,
            Refresh,
            Quit,
        ],
        Context::Alerts => &[
            Open,
            Action::Runbook,
            Silence,
            Acknowledge,
            Mark,
            Filter,
            Group,
            Help,
            Palette,
            Overview,
            OnlyTrouble,
            NextPane,
            Silences,
            Expand,
            Link,
            Copy,
            Why,
            Quit,
        ],
        Context::Targets => &[
            Open,
            Action::Runbook,
            Filter,
            Sort,
            OnlyTrouble,
            Group,
            NextPane,
            Expand,
            Help,
            Palette,
            Copy,
            Link,
            Why,
            Quit,
        ],
        Context::Hosts => &[
            Open,
            Action::Runbook,
            Filter,
            Longer,
            Shorter,
            OnlyTrouble,
            NextPane,
            Expand,
            Why,
            Help,
            Palette,
            Copy,
            Freeze,
            Times,
            Quit,
        ],
        Context::Silences => &[
            Open, Extend, Edit, Expire, Mark, UndoMine, Silence, Filter, NextPane, Help, Palette, Copy, Quit,
        ],
        Context::Logs => &[
            Pause,
            Open,
            Filter,
            Query,
            NextError,
            Action::Context,
            Bookmark,
            NextPane,
            Expand,
            Help,
            Palette,
            Wrap,
            NextTab,
            GoTo,
            Longer,
            Copy,
            Freeze,
            Times,
            Quit,
        ],
        Context::Detail => &[
            Close,
            Down,
            Up,
            Action::Runbook,
            Silence,
            Acknowledge,
            Link,
            Filter,
            Copy,
            NextPane,
            Expand,
            Help,
            Actions,
            Quit,
        ],
        Context::Runbook => &[
            Open,
            Action::NextStep,
            Action::Done,
            Action::Skip,
            Action::Note,
            Action::Verify,
            Action::SwapHost,
            Action::Value,
            Action::ScenarioA,
            Filter,
            Copy,
            Action::Escalate,
            Action::Report,
            NextPane,
            Close,
            Help,
            Palette,
            Quit,
        ],
        Context::Help => &[Close, Down, Up, Filter, Quit],
        Context::Pick => &[Open, Group, Close, Down, Up],
        Context::Palette => &[Accept, Complete, Down, Up, Close],
        Context::Menu => &[Open, Close, Down, Up],
        Context::Prompt => &[],
        Context::Form => &[Accept, NextField, Another, Close],
        Context::Confirm => &[Accept, Copy, Close],
        Context::Gate => &[Close, Down, Up],
        Context::Output => &[Close, Action::Stop, Action::HandOver, Filter, Down, Up, Help],
    }
}
