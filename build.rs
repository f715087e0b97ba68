//! Linking that keeps the program small in memory.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=packaging/rarely.ld");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") != "linux" || target("ENV") != "gnu" {
        return;
    }
    // Where the tables of constants point to is written down in bits instead of 24 bytes each: a
    // megabyte less to read at every start, and to keep. Every glibc since 2022 knows it.
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    // What a dashboard at rest does not run stands apart from what it does. Of the linkers that
    // somebody may have chosen, gold and mold take no such script.
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    if env::var("PROFILE").is_ok_and(|profile| profile == "release")
        && !["gold", "mold"].iter().any(|linker| flags.contains(linker))
    {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{root}/packaging/rarely.ld");
    }
}
