//! A sign of life on a terminal, for what takes more than a second; elsewhere one line, for what takes long.

use std::{
    io::{self, IsTerminal, Write},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What is quicker than this is not worth a word.
const PATIENCE: Duration = Duration::from_secs(1);
/// After so long a pipeline's log is told too, once: whoever reads it would think that everything hangs.
const LONG: Duration = Duration::from_secs(15);
/// How often the seconds are counted.
const TICK: Duration = Duration::from_millis(500);

/// Says on standard error what is being waited for, until it is dropped.
pub(crate) struct Progress {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to wait for `what`, such as `asking registry.acme.dev`.
    pub(crate) fn of(what: &str) -> Self {
        Self::with(what, String::new)
    }

    /// The same, and what is waited for in particular, as it changes.
    pub(crate) fn with(what: &str, now: impl Fn() -> String + Send + 'static) -> Self {
        let what = crate::report::printable(what).into_owned();
        let what = move || match now() {
            now if now.is_empty() => what.clone(),
            now => format!("{what}: {}", crate::report::printable(&now)),
        };
        let (end, ended) = mpsc::channel::<()>();
        if !io::stderr().is_terminal() {
            let thread = thread::spawn(move || {
                if ended.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
                    write(&format!("still {}, after {} s\n", what(), LONG.as_secs()));
                }
            });
            return Self { end: Some(end), thread: Some(thread) };
        }
        let thread = thread::spawn(move || {
            let start = Instant::now();
            let mut patience = PATIENCE;
            while ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                patience = TICK;
                write(&format!("\r\u{1b}[K{} … {} s", what(), start.elapsed().as_secs()));
            }
            if start.elapsed() >= PATIENCE {
                write("\r\u{1b}[K");
            }
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
