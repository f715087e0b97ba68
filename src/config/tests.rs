use super::*;
use crate::domain::alert::Severity;

const SOURCE: &str = "[sources.prometheus.main]\nurl = \"http://127.0.0.1:9090\"\n";

fn parse(text: &str) -> Config {
    Config::parse("w.toml", &format!("{SOURCE}{text}"), None).expect("a config")
}

fn faults(text: &str) -> String {
    Config::parse("w.toml", text, None).expect_err("a wrong config").to_string()
}

#[test]
fn numbers_have_their_places() {
    let config = parse(
        "[alerts]\nseverities = { sev1 = \"critical\" }\nresponse = { critical = \"5m\" }\nack_for = \"4h\"\n\
         [chain]\nwatchdog = \"DeadMan\"\n\
         [backups]\nrpo = \"12h\"\n[[backups.rule]]\nmatch = \"vm/9*\"\nexempt = true\n\
         [datastores]\nwarning = { used = 70 }\n\
         [logs]\nmax_lines = 500\n",
    );
    let thresholds = &config.thresholds;
    assert_eq!(thresholds.rank("sev1"), Severity::Critical);
    assert_eq!(thresholds.response.get(&Severity::Critical), Some(&chrono::TimeDelta::minutes(5)));
    assert_eq!(thresholds.response.get(&Severity::Warning), Some(&chrono::TimeDelta::hours(1)), "kept");
    assert_eq!(thresholds.ack_for, chrono::TimeDelta::hours(4));
    assert_eq!(thresholds.max_silence, chrono::TimeDelta::hours(24), "kept");
    assert_eq!(&*thresholds.watchdog, "DeadMan");
    assert_eq!(thresholds.backups.rpo, chrono::TimeDelta::hours(12));
    assert!(thresholds.backup_rules.iter().all(|rule| rule.exempt));
    assert!((thresholds.fill.warn_used - 0.7).abs() < 1e-9);
    assert!((thresholds.fill.critical_used - 0.95).abs() < 1e-9, "kept");
    assert_eq!((config.ring.lines, config.ring.bytes), (500, RingLimits::default().bytes));
}

#[test]
fn the_wall_has_its_views_and_its_night() {
    let wall = parse("[ui.wall]\nviews = [\"bridge\"]\nrotate = \"1m\"\nnight = \"22:00-07:00\"\n").ui.wall;
    assert_eq!((wall.views, wall.rotate.as_secs(), wall.logs), (vec!["bridge".to_owned()], 60, false));
    assert_eq!(wall.night, Some(("22:00".to_owned(), "07:00".to_owned())));
    let told =
        faults(&format!("{SOURCE}[ui.wall]\nviews = [\"brige\"]\nrotate = \"0s\"\nnight = \"dusk\"\n"));
    for word in ["brige", "2s to 24h", "22:00-07:00"] {
        assert!(told.contains(word), "{word}: {told}");
    }
}

#[test]
fn an_empty_config_says_what_to_write() {
    assert!(faults("").contains("no server is named; add a table [sources.KIND.NAME]"), "{}", faults(""));
}

#[test]
fn a_secret_in_the_file_is_noticed() {
    assert!(!parse("").holds_secrets);
    assert!(parse("token = \"x\"\n").holds_secrets);
    assert!(!parse("token_file = \"x\"\n").holds_secrets, "it stands elsewhere");
}

#[test]
fn own_themes_stand_beside_the_config() {
    let directory = tempfile::tempdir().expect("a directory");
    let themes = directory.path().join("themes");
    std::fs::create_dir(&themes).expect("a directory");
    std::fs::write(themes.join("mine.toml"), "about = \"mine\"\n[roles]\nok = \"blue\"\n").expect("written");
    std::fs::write(themes.join("bad.toml"), "about = \"bad\"\n[roles]\nokk = \"blue\"\n").expect("written");
    let mine = theme("mine", Some(directory.path())).expect("a theme");
    assert_eq!(mine.about, "mine");
    let bad = theme("bad", Some(directory.path())).expect_err("a fault").to_string();
    assert!(bad.contains("bad.toml:3:1: roles.okk: unknown key"), "{bad}");
    let none = theme("../mine", Some(&themes)).expect_err("no theme").to_string();
    assert!(none.contains("a theme (default, dark,"), "{none}");
    let text = format!("{SOURCE}[ui]\ntheme = \"bad\"\n");
    let told = Config::parse("w.toml", &text, Some(directory.path())).expect_err("a fault").to_string();
    assert!(told.contains("bad.toml:3:1"), "{told}");
}

#[test]
fn sites() {
    let mut config = parse(
        "site = \"home\"\n[sources.prometheus.cabin]\nurl = \"http://127.0.0.1:1\"\nsite = \"cabin\"\n",
    );
    let wrong = config.keep_site("hut").expect_err("no such site");
    assert!(wrong.ends_with("there: cabin, home"), "{wrong}");
    config.keep_site("cabin").expect("a site");
    let left: Vec<&str> = config.sources.iter().map(|source| &*source.id().name).collect();
    assert_eq!(left, ["cabin"]);
}

#[test]
fn a_site_says_what_goes_for_its_sources() {
    let config = parse(
        "site = \"home\"\n\
         [sources.prometheus.cabin]\nurl = \"http://127.0.0.1:1\"\nsite = \"cabin\"\n\
         [sources.alertmanager.cabin]\nurl = \"http://127.0.0.1:2\"\nsite = \"cabin\"\nvia = \"ssh:pi\"\n\
         [sources.loki.cabin]\nurl = \"https://127.0.0.1:3\"\nsite = \"cabin\"\nvia = \"none\"\n\
         [sites.cabin]\ntitle = \"The cabin\"\nvia = \"ssh:hut\"\nca_file = \"/x.pem\"\n",
    );
    let via = |source: &Arc<dyn Source>| {
        let ways: Vec<String> = source.tunnels().iter().map(|way| way.host().to_owned()).collect();
        format!("{} {}", source.id(), ways.join(" "))
    };
    let ways: Vec<String> = config.sources.iter().map(via).collect();
    assert_eq!(
        ways,
        ["prometheus.cabin hut", "prometheus.main ", "alertmanager.cabin pi", "loki.cabin "],
        "what a source says itself stands over it"
    );
    let titles: Vec<(&str, &str)> =
        config.thresholds.titles.iter().map(|(name, title)| (&**name, &**title)).collect();
    assert_eq!(titles, [("cabin", "The cabin")]);
}

#[test]
fn a_site_that_is_wrong_is_told_at_its_line() {
    let source = "site = \"home\"\n";
    for (table, expect) in [
        ("[sites.hom]\ntitle = \"Home\"\n", "sites.hom: no source has site = \"hom\"; there: home"),
        ("[sites.home]\ntitl = \"Home\"\n", "sites.home.titl: unknown key, did you mean `title`?"),
        ("[sites.home]\ntitle = \" \"\n", "sites.home.title: expected a name to be shown, found \" \""),
        ("[sites.home]\nvia = \"hut\"\n", "expected \"ssh:HOST\" or \"ssh:USER@HOST\", found \"hut\""),
    ] {
        let text = format!("{SOURCE}{source}{table}");
        let told = Config::parse("w.toml", &text, None).expect_err("a fault").to_string();
        assert!(told.contains(expect) && told.lines().count() == 1, "{told}");
    }
    let none = Config::parse("w.toml", &format!("{SOURCE}[sites.home]\n"), None).expect_err("a fault");
    assert!(none.to_string().ends_with("there: none names a site"), "{none}");
}
