//! A sandbox's journal of any records, with the right checksums, and an end of any bytes: it starts or says why not, and what
//! it has read it reads again.
#![no_main]

use bulla_fuzz::journal_of;
use bulla_sandbox::{Config, Sandbox, SandboxConfig};
use std::{path::PathBuf, sync::LazyLock};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("bulla-fuzz-journal-{}", std::process::id()));
    // With keys, which are not made anew each time.
    drop(start(&path).expect("a sandbox"));
    path
});

fn start(path: &std::path::Path) -> std::io::Result<Sandbox> {
    let registry = Config { capacity: 1 << 20, ..Config::with_referrers() };
    Sandbox::start(SandboxConfig { dir: Some(path.to_owned()), registry, ..SandboxConfig::default() })
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = &*FOLDER;
    std::fs::write(folder.join("journal"), journal_of(bytes)).expect("a file");
    let Ok(sandbox) = start(folder) else { return };
    let logged = sandbox.logged();
    drop(sandbox);
    assert_eq!(start(folder).expect("what was read is read again").logged(), logged);
});
