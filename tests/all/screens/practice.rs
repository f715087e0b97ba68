//! What is done in quiet days, by keys: maintenance planned, seen and ended, routines worked through; and
//! nothing of it under `--read-only`.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::deed::{Deed, Draft, Receipt, What};
use wardroom::domain::exercise::Exercised;
use wardroom::domain::feed::Feed;
use wardroom::domain::health::Health;
use wardroom::domain::labels::Labels;
use wardroom::domain::maintenance::{MAINTENANCE, Plan, REMEMBERED};
use wardroom::domain::observation::Observation;
use wardroom::domain::routine::{Cadence, Done};
use wardroom::domain::silence::{Matcher, Silence, SilenceState};
use wardroom::domain::slo::Window;
use wardroom::ui::wall::Wall;

use super::desk::{Desk, instant};
use super::homelab::{self, ALERTMANAGER};
use super::looks::look;

const SIZES: [(&str, (u16, u16)); 4] =
    [("60x12", (60, 12)), ("80x24", (80, 24)), ("120x40", (120, 40)), ("200x60", (200, 60))];

fn setup() -> Setup {
    Setup { read_only: false, operator: "sam".into(), ..homelab::setup() }
}

fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup(), size);
    desk.hear(homelab::calm());
    desk
}

fn silence(id: &str, matcher: Matcher, comment: &str, from: i64, ends_at: DateTime<Utc>) -> Silence {
    Silence {
        id: id.into(),
        state: SilenceState::Active,
        matchers: vec![matcher],
        created_by: "kim".into(),
        comment: comment.into(),
        annotations: Labels::default(),
        starts_at: instant() - TimeDelta::minutes(from),
        ends_at,
        updated_at: instant(),
    }
}

/// A maintenance that began ten minutes ago and has so many minutes left: its silences.
fn maintained(left: i64) -> Msg {
    let until = instant() + TimeDelta::minutes(left);
    let plan = Plan {
        name: "new disks".into(),
        window: Window { from: instant() - TimeDelta::minutes(10), to: until },
        down: vec!["pbs.main".into()],
        subjects: vec![vec![Matcher::equal("host", "vm102")]],
        by: "kim".into(),
        text: "two of 8 TB".into(),
    };
    let drafts = plan.drafts();
    let all: Vec<Silence> = drafts
        .iter()
        .zip(["carrier", "part"])
        .map(|(draft, id)| silence(id, draft.matchers[0].clone(), &draft.comment, 10, draft.ends_at))
        .collect();
    assert_eq!(all[0].ends_at, until + REMEMBERED);
    homelab::observed(ALERTMANAGER, Feed::Silences, vec![Observation::Silences(all.into())])
}

/// What is to be done on a server, so far.
fn called(desk: &Desk) -> Vec<(u64, Deed)> {
    let calls = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Call { id, deed } => Some((*id, deed.clone())),
        _ => None,
    });
    calls.collect()
}

/// The server does all that it is asked, one after the other.
fn obey(desk: &mut Desk) -> Vec<What> {
    let mut done = 0;
    while let Some((id, _)) = called(desk).get(done).cloned() {
        desk.hear([Msg::Done { id, result: Ok(Receipt { id: "0d9b".into() }) }]);
        done += 1;
    }
    called(desk).into_iter().map(|(_, deed)| deed.what).collect()
}

