//! How a screen that nobody sits at is shown: which views in turn, for how long, and when it is dim.

use std::time::Duration;

use super::view::{View, Views};

/// The wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wall {
    /// The views that are shown in turn.
    pub views: Vec<String>,
    /// For how long each.
    pub rotate: Duration,
    /// Whether lines of logs may be seen by whoever passes.
    pub logs: bool,
    /// From when to when it is dim, `22:00` to `07:00` of the operator's zone.
    pub night: Option<(String, String)>,
}

impl Default for Wall {
    fn default() -> Self {
        let views = ["targets", "backups", "alerts"].map(str::to_owned).into();
        Self { views, rotate: Duration::from_secs(20), logs: false, night: None }
    }
}

impl Wall {
    /// Whether it is dim at this time of day, `14:02`.
    pub fn is_night(&self, minute: &str) -> bool {
        let Some((from, to)) = &self.night else { return false };
        let (from, to) = (from.as_str(), to.as_str());
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }

    /// Of these views those that the wall shows, in its order, without what may not be seen there.
    /// When none is left, the first that may be seen.
    pub fn choose(&self, all: &[View]) -> Views {
        let seen = |view: &View| if self.logs { Some(view.clone()) } else { view.without("logs") };
        let named = self.views.iter().filter_map(|name| all.iter().find(|view| view.name == *name));
        let chosen: Views = named.filter_map(seen).collect();
        if chosen.is_empty() { all.iter().filter_map(seen).take(1).collect() } else { chosen }
    }
}

/// Reads `22:00-07:00`.
pub fn night(text: &str) -> Result<(String, String), String> {
    let wrong = || "two times of day such as \"22:00-07:00\"".to_owned();
    let time = |text: &str| {
        chrono::NaiveTime::parse_from_str(text.trim(), "%H:%M").map(|time| time.format("%H:%M").to_string())
    };
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    Ok((time(from).map_err(|_| wrong())?, time(to).map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::view;

    #[test]
    fn a_night_may_end_tomorrow() {
        let wall = Wall { night: night("22:00-7:00").ok(), ..Wall::default() };
        for (time, dim) in
            [("21:59", false), ("22:00", true), ("03:10", true), ("06:59", true), ("07:00", false)]
        {
            assert_eq!(wall.is_night(time), dim, "{time}");
        }
        let day = Wall { night: night("12:00-13:00").ok(), ..Wall::default() };
        assert!(day.is_night("12:30") && !day.is_night("13:00") && !Wall::default().is_night("03:00"));
        assert!(night("dusk").is_err() && night("25:00-07:00").is_err());
    }

    #[test]
    fn no_line_of_a_log_is_seen_unless_it_may() {
        let all = view::embedded();
        let panes = |wall: &Wall| -> Vec<String> {
            let bands = wall.choose(&all).into_iter().flat_map(|view| [view.wide, view.narrow].concat());
            bands.flat_map(|band| band.panes.into_iter().map(|(name, _)| name)).collect()
        };
        let wall = Wall { views: vec!["logs".into(), "bridge".into()], ..Wall::default() };
        assert!(!panes(&wall).contains(&"logs".to_owned()) && panes(&wall).contains(&"alerts".to_owned()));
        assert!(panes(&Wall { logs: true, ..wall }).contains(&"logs".to_owned()));
        let none = Wall { views: vec!["logs".into()], ..Wall::default() };
        assert!(panes(&none).contains(&"alerts".to_owned()), "another takes its place");
    }
}
