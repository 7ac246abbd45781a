//! What a run takes from its surroundings: the time, passwords, credentials, and the wish to stop.

use crate::{
    args::{Network, PasswordArgs},
    budget,
    error::{Failure, Result},
    input,
    password::PasswordSource,
    signals,
};
use bulla_transport::{Credentials, Options, Place, Store};
use bulla_verify::Time;
use std::{
    path::PathBuf,
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

    /// The file that an environment variable names; an empty one names none. A closed run takes nothing from there.
    ///
    /// # Errors
    /// One that names the variable, if the file is not there: who runs this has not typed it.
    pub(crate) fn file_named_by(&self, variable: &str) -> Result<Option<PathBuf>> {
        let value = std::env::var_os(variable).filter(|value| !value.is_empty() && self.password.is_none());
        match value.map(PathBuf::from) {
            Some(path) if path.symlink_metadata().is_err() => {
                let message = format!("`{variable}` names `{}`, and no such file is there", path.display());
                Err(Failure::unknown("file-not-found", message)
                    .hint(format!("unset {variable}, or start again what has made the file (`bulla sandbox`)")))
            }
            named => Ok(named),
        }
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
        if network.offline && matches!(place, Place::Registry(_)) {
            return Err(Failure::unknown(
                "offline",
                format!("`{place}` is in a registry, and `--offline` asks nobody"),
            )
            .hint("name a layout (`oci:dir`), or a digest and its bundle: `sha256:… --bundle FILE`"));
        }
        Ok(bulla_transport::open(place, &self.manner(network)?)?)
    }

    /// How whoever is asked is asked. Under `--offline` nobody is: whoever needs this says so instead.
    pub(crate) fn options(&self, network: &Network) -> Result<Options> {
        if network.offline {
            let message = "somebody would have to be asked, and `--offline` asks nobody";
            return Err(Failure::unknown("offline", message).hint("leave it out"));
        }
        self.manner(network)
    }

    fn manner(&self, network: &Network) -> Result<Options> {
        let ca = network.ca.as_deref().map(|path| input::read(path, budget::TRUST_BYTES, "a file of authorities"));
        Ok(Options {
            plain_http: network.plain_http,
            ca: ca.transpose()?.unwrap_or_default(),
            deadline: network.timeout,
            credentials: self.credentials.clone(),
            cancel: signals::cancel(),
        })
    }
}

/// The time by this machine's clock.
pub(crate) fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_unix(i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX))
}