#[test]
fn maintenance_is_planned_by_keys_after_a_look_at_its_silences() {
    let mut desk = desk((120, 40));
    desk.keys("m<enter>");
    for (name, size) in SIZES {
        desk.resize(size.0, size.1);
        look(&format!("maintenance_form_{name}"), &mut desk);
    }
    desk.resize(120, 40);
    desk.keys("new disks<tab><tab><ctrl-n><tab>prometheus.main, pbs.main<tab>host=vm102<tab><tab>two of 8 TB<enter>");
    let screen = desk.screen();
    for told in
        ["one that carries it", "hides host=\"vm102\", now 0 alerts", "prometheus.main, pbs.main", "(L1)"]
    {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    assert_eq!(called(&desk), [], "nothing is written before it is confirmed");
    for (name, size) in SIZES {
        desk.resize(size.0, size.1);
        look(&format!("maintenance_confirm_{name}"), &mut desk);
    }
    desk.keys("<enter>");
    let written = obey(&mut desk);
    let drafts: Vec<&Draft> = written
        .iter()
        .filter_map(|what| match what {
            What::Silence(draft) => Some(draft),
            _ => None,
        })
        .collect();
    let [carrier, part] = drafts.as_slice() else { panic!("{written:?}") };
    assert_eq!(&*carrier.matchers[0].name, MAINTENANCE);
    assert_eq!(part.matchers, [Matcher::equal("host", "vm102")]);
    assert!(carrier.comment.contains("two of 8 TB") && &*carrier.author == "sam", "{carrier:?}");
    assert!(!desk.screen().contains("Plan maintenance"), "it is done: {}", desk.screen());
}

#[test]
fn what_is_wrong_with_a_plan_is_said_at_its_field() {
    let mut desk = desk((120, 40));
    desk.keys("m<enter><enter>");
    assert!(desk.screen().contains("its name must not be empty"), "{}", desk.screen());
    desk.keys("x<tab><tab><backspace><backspace>9x<enter>");
    assert!(desk.screen().contains("say how long, at most 7d"), "{}", desk.screen());
    desk.keys("<backspace><backspace>2h<enter>");
    assert!(desk.screen().contains("neither what is expected to be down"), "{}", desk.screen());
    desk.keys("pve.nowhere<enter>");
    assert!(desk.screen().contains("no source is called pve.nowhere"), "{}", desk.screen());
    assert_eq!(called(&desk), []);
}

#[test]
fn what_goes_on_is_seen_calmly_on_the_bridge_and_the_wall() {
    for (name, size) in SIZES {
        let mut bridge = desk(size);
        bridge.hear([maintained(30)]);
        look(&format!("maintenance_bridge_{name}"), &mut bridge);
        let mut wall = Desk::new(Setup { wall: Some(Wall::default()), ..setup() }, size);
        wall.hear(homelab::calm()).hear([maintained(30)]);
        let screen = wall.screen();
        if size.1 >= 24 {
            assert!(
                screen.contains("planned   maintenance new disks, 30m left, by kim: pbs.main"),
                "{screen}"
            );
        }
        assert_eq!(wall.app.verdict(wall.now).state, Health::Ok, "{screen}");
        look(&format!("maintenance_wall_{name}"), &mut wall);
    }
}

#[test]
fn it_is_ended_with_its_list_and_an_overrun_is_loud() {
    let mut desk = desk((120, 40));
    desk.hear([maintained(30)]).keys("m");
    let screen = desk.screen();
    for told in ["new disks, 30m left", "pbs.main answers", "no alert of host=\"vm102\""] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
    for (name, size) in SIZES {
        desk.resize(size.0, size.1);
        look(&format!("maintenance_list_{name}"), &mut desk);
    }
    desk.resize(120, 40).keys("<enter>");
    assert!(desk.screen().contains("All is measured to be back. Enter ends it."), "{}", desk.screen());
    desk.keys("<enter>");
    let ended: Vec<What> = obey(&mut desk);
    let ids = ["carrier", "part"].map(|id| What::Expire { id: id.into() });
    assert_eq!(ended, ids);

    // Its time is over and a host is still down: critical, rung for, and ended only if asked twice.
    let mut loud = Desk::new(setup(), (120, 40));
    loud.hear(homelab::host_down()).hear([maintained(1)]).wait(1);
    loud.wait(61);
    loud.hear(homelab::host_down()).hear([maintained(-1)]).wait(1);
    assert!(loud.screen().contains("CRITICAL"), "{}", loud.screen());
    let rung = loud
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Ring { text, .. } if text.contains("new disks is over time")));
    assert!(rung, "{:?}", loud.effects);
    loud.keys("m<enter>");
    assert!(
        loud.screen().contains("Not all is back") && loud.screen().contains("HostDown"),
        "{}",
        loud.screen()
    );
    loud.keys("<enter>");
    assert_eq!(called(&loud).len(), 0, "it is asked once more");
    assert!(loud.screen().contains("NOT all is back. Enter ends it all the same."), "{}", loud.screen());
    loud.keys("<enter>");
    assert_eq!(called(&loud).len(), 1);
}

