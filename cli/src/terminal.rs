//! The terminal itself: how wide it is, and that it shows again what is typed.

use crate::signals;

/// Narrower than this, nothing is made to fit: the terminal breaks the lines.
const NARROWEST: usize = 20;

/// How many columns help may take: those of the terminal, or as `COLUMNS` says; nothing if neither knows.
pub(crate) fn columns() -> Option<usize> {
    let said = || std::env::var("COLUMNS").ok()?.trim().parse().ok();
    measured().or_else(said).filter(|columns| *columns > 0).map(|columns: usize| columns.max(NARROWEST))
}

/// How many columns the terminal has, if there is one. `terminal_size`, which clap asks, knows none where the height is
/// unknown, as in what `script` opens.
#[cfg(unix)]
pub(crate) fn measured() -> Option<usize> {
    use rustix::termios::tcgetwinsize;
    let sizes = [tcgetwinsize(std::io::stdout()), tcgetwinsize(std::io::stderr()), tcgetwinsize(std::io::stdin())];
    let size = sizes.into_iter().find_map(Result::ok)?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// How many columns the terminal has, if there is one.
#[cfg(not(unix))]
pub(crate) fn measured() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
}

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
