use super::*;

const fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn gate(level: Level) -> Gate {
    Gate::new(level, "pve", false, Some(Key::Enter), at(0)).expect("it may be run")
}

const ENTER: Key = Key::Enter;

const fn char(char: char) -> Key {
    Key::Char(char)
}

/// Keys with their times, and what the last of them comes to.
fn after(level: Level, keys: &[(u64, Key)]) -> Step {
    let mut gate = gate(level);
    let mut last = Step::Wait;
    for (ms, key) in keys {
        assert_eq!(last, Step::Wait, "nothing is pressed behind the end");
        last = gate.press(*key, at(*ms));
    }
    last
}

#[test]
fn key_by_key() {
    let go = |how: &str| Step::Go(how.to_owned());
    let (y, capital) = (char('y'), char('Y'));
    for (level, keys, expected) in [
        // Reading: Enter, and only a new one.
        (Level::L0, vec![(1_000, ENTER)], go("enter")),
        (Level::L0, vec![(100, ENTER)], Step::Wait),
        (Level::L0, vec![(500, ENTER)], Step::Wait),
        (Level::L0, vec![(500, ENTER), (530, ENTER), (560, ENTER), (590, ENTER)], Step::Wait),
        (Level::L0, vec![(500, ENTER), (530, ENTER), (900, ENTER)], go("enter")),
        (Level::L0, vec![(1_000, y), (1_300, ENTER)], go("enter")),
        (Level::L0, vec![(1_000, Key::Escape)], Step::GiveUp),
        (Level::L0, vec![(1_000, char('n'))], Step::GiveUp),
        // A change: y; nothing said is no.
        (Level::L1, vec![(1_000, y)], go("y")),
        (Level::L1, vec![(100, y)], Step::Wait),
        (Level::L1, vec![(100, y), (200, y), (300, y), (400, y)], Step::Wait),
        (Level::L1, vec![(100, y), (400, y)], go("y")),
        (Level::L1, vec![(1_000, capital)], Step::Wait),
        (Level::L1, vec![(1_000, ENTER)], Step::GiveUp),
        (Level::L1, vec![(500, ENTER)], Step::Wait),
        (Level::L1, vec![(1_000, char('n'))], Step::GiveUp),
        // A disruption: Y, and not at once.
        (Level::L2, vec![(1_000, capital)], go("Y")),
        (Level::L2, vec![(600, capital)], Step::Wait),
        (Level::L2, vec![(600, capital), (720, capital)], Step::Wait),
        (Level::L2, vec![(600, capital), (900, capital)], go("Y")),
        (Level::L2, vec![(1_000, y)], Step::Wait),
        (Level::L2, vec![(1_000, y), (1_100, capital)], go("Y")),
        (Level::L2, vec![(1_000, ENTER)], Step::GiveUp),
        // Destruction: the name of the host.
        (Level::L3, vec![(1_000, capital)], Step::Wait),
        (Level::L3, vec![(1_000, ENTER)], Step::Wait),
        (
            Level::L3,
            vec![(900, char('p')), (1_000, char('v')), (1_100, char('e')), (1_200, ENTER)],
            go("typed pve"),
        ),
        (Level::L3, vec![(900, char('p')), (1_000, char('v')), (1_200, ENTER)], Step::Wait),
        (
            Level::L3,
            vec![
                (900, char('p')),
                (1_000, char('x')),
                (1_050, Key::Backspace),
                (1_100, char('v')),
                (1_150, char('e')),
                (1_200, ENTER),
            ],
            go("typed pve"),
        ),
        (Level::L3, vec![(100, char('p')), (200, char('v')), (300, char('e')), (400, ENTER)], Step::Wait),
    ] {
        assert_eq!(after(level, &keys), expected, "{level:?} {keys:?}");
    }
    assert!(Gate::new(Level::X, "pve", false, None, at(0)).is_none(), "it is never run");
}

#[test]
fn what_is_pasted_never_counts() {
    let mut gate = Gate::new(Level::L3, "nas.home.example", false, None, at(0)).expect("it may be run");
    gate.pasted();
    assert_eq!((gate.press(ENTER, at(2_000)), gate.typed()), (Step::Wait, ""));
    // A terminal without marks around a paste sends it as keys, all at once.
    for (index, letter) in "nas.home.example".chars().enumerate() {
        assert_eq!(gate.press(char(letter), at(3_000 + index as u64 / 2)), Step::Wait);
    }
    assert_eq!(gate.reason, Some("pasted text does not count: type it"));
    assert_eq!(gate.press(ENTER, at(3_010)), Step::Wait);
    for (index, letter) in "nas.home.example".chars().enumerate() {
        assert_eq!(gate.press(char(letter), at(5_000 + index as u64 * 80)), Step::Wait);
    }
    assert_eq!(gate.press(ENTER, at(7_000)), Step::Go("typed nas.home.example".to_owned()));
    let mut gate = self::gate(Level::L1);
    gate.pasted();
    assert_eq!(gate.demand(), Some(&Demand::Press(char('y'))), "a pasted y is no y");
}

#[test]
fn what_has_changed_is_confirmed_anew() {
    let mut gate = gate(Level::L3);
    for (ms, letter) in [(900, 'p'), (1_000, 'v'), (1_100, 'e')] {
        gate.press(char(letter), at(ms));
    }
    gate.renew(at(1_150));
    assert_eq!(gate.press(ENTER, at(2_500)), Step::Wait);
    let mut gate = self::gate(Level::L2);
    gate.renew(at(5_000));
    assert_eq!(gate.press(char('Y'), at(5_300)), Step::Wait, "the time before it counts begins again");
    assert_eq!(gate.press(char('Y'), at(6_000)), Step::Go("Y".to_owned()));
}

#[test]
fn without_a_journal_a_change_asks_for_a_word_more() {
    let open = |level| Gate::new(level, "pve", true, None, at(0)).expect("it may be run");
    assert_eq!(open(Level::L0).press(ENTER, at(1_000)), Step::Go("enter".to_owned()));
    let mut gate = open(Level::L1);
    assert_eq!(gate.press(char('y'), at(1_000)), Step::Wait);
    gate.press(Key::Backspace, at(1_100));
    for (index, letter) in "unrecorded".chars().enumerate() {
        gate.press(char(letter), at(2_000 + index as u64 * 100));
    }
    assert_eq!(gate.press(ENTER, at(4_000)), Step::Wait);
    assert_eq!(gate.press(char('y'), at(5_000)), Step::Go("typed unrecorded, y".to_owned()));
}