#[test]
fn under_read_only_nothing_is_planned_ended_or_noted() {
    let mut desk = Desk::new(homelab::setup(), (120, 40));
    desk.hear(homelab::calm()).hear([maintained(30)]);
    desk.keys("m<enter><enter><enter>");
    assert!(desk.screen().contains("nothing is written under --read-only"), "{}", desk.screen());
    desk.keys("g<enter><enter><esc>L<enter>G<enter><enter><enter>");
    assert!(desk.screen().contains("nothing is written under --read-only"), "{}", desk.screen());
    let writes =
        desk.effects.iter().filter(|one| matches!(one, Effect::Call { .. } | Effect::KeepRoutine(_)));
    assert_eq!(writes.count(), 0, "{:?}", desk.effects);
}

/// A dashboard on which a routine was worked through before, and a drill done.
fn practised(size: (u16, u16)) -> Desk {
    let done = Done {
        routine: Cadence::Weekly,
        at: instant() - TimeDelta::days(9),
        by: "kim".into(),
        note: "scrub on sunday".into(),
        lines: vec![("SnapRAID has no errors".into(), "ok".into()), ("the next".into(), "left out".into())],
    };
    let exercise = Exercised {
        scenario: "host-down".into(),
        at: instant() - TimeDelta::days(3),
        by: "kim".into(),
        score: 90,
        took: [Some(42), Some(130), Some(400)],
    };
    let mut desk = Desk::new(Setup { routines: vec![done], exercised: vec![exercise], ..setup() }, size);
    desk.hear(homelab::calm());
    desk
}

#[test]
fn a_routine_is_worked_through_by_keys() {
    for (name, size) in SIZES {
        look(&format!("routines_{name}"), practised(size).keys("L"));
        look(&format!("routine_weekly_{name}"), practised(size).keys("Lj<enter>"));
    }
    let mut desk = practised((120, 40));
    desk.keys("Lj<enter>");
    let screen = desk.screen();
    assert!(screen.contains("1 of 2 done  by kim  scrub on sunday"), "the time before: {screen}");
    // What is measured is measured again; what a person sees is ticked.
    desk.keys("<enter>");
    assert!(desk.effects.contains(&Effect::Refresh(None)), "{:?}", desk.effects);
    desk.keys("jjj<enter>j<enter>");
    assert!(desk.screen().contains("A routine was worked through"), "{}", desk.screen());
    for (name, size) in SIZES {
        desk.resize(size.0, size.1);
        look(&format!("routine_noting_{name}"), &mut desk);
    }
    desk.keys("<tab>all quiet<enter>");
    let kept = desk.effects.iter().find_map(|effect| match effect {
        Effect::KeepRoutine(done) => Some(done.clone()),
        _ => None,
    });
    let kept = kept.expect("it is written down");
    assert_eq!((kept.routine, &*kept.by, &*kept.note), (Cadence::Weekly, "sam", "all quiet"));
    let words: Vec<&Arc<str>> = kept.lines.iter().map(|(_, word)| word).collect();
    assert_eq!(words.len(), 4);
    assert_eq!(&**words[3], "by hand", "{words:?}");
    assert!(words[..3].iter().all(|word| &***word == "unknown"), "nothing measures it here: {words:?}");
    desk.keys("L");
    assert!(desk.screen().contains("due in 7d"), "{}", desk.screen());
}

#[rstest]
#[case("routine weekly", "Routine weekly")]
#[case("new disks", "Maintenance")]
fn enter_on_the_horizon_opens_what_is_to_be_done(#[case] row: &str, #[case] opened: &str) {
    let mut desk = practised((120, 40));
    desk.hear([maintained(30)]).keys(&format!("H/{row}<enter><enter>"));
    let screen = desk.screen();
    assert!(screen.contains(opened) && !screen.contains("Gone"), "{screen}");
    desk.keys("<esc>");
    assert!(desk.screen().contains("Horizon"), "{}", desk.screen());
}
