//! What was seen, in order and with its times, in a file: so that it can be seen again.
//!
//! A recording is gzip over lines of JSON: a head that says which sources there were, then a line
//! for each message. A file that was cut short is read up to where it ends.

mod player;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use memchr::memmem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use player::{Control, Player};

use crate::border::Msg;
use crate::domain::question::Ask;
use crate::domain::store::Expected;
use crate::text::{is_all_plain, sanitise, sanitise_lines};

/// The version of the file.
const SCHEMA: u32 = 1;

/// No more than this is taken out of a file: what is small on the disk may be endless unpacked.
const LONGEST: u64 = 1 << 30;

/// So much text is read out of a file before it is made sense of.
const PART: usize = 1 << 20;

/// So much is packed at once: the packer takes as long for a letter as for a page.
const PAGE: usize = 32 << 10;

/// A line that is longer is none of ours.
const LONGEST_LINE: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u32,
    started: DateTime<Utc>,
    sources: Vec<Expected>,
}

/// A message, and when it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// By the wall clock.
    pub at: DateTime<Utc>,
    /// What came.
    pub msg: Msg,
    /// The question, when an answer came: who replays asks for it under another number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Ask>,
}

impl Moment {
    /// Something that came unasked.
    pub const fn new(at: DateTime<Utc>, msg: Msg) -> Self {
        Self { at, msg, asked: None }
    }
}

/// All that was recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// When it began.
    pub started: DateTime<Utc>,
    /// The sources that were heard.
    pub sources: Vec<Expected>,
    /// What came, in order.
    pub moments: Vec<Moment>,
}

/// A file that is being written.
#[derive(Debug)]
pub struct Recorder {
    out: BufWriter<GzEncoder<File>>,
    most: u64,
    file: PathBuf,
    sources: Vec<Expected>,
}

impl Recorder {
    /// Begins a recording in a new file, which only its owner may read, of `most` bytes at most.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub fn start(file: &Path, sources: &[Expected], started: DateTime<Utc>, most: u64) -> io::Result<Self> {
        let out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        let out = BufWriter::with_capacity(PAGE, GzEncoder::new(out, Compression::default()));
        let mut recorder = Self { out, most, file: file.to_owned(), sources: sources.to_vec() };
        recorder.line(&Head { schema: SCHEMA, started, sources: sources.to_vec() })?;
        Ok(recorder)
    }

    /// Ends the file, puts it aside as `NAME.1.wardroom` in the place of an older one, and goes on in a
    /// new one from `started`: of a recording of weeks the newest is kept.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn turn(self, started: DateTime<Utc>) -> io::Result<Self> {
        let Self { out, most, file, sources } = self;
        out.into_inner()?.finish()?.sync_all()?;
        fs::rename(&file, aside(&file))?;
        Self::start(&file, &sources, started, most)
    }

    /// Takes a message down; `false` when the file has become as large as it may.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn take(&mut self, moment: &Moment) -> io::Result<bool> {
        self.line(moment)?;
        Ok(self.out.get_ref().get_ref().metadata()?.len() < self.most)
    }

    /// Brings to the disk what was taken down, so that it survives whatever comes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.out.into_inner()?.finish()?.sync_all()
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

/// Where a recording that has become long is put: `storm.1.wardroom` for `storm.wardroom`.
fn aside(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(".1");
    if let Some(ending) = file.extension() {
        name.push(".");
        name.push(ending);
    }
    file.with_file_name(name)
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// When the file cannot be read or is no recording.
    pub fn read(file: &Path) -> io::Result<Self> {
        let other =
            |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", file.display()));
        let opened = File::open(file).map_err(|error| other(&error.to_string()))?;
        Self::read_from(opened, file)
    }

    /// The same from its bytes; `file` is what an error calls them.
    ///
    /// # Errors
    /// When they are no recording.
    pub fn read_from(from: impl io::Read, file: &Path) -> io::Result<Self> {
        let other =
            |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", file.display()));
        let mut lines = BufReader::new(MultiGzDecoder::new(from).take(LONGEST));
        let head: Head = line(&mut lines)
            .and_then(|line| read(&line))
            .ok_or_else(|| other("is no recording; `wardroom record FILE` makes one"))?;
        if head.schema != SCHEMA {
            return Err(other(&format!("is of version {}, this program reads {SCHEMA}", head.schema)));
        }
        let mut moments = Vec::new();
        loop {
            let part = part(&mut lines);
            if part.is_empty() {
                break;
            }
            moments.append(&mut said(&part));
        }
        Ok(Self { started: head.started, sources: head.sources, moments })
    }

    /// When it ends.
    pub fn ended(&self) -> DateTime<Utc> {
        self.moments.last().map_or(self.started, |moment| moment.at.max(self.started))
    }

    /// How long it is.
    pub fn span(&self) -> TimeDelta {
        self.ended() - self.started
    }
}

/// The next lines, some of them, so that a long recording never stands in memory as text.
fn part(lines: &mut impl io::BufRead) -> Vec<Vec<u8>> {
    let mut part: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    while bytes < PART
        && let Some(line) = line(lines)
    {
        bytes += line.len();
        part.push(line);
    }
    part
}

