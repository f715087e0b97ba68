//! A guided first config: servers are looked for, tested as the dashboard will ask them, and written
//! down with what they need. It talks to whoever is there through [`Talk`] and writes no file itself.

mod advice;
mod entry;
mod find;
mod hosts;
mod runbooks;
mod trial;
mod wizard;

pub use entry::{Entry, Login, written};
pub use runbooks::{Book, find as find_runbooks};
pub use trial::{Look, Met, identify, test};
pub use wizard::{Plan, Wizard};

/// Somebody to talk with.
pub trait Talk {
    /// Says a line, or several.
    fn say(&mut self, text: &str);

    /// Asks for a line; an empty one is `default`, and so is the end of what is typed.
    fn ask(&mut self, question: &str, default: &str) -> String;

    /// Asks for a line that nobody sees while it is typed; empty when there is none.
    fn secret(&mut self, question: &str) -> String;

    /// Asks for yes or no.
    fn agrees(&mut self, question: &str, default: bool) -> bool {
        let shown = format!("{question} [{}]", if default { "Y/n" } else { "y/N" });
        match self.ask(&shown, "").to_ascii_lowercase().as_str() {
            "" => default,
            word => word.starts_with('y'),
        }
    }
}
