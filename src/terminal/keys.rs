//! What a piece of the terminal's input means.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use termina::event::{KeyCode as Sent, KeyEventKind, Modifiers, MouseButton, MouseEvent, MouseEventKind};

use super::Input;
use super::sequence::Piece;
use crate::border::{Msg, Pointed, Pointing};

/// The meaning, if it has one for us: what nobody asked for means nothing.
pub fn meaning(piece: Piece) -> Option<Input> {
    match piece {
        Piece::Paste(text) => Some(Input::Msg(Msg::Paste(text))),
        Piece::Alt(char) => Some(key(KeyCode::Char(char), KeyModifiers::ALT)),
        Piece::Sequence(bytes) if is_answer(&bytes) => Some(Input::Answered),
        Piece::Sequence(bytes) => {
            // One that knows nothing of the sequences before cannot be confused by them.
            let mut parser = termina::Parser::default();
            parser.parse(&bytes, false);
            understood(&parser.pop()?)
        }
    }
}

/// The answer to `CSI c`: `CSI ? numbers c`.
fn is_answer(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1b[?") && bytes.ends_with(b"c")
}

fn understood(event: &termina::Event) -> Option<Input> {
    match event {
        termina::Event::Key(sent) if sent.kind != KeyEventKind::Release => {
            Some(key(code(sent.code)?, modifiers(sent.modifiers)))
        }
        termina::Event::Mouse(mouse) => pointed(*mouse),
        termina::Event::FocusIn => Some(Input::Msg(Msg::Focus(true))),
        termina::Event::FocusOut => Some(Input::Msg(Msg::Focus(false))),
        _ => None,
    }
}

/// A click, what is dragged, or a turn of the wheel; with a modifier it is meant for somebody else.
fn pointed(mouse: MouseEvent) -> Option<Input> {
    let how = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Pointing::Click,
        MouseEventKind::Drag(MouseButton::Left) => Pointing::Drag,
        MouseEventKind::ScrollUp => Pointing::Up,
        MouseEventKind::ScrollDown => Pointing::Down,
        _ => return None,
    };
    let pointed = Pointed { how, column: mouse.column, row: mouse.row };
    mouse.modifiers.is_empty().then_some(Input::Msg(Msg::Pointed(pointed)))
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Msg(Msg::Key(KeyEvent::new(code, modifiers).into()))
}

fn code(sent: Sent) -> Option<KeyCode> {
    Some(match sent {
        Sent::Char(char) => KeyCode::Char(char),
        Sent::Enter => KeyCode::Enter,
        Sent::Backspace => KeyCode::Backspace,
        Sent::Tab => KeyCode::Tab,
        Sent::BackTab => KeyCode::BackTab,
        Sent::Escape => KeyCode::Esc,
        Sent::Left => KeyCode::Left,
        Sent::Right => KeyCode::Right,
        Sent::Up => KeyCode::Up,
        Sent::Down => KeyCode::Down,
        Sent::Home => KeyCode::Home,
        Sent::End => KeyCode::End,
        Sent::PageUp => KeyCode::PageUp,
        Sent::PageDown => KeyCode::PageDown,
        Sent::Insert => KeyCode::Insert,
        Sent::Delete => KeyCode::Delete,
        Sent::Function(number) => KeyCode::F(number),
        _ => return None,
    })
}

fn modifiers(sent: Modifiers) -> KeyModifiers {
    let pairs = [
        (Modifiers::SHIFT, KeyModifiers::SHIFT),
        (Modifiers::ALT, KeyModifiers::ALT),
        (Modifiers::CONTROL, KeyModifiers::CONTROL),
        (Modifiers::SUPER, KeyModifiers::SUPER),
        (Modifiers::HYPER, KeyModifiers::HYPER),
        (Modifiers::META, KeyModifiers::META),
    ];
    pairs.iter().filter(|(theirs, _)| sent.contains(*theirs)).map(|(_, ours)| *ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(typed: &str) -> Option<String> {
        match meaning(Piece::Sequence(typed.as_bytes().to_vec()))? {
            Input::Msg(Msg::Key(key)) => Some(key.to_string()),
            other => Some(format!("{other:?}")),
        }
    }

    #[test]
    fn keys_are_keys_and_answers_are_none() {
        for (typed, key) in [
            ("j", Some("j")),
            ("G", Some("Shift-g")),
            ("é", Some("é")),
            ("\r", Some("Enter")),
            ("\t", Some("Tab")),
            ("\u{1b}[Z", Some("BackTab")),
            ("\u{1b}", Some("Esc")),
            ("\u{7f}", Some("Backspace")),
            ("\u{4}", Some("Ctrl-d")),
            ("\u{1a}", Some("Ctrl-z")),
            ("\u{1b}x", Some("Alt-x")),
            ("\u{1b}[A", Some("Up")),
            ("\u{1b}OA", Some("Up")),
            ("\u{1b}[5~", Some("PageUp")),
            ("\u{1b}[1;5C", Some("Ctrl-Right")),
            ("\u{1b}OP", Some("F1")),
            ("\u{1b}[[A", Some("F1")),
            ("\u{1b}[I", Some("Msg(Focus(true))")),
            ("\u{1b}[?62;22c", Some("Answered")),
            ("\u{1b}[?6c", Some("Answered")),
            ("\u{1b}[12;40R", None),
            ("\u{1b}[>0;276;0c", None),
            ("\u{1b}[?2026;2$y", None),
            ("\u{1b}[?997;1n", None),
            ("\u{1b}[0n", None),
            ("\u{1b}[8;40;120t", None),
            ("\u{1b}[<0;1;1M", Some("Msg(Pointed(Pointed { how: Click, column: 0, row: 0 }))")),
            ("\u{1b}[<65;12;5M", Some("Msg(Pointed(Pointed { how: Down, column: 11, row: 4 }))")),
            ("\u{1b}[<64;12;5M", Some("Msg(Pointed(Pointed { how: Up, column: 11, row: 4 }))")),
            ("\u{1b}[<32;12;5M", Some("Msg(Pointed(Pointed { how: Drag, column: 11, row: 4 }))")),
            ("\u{1b}[<35;12;5M", None),
            ("\u{1b}[<0;1;1m", None),
            ("\u{1b}[<2;1;1M", None),
            ("\u{1b}[<4;1;1M", None),
            ("\u{1b}[M !!", Some("Msg(Pointed(Pointed { how: Click, column: 0, row: 0 }))")),
        ] {
            assert_eq!(meant(typed).as_deref(), key, "{typed:?}");
        }
    }
}
