//! What a stack consists of, and how each server is called.

use std::io;
use std::path::Path;

use super::ports;

/// What a stack can consist of; the lab is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Prometheus A: plain.
    Prometheus,
    /// Prometheus B: TLS, a password, a path prefix; it knows itself only, and no rules.
    SecurePrometheus,
    /// The cluster of two.
    Alertmanagers,
    /// node, blackbox and pushgateway.
    Exporters,
}

/// The servers' ports.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub prometheus: u16,
    pub secure: u16,
    pub alertmanagers: [u16; 2],
    pub cluster: [u16; 2],
    pub node: u16,
    pub blackbox: u16,
    pub pushgateway: u16,
}

/// How a server is started, and the page that says that it is ready.
#[derive(Clone, Debug)]
pub struct Launch {
    pub name: &'static str,
    pub program: &'static str,
    pub arguments: Vec<String>,
    pub page: String,
}

impl Ports {
    /// Free ones.
    pub fn choose() -> io::Result<Self> {
        let [prometheus, secure, first, second, third, fourth, node, blackbox, pushgateway] = ports::free()?;
        let (alertmanagers, cluster) = ([first, second], [third, fourth]);
        Ok(Self { prometheus, secure, alertmanagers, cluster, node, blackbox, pushgateway })
    }
}

impl Part {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Prometheus, Self::SecurePrometheus, Self::Alertmanagers, Self::Exporters];

    /// Its servers, with their files below `data`.
    pub fn launches(self, data: &Path, ports: &Ports) -> Vec<Launch> {
        match self {
            Self::Prometheus => vec![prometheus(data, ports)],
            Self::SecurePrometheus => vec![secure_prometheus(data, ports)],
            Self::Alertmanagers => {
                let [first, second] = ["alertmanager-0", "alertmanager-1"];
                vec![alertmanager(first, 0, data, ports), alertmanager(second, 1, data, ports)]
            }
            Self::Exporters => exporters(data, ports),
        }
    }
}

fn prometheus(data: &Path, ports: &Ports) -> Launch {
    let (data, address) = (data.display(), format!("127.0.0.1:{}", ports.prometheus));
    let arguments = vec![
        format!("--config.file={data}/conf/prometheus.yml"),
        format!("--storage.tsdb.path={data}/prometheus"),
        // What fires in the first seconds, before the Alertmanagers are known, is sent again soon.
        "--rules.alert.resend-delay=5s".to_owned(),
        "--rules.alert.for-grace-period=1s".to_owned(),
        format!("--web.listen-address={address}"),
        format!("--web.external-url=http://{address}/"),
        "--web.enable-lifecycle".to_owned(),
    ];
    Launch { name: "prometheus", program: "prometheus", arguments, page: format!("http://{address}/-/ready") }
}

fn secure_prometheus(data: &Path, ports: &Ports) -> Launch {
    let (data, address) = (data.display(), format!("127.0.0.1:{}", ports.secure));
    let arguments = vec![
        format!("--config.file={data}/conf/prometheus2.yml"),
        format!("--storage.tsdb.path={data}/prometheus-secure"),
        format!("--web.listen-address={address}"),
        format!("--web.external-url=https://{address}/prometheus/"),
        format!("--web.config.file={data}/conf/web.yml"),
    ];
    let page = format!("https://{address}/prometheus/-/ready");
    Launch { name: "prometheus-secure", program: "prometheus", arguments, page }
}

fn alertmanager(name: &'static str, index: usize, data: &Path, ports: &Ports) -> Launch {
    let address = format!("127.0.0.1:{}", ports.alertmanagers[index]);
    let data = data.display();
    let arguments = vec![
        format!("--config.file={data}/conf/alertmanager.yml"),
        format!("--storage.path={data}/{name}"),
        format!("--web.listen-address={address}"),
        format!("--web.external-url=http://{address}"),
        format!("--cluster.listen-address=127.0.0.1:{}", ports.cluster[index]),
        format!("--cluster.peer=127.0.0.1:{}", ports.cluster[1 - index]),
        "--cluster.settle-timeout=2s".to_owned(),
        "--cluster.gossip-interval=100ms".to_owned(),
        "--cluster.pushpull-interval=5s".to_owned(),
    ];
    Launch { name, program: "prometheus-alertmanager", arguments, page: format!("http://{address}/-/ready") }
}

fn exporters(data: &Path, ports: &Ports) -> Vec<Launch> {
    let data = data.display();
    let exporter = |name, program, port: u16, page, arguments: &[String]| {
        let listen = format!("--web.listen-address=127.0.0.1:{port}");
        let arguments = [&[listen], arguments].concat();
        Launch { name, program, arguments, page: format!("http://127.0.0.1:{port}/{page}") }
    };
    let textfiles = format!("--collector.textfile.directory={data}/textfile");
    let node = [textfiles, "--no-collector.systemd".to_owned()];
    let blackbox = [format!("--config.file={data}/conf/blackbox.yml")];
    let pushgateway = [format!("--persistence.file={data}/pushgateway")];
    vec![
        exporter("node", "prometheus-node-exporter", ports.node, "", &node),
        exporter("blackbox", "prometheus-blackbox-exporter", ports.blackbox, "-/healthy", &blackbox),
        exporter("pushgateway", "prometheus-pushgateway", ports.pushgateway, "-/ready", &pushgateway),
    ]
}
