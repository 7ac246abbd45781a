//! A sandbox in a folder, until standard input ends: `cargo run -p bulla-sandbox --example serve -- DIR [milliseconds]`, where
//! the second is the interval of checkpoints.

use bulla_sandbox::{CheckpointPolicy, Sandbox, SandboxConfig};
use std::{io::Read as _, time::Duration};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let dir = arguments.next().map(Into::into);
    let interval = arguments.next().and_then(|text| text.to_str()?.parse().ok()).map(Duration::from_millis);
    let checkpoints = interval.map_or(CheckpointPolicy::EachEntry, CheckpointPolicy::Every);
    let _sandbox = Sandbox::start(SandboxConfig { dir, checkpoints, ..SandboxConfig::default() })?;
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
