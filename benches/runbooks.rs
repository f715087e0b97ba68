//! What reading a runbook costs: the owner's longest file, and two megabytes of it.
//!
//! `cargo bench --bench runbooks` runs it; `benches/README.md` has the figures.

#![expect(missing_docs, reason = "a macro makes the group's function")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use wardroom::runbooks::{self, find};

const OWNER: &str = include_str!("../tests/owner/observability.md");

fn reading(bench: &mut Criterion) {
    let long = OWNER.repeat((2 << 20) / OWNER.len() + 1);
    bench.bench_function("runbook: read 25 kB", |bench| {
        bench.iter(|| runbooks::read("x.md", black_box(OWNER.as_bytes())));
    });
    bench.bench_function("runbook: read 2 MB", |bench| {
        bench.iter(|| runbooks::read("x.md", black_box(long.as_bytes())));
    });
    let library = [runbooks::read("x.md", long.as_bytes())];
    bench.bench_function("runbook: search 2 MB for a word", |bench| {
        bench.iter(|| find::search(black_box("pstree"), &library).len());
    });
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(20);
    targets = reading
}
criterion_main!(group);
