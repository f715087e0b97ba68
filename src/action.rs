//! Everything that a key can ask for: the one vocabulary of the keymap, the footer, the help and
//! the config.

use serde::{Deserialize, Serialize};
use strum::EnumMessage;

/// What a key does. The doc line is what the help says; the message is the footer's word.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
    strum::EnumIter,
    strum::EnumString,
    strum::EnumMessage,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    /// The bridge: everything in one look.
    #[strum(message = "bridge")]
    Bridge,
    /// The alerts, with the selected one beside them.
    #[strum(message = "alerts")]
    Alerts,
    /// The scrape targets and the sources.
    #[strum(message = "targets")]
    Targets,
    /// The live log tails.
    #[strum(message = "logs")]
    Logs,
    /// The backups and datastores.
    #[strum(message = "backups")]
    Backups,
    /// The hosts, a row each.
    #[strum(message = "hosts")]
    Hosts,
    /// The runbooks: search, read, follow.
    #[strum(message = "runbooks")]
    Runbooks,
    /// The chain that carries alerts, link by link.
    #[strum(message = "chain")]
    Chain,
    /// The journal as a view: each command and deed with its output and how it ended.
    #[strum(message = "journal view")]
    JournalView,
    /// One row down.
    #[strum(message = "down")]
    Down,
    /// One row up.
    #[strum(message = "up")]
    Up,
    /// The first row.
    #[strum(message = "top")]
    Top,
    /// The last row; in the logs also: follow the tail again.
    #[strum(message = "bottom")]
    Bottom,
    /// Half a page down.
    #[strum(message = "half down")]
    HalfDown,
    /// Half a page up.
    #[strum(message = "half up")]
    HalfUp,
    /// A page down.
    #[strum(message = "page down")]
    PageDown,
    /// A page up.
    #[strum(message = "page up")]
    PageUp,
    /// Open the detail of the selected row.
    #[strum(message = "open")]
    Open,
    /// Copy the selected row to the clipboard of your terminal.
    #[strum(message = "copy")]
    Copy,
    /// Mark the selected row, or take its mark away: what you do next is done to all that are marked.
    #[strum(message = "mark")]
    Mark,
    /// Silence what is selected or marked.
    #[strum(message = "silence")]
    Silence,
    /// Say that you are on it, or no longer.
    #[strum(message = "ack")]
    Acknowledge,
    /// Copy the link: of an alert its runbook or its expression, of a target its address.
    #[strum(message = "link")]
    Link,
    /// Group the rows by another label.
    #[strum(message = "group")]
    Group,
    /// Fold all groups, or unfold them; Enter folds one.
    #[strum(message = "fold all")]
    FoldAll,
    /// Sort the rows by the next column.
    #[strum(message = "sort")]
    Sort,
    /// Show only what wants somebody, or all again.
    #[strum(message = "only trouble")]
    OnlyTrouble,
    /// Where the fire is: the labels of the alerts, counted.
    #[strum(message = "where")]
    Overview,
    /// The silences: those in force, those to come, those that cover nothing.
    #[strum(message = "silences")]
    Silences,
    /// Who watches each guest: scraped, logs, rules, backup, off-site, probe.
    #[strum(message = "coverage")]
    Coverage,
    /// What will break or come due, by date: disks, certificates, drills, verifications, silences.
    #[strum(message = "horizon")]
    Horizon,
    /// What happened since you last looked: alerts, reboots, backups, silences, actions, by whom.
    #[strum(message = "digest")]
    Digest,
    /// Probes: what is looked at from this machine.
    #[strum(message = "probes")]
    Probes,
    /// Services and suspects: what people ask about; and the layers in which the lab boots.
    #[strum(message = "services")]
    Services,
    /// Give the silence more time.
    #[strum(message = "extend")]
    Extend,
    /// Change the silence.
    #[strum(message = "edit")]
    Edit,
    /// End what is selected or marked now.
    #[strum(message = "expire")]
    Expire,
    /// End all silences that you made within the last 12 hours.
    #[strum(message = "undo mine")]
    UndoMine,
    /// What can be done to what is selected.
    #[strum(message = "actions")]
    Actions,
    /// Say why: everything that the verdict rests on.
    #[strum(message = "why")]
    Why,
    /// Filter the rows of this pane, or search this text.
    #[strum(message = "filter")]
    Filter,
    /// The next match of the filter or search.
    #[strum(message = "next match")]
    NextMatch,
    /// The previous match of the filter or search.
    #[strum(message = "previous match")]
    PreviousMatch,
    /// Stop the stream where it is, or follow it again.
    #[strum(message = "pause")]
    Pause,
    /// The next error.
    #[strum(message = "next error")]
    NextError,
    /// The previous error.
    #[strum(message = "previous error")]
    PreviousError,
    /// The logs of this alert, around its start.
    #[strum(message = "logs")]
    ShowLogs,
    /// The backups of the guest that this is about.
    #[strum(message = "backups")]
    ShowBackups,
    /// The runbook for what is selected.
    #[strum(message = "runbook")]
    Runbook,
    /// The next step of the procedure.
    #[strum(message = "next")]
    NextStep,
    /// The previous step of the procedure.
    #[strum(message = "back a step")]
    PreviousStep,
    /// It is done, by hand; again, and it is not.
    #[strum(message = "done")]
    Done,
    /// Leave it out; again, and it is to be done.
    #[strum(message = "skip")]
    Skip,
    /// Note something here: at the step of a procedure, or in the incident about what is selected.
    #[strum(message = "note")]
    Note,
    /// Say what stands for a placeholder.
    #[strum(message = "value")]
    Value,
    /// Look again now whether it is mended.
    #[strum(message = "verify")]
    Verify,
    /// Let the alert's host stand for the host that the document names, or take that back.
    #[strum(message = "swap host")]
    SwapHost,
    /// Note that help was called.
    #[strum(message = "escalate")]
    Escalate,
    /// Keep the report of the incident, and copy it.
    #[strum(message = "report")]
    Report,
    /// Follow scenario A, or all again.
    #[strum(message = "scenario A")]
    ScenarioA,
    /// Follow scenario B, or all again.
    #[strum(message = "scenario B")]
    ScenarioB,
    /// Follow scenario C, or all again.
    #[strum(message = "scenario C")]
    ScenarioC,
    /// Follow scenario D, or all again.
    #[strum(message = "scenario D")]
    ScenarioD,
    /// Follow scenario E, or all again.
    #[strum(message = "scenario E")]
    ScenarioE,
    /// Follow scenario F, or all again.
    #[strum(message = "scenario F")]
    ScenarioF,
    /// What the last command said, or says.
    #[strum(message = "output")]
    Output,
    /// The journal: what was run and done, by whom, and what came of it.
    #[strum(message = "journal")]
    Journal,
    /// Maintenance: plan one, see what goes on, end it when all is back.
    #[strum(message = "maintenance")]
    Maintenance,
    /// The routines: which are due, their lines as they are now, note that one was worked through; drills.
    #[strum(message = "routines")]
    Routines,
    /// The incidents: start one, attach what is selected, say how far it is, export it.
    #[strum(message = "incidents")]
    Incident,
    /// Stop what runs, here and on its host.
    #[strum(message = "stop it")]
    Stop,
    /// Hand the terminal over to it: for passwords, editors, host keys.
    #[strum(message = "hand over")]
    HandOver,
    /// Put it on the prompt of a login in the host's window of tmux; Enter there is yours.
    #[strum(message = "in tmux")]
    Place,
    /// What stands around this line, asked of the server.
    #[strum(message = "context")]
    Context,
    /// Type a LogQL query.
    #[strum(message = "query")]
    Query,
    /// Go to a time.
    #[strum(message = "go to time")]
    GoTo,
    /// Look at a longer time.
    #[strum(message = "longer")]
    Longer,
    /// Look at a shorter time.
    #[strum(message = "shorter")]
    Shorter,
    /// The next bar of the volume.
    #[strum(message = "next bar")]
    NextBar,
    /// The previous bar of the volume.
    #[strum(message = "previous bar")]
    PreviousBar,
    /// Mark this line, or take the mark away.
    #[strum(message = "bookmark")]
    Bookmark,
    /// The next marked line.
    #[strum(message = "next bookmark")]
    NextBookmark,
    /// Only lines whose like did not occur in the hour before.
    #[strum(message = "only new")]
    OnlyNew,
    /// Times of day, ages, or no times before the lines.
    #[strum(message = "stamps")]
    Stamps,
    /// The labels of the stream before each line, or not.
    #[strum(message = "labels")]
    Labels,
    /// Write the lines that are shown into a file, or stop that.
    #[strum(message = "export")]
    Export,
    /// Select lines from here on, to be copied.
    #[strum(message = "select")]
    Select,
    /// The tails side by side, or merged.
    #[strum(message = "side by side")]
    Split,
    /// Wrap long lines, or cut them.
    #[strum(message = "wrap")]
    Wrap,
    /// The next tail, after the last one all of them merged.
    #[strum(message = "next tail")]
    NextTab,
    /// The previous tail.
    #[strum(message = "previous tail")]
    PreviousTab,
    /// The next pane.
    #[strum(message = "pane")]
    NextPane,
    /// The previous pane.
    #[strum(message = "previous pane")]
    PreviousPane,
    /// More of the width for this pane, until you leave.
    #[strum(message = "wider")]
    Wider,
    /// Less of the width for this pane.
    #[strum(message = "narrower")]
    Narrower,
    /// More of the height for this pane.
    #[strum(message = "taller")]
    Taller,
    /// Less of the height for this pane.
    #[strum(message = "lower")]
    Lower,
    /// The keys that work here, in short; the next key does what it always does.
    #[strum(message = "hints")]
    Hints,
    /// Heed the mouse, or leave it to your terminal. With Shift it is always your terminal's.
    #[strum(message = "mouse")]
    Mouse,
    /// Give this pane the whole screen, or give it back.
    #[strum(message = "zoom")]
    Expand,
    /// Hold the rows still; the verdict goes on. Thaws by itself after 10 minutes.
    #[strum(message = "freeze")]
    Freeze,
    /// Ages or times of day.
    #[strum(message = "times")]
    Times,
    /// Ask every source again now.
    #[strum(message = "refresh")]
    Refresh,
    /// Let the bell rest that tells of a new critical alert, or ring again.
    #[strum(message = "mute")]
    Mute,
    /// Let things be written for a while, where the config asks for that; again, and no longer.
    #[strum(message = "arm")]
    Arm,
    /// Read the config again.
    #[strum(message = "reload")]
    Reload,
    /// The keys of this place.
    #[strum(message = "help")]
    Help,
    /// Everything that can be done here, by its name.
    #[strum(message = "palette")]
    Palette,
    /// Complete the word with what is there.
    #[strum(message = "complete")]
    Complete,
    /// The next field.
    #[strum(message = "next field")]
    NextField,
    /// The field before.
    #[strum(message = "previous field")]
    PreviousField,
    /// Another value for this field.
    #[strum(message = "another")]
    Another,
    /// Take what was typed.
    #[strum(message = "accept")]
    Accept,
    /// Close what is on top; else take the filter away.
    #[strum(message = "back")]
    Close,
    /// Give the terminal back to the shell until `fg`.
    #[strum(message = "suspend")]
    Suspend,
    /// Leave.
    #[strum(message = "quit")]
    Quit,
}

impl Action {
    /// What it does, in a sentence for the help.
    pub fn about(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }

    /// What it does, in a word for the footer.
    pub fn word(self) -> &'static str {
        self.get_message().unwrap_or_default()
    }
}
