//! What asking costs a server and the line to it: requests, and bytes of answers.

use std::cell::Cell;
use std::ops::Add;

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests.
    pub requests: u64,
    /// Bytes of their bodies, unpacked.
    pub bytes: u64,
}

impl Add for Spent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { requests: self.requests + other.requests, bytes: self.bytes + other.bytes }
    }
}

tokio::task_local! {
    static COUNTED: Cell<Spent>;
}

/// Does `work`, and counts what it spends. What it has done by tasks of their own is not counted.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, Spent) {
    let work = async {
        let done = work.await;
        (done, COUNTED.with(Cell::get))
    };
    COUNTED.scope(Cell::new(Spent::default()), work).await
}

/// One more request, with so many bytes for an answer.
pub(super) fn note(bytes: usize) {
    let more = Spent { requests: 1, bytes: bytes as u64 };
    // Mostly nobody counts.
    let _nobody = COUNTED.try_with(|counted| counted.set(counted.get() + more));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_side_by_side_is_counted_apart() {
        let spends = |times: usize| {
            counted(async move {
                for _ in 0..times {
                    note(100);
                    tokio::task::yield_now().await;
                }
            })
        };
        note(1);
        let (one, other) = tokio::join!(spends(3), spends(5));
        assert_eq!(one.1, Spent { requests: 3, bytes: 300 });
        assert_eq!(other.1, Spent { requests: 5, bytes: 500 });
    }
}
