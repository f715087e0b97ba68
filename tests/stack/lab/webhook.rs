//! Where Alertmanager's notifications arrive: `POST /hook/RECEIVER[?status=500][&sleep=3]`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::serve::{Answer, Reply, Request};

/// One notification as it arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The receiver's name in the path.
    pub receiver: String,
    /// The body; `Null` if it was no JSON.
    pub body: Value,
}

/// All notifications so far. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Inbox(Arc<Mutex<Vec<Delivery>>>);

impl Inbox {
    /// What has arrived, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn answer(&self, request: &Request) -> Answer {
        let Some(receiver) = request.path.strip_prefix("/hook/").filter(|_| request.method == "POST") else {
            return Answer::Whole(self.list());
        };
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        let delivery = Delivery { receiver: receiver.to_owned(), body };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
        let number = |name| request.parameter(name).and_then(|text| text.parse::<u16>().ok());
        let reply = Reply::text(number("status").unwrap_or(200), "ok\n");
        match number("sleep") {
            Some(seconds) => Answer::After(Duration::from_secs(seconds.min(30).into()), reply),
            None => Answer::Whole(reply),
        }
    }

    /// One line for each delivery, for a person who looks.
    fn list(&self) -> Reply {
        let lines = self.deliveries().into_iter().map(|each| format!("{} {}\n", each.receiver, each.body));
        Reply::text(200, lines.collect::<Vec<_>>().concat())
    }
}
