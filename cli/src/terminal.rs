//! The terminal itself: that it shows again what is typed.

use crate::signals;

/// While it is held, a signal that ends the process leaves the terminal as it is now.
#[cfg(unix)]
pub(crate) fn restored_on_signal() -> Option<signals::Undo> {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let as_it_is = tcgetattr(&terminal).ok()?;
    Some(signals::undo(move || {
        let _ = tcsetattr(&terminal, OptionalActions::Now, &as_it_is);
    }))
}

/// Elsewhere a terminal is set for one program alone.
#[cfg(not(unix))]
pub(crate) fn restored_on_signal() -> Option<signals::Undo> {
    None
}
