//! Ctrl-C, and the other signals that end a process: what has to be undone first, and what may end in order instead.

pub(crate) use watched::{Undo, cancel, interrupted, undo};

#[cfg(unix)]
mod watched {
    use bulla_transport::Cancel;
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        iterator::{Handle, Signals},
        low_level::emulate_default_handler,
    };
    use std::{
        sync::{
            Arc, Mutex, MutexGuard, OnceLock, PoisonError,
            atomic::{AtomicBool, Ordering},
            mpsc,
        },
        thread,
    };

    /// What is done before a signal ends the process, for as long as this is held.
    pub(crate) struct Undo {
        id: usize,
    }

    struct State {
        undo: Vec<(usize, Box<dyn Fn() + Send>)>,
        made: usize,
        cancel: Option<Arc<AtomicBool>>,
    }

    static STATE: Mutex<State> = Mutex::new(State { undo: Vec::new(), made: 0, cancel: None });

    /// Does `action` if a signal ends the process, and then lets it end as always.
    pub(crate) fn undo(action: impl Fn() + Send + 'static) -> Undo {
        let mut state = state();
        state.made += 1;
        let id = state.made;
        state.undo.push((id, Box::new(action)));
        drop(state);
        if let Some(signals) = watch() {
            // A terminal that is closed ends a process, too.
            let _ = signals.add_signal(SIGHUP);
        }
        Undo { id }
    }

    impl Drop for Undo {
        fn drop(&mut self) {
            state().undo.retain(|(id, _)| *id != self.id);
        }
    }

    /// A flag that the first signal raises, where nothing has to be undone; a second one ends everything at once.
    pub(crate) fn cancel() -> Cancel {
        let flag = Arc::clone(state().cancel.get_or_insert_default());
        watch();
        Cancel::from(flag)
    }

    /// Ends as Ctrl-C does, for who has read it as a letter.
    pub(crate) fn interrupted() {
        let _ = emulate_default_handler(SIGINT);
    }

    fn state() -> MutexGuard<'static, State> {
        STATE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to watch, once. Where that fails, a signal ends the process as always.
    fn watch() -> Option<&'static Handle> {
        static WATCHED: OnceLock<Option<Handle>> = OnceLock::new();
        let begin = || {
            let (ready, begun) = mpsc::channel();
            let watcher = move || {
                let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
                let _ = ready.send(signals.handle());
                signals.forever().for_each(arrived);
            };
            thread::Builder::new().spawn(watcher).ok()?;
            begun.recv().ok()
        };
        WATCHED.get_or_init(begin).as_ref()
    }

    fn arrived(signal: i32) {
        // Held to the end: whoever would stop to hold an `Undo` now waits.
        let state = state();
        if state.undo.is_empty()
            && let Some(flag) = &state.cancel
            && !flag.swap(true, Ordering::SeqCst)
        {
            return;
        }
        state.undo.iter().for_each(|(_, action)| action());
        let _ = emulate_default_handler(signal);
    }
}

/// Elsewhere the first Ctrl-C cancels what is under way, and nothing is undone.
#[cfg(not(unix))]
mod watched {
    use bulla_transport::Cancel;
    use signal_hook::{consts, flag};
    use std::sync::{Arc, OnceLock, atomic::AtomicBool};

    /// Nothing.
    pub(crate) struct Undo;

    /// Nothing is done.
    pub(crate) fn undo(_: impl Fn() + Send + 'static) -> Undo {
        Undo
    }

    /// A flag that the first signal raises; a second one ends everything at once.
    pub(crate) fn cancel() -> Cancel {
        static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
        let flag = FLAG.get_or_init(|| {
            let raised = Arc::new(AtomicBool::new(false));
            for signal in [consts::SIGINT, consts::SIGTERM] {
                // In this order: the second signal finds the flag raised by the first. Without them, Ctrl-C stays deadly.
                let _ = flag::register_conditional_default(signal, Arc::clone(&raised));
                let _ = flag::register(signal, Arc::clone(&raised));
            }
            raised
        });
        Cancel::from(Arc::clone(flag))
    }

    /// Nothing: the caller says it.
    pub(crate) fn interrupted() {}
}
