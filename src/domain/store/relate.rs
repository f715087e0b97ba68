//! What is found anew when a feed has said something: not with every frame, which may come often.

use super::Store;
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::{cause, chain, hosts};

impl Store {
    /// Finds what a feed changes: the hosts, what rules cannot see, and what follows from what.
    pub(super) fn relate(&mut self, id: &SourceId, feed: Feed) {
        let source = self.sources.iter_mut().find(|source| source.id == *id);
        if let Some(data) = source.map(|source| &mut source.data)
            && id.kind == SourceKind::Prometheus
            && matches!(feed, Feed::Rules | Feed::Status)
        {
            data.blind = chain::blind(data).into();
            data.uncovered = chain::uncovered(data).into();
        }
        if matches!(feed, Feed::Targets | Feed::Scrapes | Feed::Measures) {
            self.hosts = hosts::hosts(self).into();
        }
        // What the alerts change is known when they are joined.
        if matches!(feed, Feed::Rules | Feed::Targets | Feed::Scrapes | Feed::Guests) {
            self.find_causes();
        }
    }

    /// Finds what follows from what.
    pub(super) fn find_causes(&mut self) {
        self.causes = cause::causes(self);
    }
}
