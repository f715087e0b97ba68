//! What can be said about alerts and silences.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::comment::Condition;

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people: a line each.
    Text,
    /// For programs: documented, versioned.
    Json,
}

/// `wardroom alerts`
#[derive(Clone, Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
Exit status: 0 listed, 1 a server was not heard and the list may lack something, 2 wrong usage or config.

Examples:
  wardroom alerts --filter severity=critical --filter 'instance=~\"10[.]0[.].*\"'
  wardroom alerts --format json | jq '.alerts[].alertname'"
)]
pub struct Alerts {
    /// What else there is to do with alerts.
    #[command(subcommand)]
    pub what: Option<OfAlerts>,
    /// Only alerts that meet this matcher: name=value, with =, !=, =~ or !~; all of several. A word
    /// alone is an alert's name.
    #[arg(long, value_name = "MATCHER")]
    pub filter: Vec<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
    pub format: ListFormat,
    /// How long to wait for the servers in all.
    #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// `wardroom alerts route|test`
#[derive(Clone, Debug, Subcommand)]
pub enum OfAlerts {
    /// Say where an alert with these labels would go.
    ///
    /// Example: wardroom alerts route alertname=HostDown severity=critical
    Route(Route),
    /// Send a marked alert to a receiver, watch whether it is handed over, and ask whether it arrived.
    Test(Test),
}

/// `wardroom alerts route`
#[derive(Clone, Debug, Args)]
pub struct Route {
    /// The labels of the alert.
    #[arg(value_name = "LABEL=VALUE")]
    pub labels: Vec<String>,
    /// Which Alertmanager: its NAME in the config. Needed when there are several.
    #[arg(long, value_name = "NAME")]
    pub alertmanager: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
    pub format: ListFormat,
}

/// `wardroom alerts test`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 handed over and not said to be lost, 1 not handed over, lost, or refused, 2 wrong usage or
config, --read-only, or nobody said yes. Then nothing was sent. The date is kept: `alerts route` tells it.

Example:
  wardroom alerts test --receiver pagerduty-primary")]
pub struct Test {
    /// The receiver, by its name in Alertmanager's configuration.
    #[arg(long, value_name = "RECEIVER")]
    pub receiver: String,
    /// Which Alertmanager: its NAME in the config. Needed when there are several.
    #[arg(long, value_name = "NAME")]
    pub alertmanager: Option<String>,
    /// Send it without a question.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// How long to wait for the notification: longer than the group_wait of its route.
    #[arg(long, default_value = "1m", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// `wardroom silences`
#[derive(Clone, Debug, Subcommand)]
pub enum Silences {
    /// List the silences, and what each covers now.
    ///
    /// Example: wardroom silences list --format json | jq '.silences[].id'
    List {
        /// The expired ones too.
        #[arg(long)]
        all: bool,
        /// How to say it.
        #[arg(long, value_enum, default_value_t = ListFormat::Text, value_name = "FORMAT")]
        format: ListFormat,
        /// How long to wait for the servers in all.
        #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
        timeout: Duration,
    },
    /// Make a silence; prints its id.
    Add(Add),
    /// End a silence now.
    ///
    /// Example: wardroom silences expire 2f9c1a5e-7c57-4d3b-9a4e-0c6d1f4b8a11
    Expire {
        /// The silence's id.
        id: String,
        /// Which Alertmanager has it: its NAME in the config. Without it, it is looked for.
        #[arg(long, value_name = "NAME")]
        alertmanager: Option<String>,
    },
    /// End what is bound to a condition that is now true, and acknowledgements of resolved alerts;
    /// renew what is not: for a timer, when no dashboard is open.
    ///
    /// Example: */5 * * * *  wardroom silences reap
    Reap {
        /// How long to wait for the servers in all.
        #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
        timeout: Duration,
    },
}

/// `wardroom silences add`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Exit status: 0 made, 1 the server refused or cannot be reached, 2 wrong usage or config, --read-only,
or a silence that is too wide or lasts longer than max_silence, without --yes. Then nothing was written.

Examples:
  wardroom silences add --matcher alertname=HostDown --matcher 'instance=~\"nas.*\"' --comment \"new disks\"
  wardroom silences add --matcher host=nas --until host-up:nas --duration 2h --comment reboot")]
pub struct Add {
    /// What an alert must meet: name=value, with =, !=, =~ or !~; all of several.
    #[arg(long = "matcher", short = 'm', required = true, value_name = "MATCHER")]
    pub matchers: Vec<String>,
    /// How long it lasts.
    #[arg(long, short = 'd', default_value = "1h", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub duration: Duration,
    /// Why.
    #[arg(long, short = 'c', value_name = "TEXT")]
    pub comment: String,
    /// Who makes it; without it, what the config says or the dashboard was told, else USER@host.
    #[arg(long, short = 'a', value_name = "NAME")]
    pub author: Option<String>,
    /// End it before, when this is true: resolved, task:UPID or host-up:NAME. An open dashboard or
    /// `silences reap` sees to it, and renews it until then.
    #[arg(long, value_name = "CONDITION")]
    pub until: Option<Condition>,
    /// Make it even if it is too wide or too long.
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// On which Alertmanager: its NAME in the config. Needed when there are several.
    #[arg(long, value_name = "NAME")]
    pub alertmanager: Option<String>,
    /// How long to wait for the servers in all.
    #[arg(long, default_value = "15s", value_parser = humantime::parse_duration, value_name = "TIME")]
    pub timeout: Duration,
}

/// `wardroom open`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Made for the templates of notifications: the line lands in the detail of what they tell of.

Examples:
  wardroom open 8d2f2a9c1b3e4f50
  wardroom open HostDown instance=10.0.0.21:9100")]
pub struct Open {
    /// The alert's fingerprint, or its name.
    #[arg(value_name = "FINGERPRINT|ALERT")]
    pub alert: String,
    /// Labels that it must have.
    #[arg(value_name = "LABEL=VALUE")]
    pub labels: Vec<String>,
}
