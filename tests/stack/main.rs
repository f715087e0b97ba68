//! Brings the real servers up and keeps them up for a person who wants to try things: `tests/run stack`.

#[path = "mod.rs"]
#[expect(dead_code, reason = "most of the stack's interface is for tests")]
mod stack;

use std::error::Error;
use std::fs;
use std::io::{Read, Write, stdin, stdout};
use std::thread;

use stack::{PASSWORD, Part, Stack, USER};
use tokio::runtime::Builder;
use tokio::signal::ctrl_c;
use tokio::sync::oneshot;

fn main() -> Result<(), Box<dyn Error>> {
    let stack = Stack::start(Part::ALL)?;
    let config = stack.directory().join("wardroom.toml");
    fs::write(&config, stack.config("5s"))?;
    let [first, second] = stack.alertmanagers();
    writeln!(
        stdout(),
        "prometheus     {}\nprometheus B   {}  ({USER} / {PASSWORD}, authority in {})\n\
         alertmanagers  {first}  {second}\nhomelab        {}/control\n\
         files, logs    {}\n\n  cargo run -- --config {}\n\nCtrl-C or the end of the input stops it all.",
        stack.prometheus(),
        stack.secure_prometheus(),
        stack.authority_file().display(),
        stack.lab_address(),
        stack.directory().display(),
        config.display(),
    )?;
    let (ended, end_of_input) = oneshot::channel();
    thread::spawn(move || {
        let _read = stdin().read_to_end(&mut Vec::new());
        ended.send(())
    });
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = end_of_input => {}
        }
    });
    drop(stack);
    Ok(())
}