/// What lines say, in their order; a message of another version says nothing here. Two read them: whoever
/// starts or replays waits for it.
fn said(lines: &[Vec<u8>]) -> Vec<Moment> {
    let read_all = |lines: &[Vec<u8>]| lines.iter().filter_map(|line| read(line)).collect::<Vec<Moment>>();
    let (mut bytes, half) = (0, lines.iter().map(Vec::len).sum::<usize>() / 2);
    let until_half = lines.iter().take_while(|line| {
        bytes += line.len();
        bytes <= half
    });
    let (first, second) = lines.split_at(until_half.count());
    thread::scope(|both| {
        let second = both.spawn(|| read_all(second));
        let mut moments = read_all(first);
        match second.join() {
            Ok(mut later) => moments.append(&mut later),
            Err(broken) => resume_unwind(broken),
        }
        moments
    })
}

/// The next whole line; a cut one, or one that cannot be unpacked, is the end.
fn line(lines: &mut impl io::BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let read = lines.take(LONGEST_LINE).read_until(b'\n', &mut line);
    (read.is_ok() && line.ends_with(b"\n")).then_some(line)
}

/// What a line says. Whoever gave the file away may have written it by hand: a text that no recorder
/// writes is made harmless like one that comes from the network.
fn read<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(line).ok()?.trim_end();
    if is_all_plain(text) && memmem::find(text.as_bytes(), b"\\u").is_none() && !names_far(text) {
        return serde_json::from_str(text).ok();
    }
    let mut told = serde_json::from_str(text).ok()?;
    clean(&mut told);
    // By way of its text: a second reader for values, of every message there is, costs 2 % of the program.
    serde_json::from_str(&told.to_string()).ok()
}

/// Whether one of the texts of a line is a far time: only such begin with a sign.
fn names_far(line: &str) -> bool {
    let begun = |sign: &'static [u8; 2]| memmem::find_iter(line.as_bytes(), sign);
    begun(b"\"-").chain(begun(b"\"+")).any(|at| {
        let text = line.get(at + 1..).unwrap_or_default();
        text.split('"').next().is_some_and(is_far)
    })
}

/// Whether a text is a time in a year of more than four digits: no recorder has heard of such, and nobody
/// can reckon with it.
fn is_far(text: &str) -> bool {
    text.starts_with(['+', '-']) && text.parse::<DateTime<Utc>>().is_ok()
}

fn clean(told: &mut Value) {
    match told {
        // No time any more: what it belongs to is passed over.
        Value::String(text) if is_far(text) => text.clear(),
        Value::String(text) => *text = sanitise_lines(text),
        Value::Array(all) => all.iter_mut().for_each(clean),
        Value::Object(map) => {
            let cleaned = std::mem::take(map).into_iter().map(|(name, mut value)| {
                clean(&mut value);
                (sanitise(&name).into_owned(), value)
            });
            *map = cleaned.collect();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(second: i64) -> Moment {
        Moment::new(DateTime::UNIX_EPOCH + TimeDelta::seconds(second), Msg::Focus(second % 2 == 0))
    }

    fn record(file: &Path, count: i64) -> Recorder {
        let mut recorder = Recorder::start(file, &[], DateTime::UNIX_EPOCH, 1 << 20).expect("a file");
        for second in 0..count {
            assert!(recorder.take(&moment(second)).expect("taken down"));
        }
        recorder
    }

    #[test]
    fn a_long_one_is_read_in_its_order() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        let many = 30_000;
        record(&file, many).finish().expect("ended");
        let read = Recording::read(&file).expect("a recording");
        assert!(read.moments.iter().cloned().eq((0..many).map(moment)), "{} moments", read.moments.len());
    }

    #[test]
    fn what_was_taken_down_is_read_again() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        record(&file, 3).finish().expect("ended");
        let read = Recording::read(&file).expect("a recording");
        assert_eq!(read.moments, [0, 1, 2].map(moment));
        assert_eq!(read.span(), TimeDelta::seconds(2));
        assert!(Recorder::start(&file, &[], DateTime::UNIX_EPOCH, 1).is_err(), "it is not written over");
    }

    #[test]
    fn a_file_that_was_cut_is_read_up_to_there() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        let mut recorder = record(&file, 50);
        recorder.flush().expect("on the disk");
        let whole = fs::read(&file).expect("the file");
        assert_eq!(Recording::read(&file).expect("unfinished").moments.len(), 50);
        for cut in [whole.len() - 1, whole.len() / 2, 40] {
            fs::write(&file, &whole[..cut]).expect("cut");
            let read = Recording::read(&file).map_or(0, |read| read.moments.len());
            assert!(read <= 50, "{cut}");
        }
        fs::write(&file, "no recording").expect("another");
        let told = Recording::read(&file).expect_err("no recording").to_string();
        assert!(told.contains("is no recording"), "{told}");
    }

    #[test]
    fn a_time_beyond_all_reckoning_is_passed_over() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        let mut recorder = record(&file, 1);
        let far = Moment { at: DateTime::<Utc>::MAX_UTC, ..moment(1) };
        assert!(recorder.take(&far).expect("taken down"));
        assert!(recorder.take(&moment(2)).expect("taken down"));
        recorder.finish().expect("ended");
        let read = Recording::read(&file).expect("a recording");
        assert_eq!(read.moments, [moment(0), moment(2)]);
    }

    #[test]
    fn it_ends_when_it_is_as_large_as_it_may_be() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("x.wardroom");
        let mut recorder = Recorder::start(&file, &[], DateTime::UNIX_EPOCH, 1).expect("a file");
        recorder.flush().expect("on the disk");
        assert!(!recorder.take(&moment(0)).expect("taken down"));
    }
}
