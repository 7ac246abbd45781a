//! What a run takes from its surroundings: the time, passwords, credentials, and the wish to stop.

use crate::{
    args::{Network, PasswordArgs},
    budget,
    error::Result,
    input,
    password::PasswordSource,
};
use bulla_transport::{Cancel, Credentials, Options, Place, Store};
use bulla_verify::Time;
use std::{
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::{SystemTime, UNIX_EPOCH},
};
use zeroize::Zeroizing;

/// The surroundings of a run.
#[derive(Clone)]
pub(crate) struct Session {
    /// Known to `quickstart`, asked for otherwise.
    password: Option<Zeroizing<String>>,
    credentials: Credentials,
}

impl Session {
    /// The machine as it is.
    pub(crate) fn outside() -> Self {
        Self { password: None, credentials: Credentials::from_environment() }
    }

    /// A run that takes nothing from the machine: nobody is asked for a password, and no login is used.
    pub(crate) fn closed(password: Zeroizing<String>) -> Self {
        Self { password: Some(password), credentials: Credentials::none() }
    }

    /// Where a key's password comes from.
    pub(crate) fn password(&self, args: &PasswordArgs) -> PasswordSource {
        match &self.password {
            Some(password) => PasswordSource::Known(password.clone()),
            None => PasswordSource::Outside(args.clone()),
        }
    }

    /// Opens a place. From here on Ctrl-C ends what is under way in order; a second one ends everything at once.
    pub(crate) fn open(&self, place: &Place, network: &Network) -> Result<Box<dyn Store>> {
        let ca = network.ca.as_deref().map(|path| input::read(path, budget::TRUST_BYTES, "a file of authorities"));
        let options = Options {
            plain_http: network.plain_http,
            ca: ca.transpose()?.unwrap_or_default(),
            deadline: network.timeout,
            credentials: self.credentials.clone(),
            cancel: cancel_on_interrupt(),
        };
        Ok(bulla_transport::open(place, &options)?)
    }
}

/// The time by this machine's clock.
pub(crate) fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_unix(i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX))
}

/// A flag that the first Ctrl-C raises. Without it (nothing open yet), Ctrl-C ends the process as always.
fn cancel_on_interrupt() -> Cancel {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        use signal_hook::{consts, flag};
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
