//! The same question about many images, each asked once however often it is used.

use bulla_policy::Name;
use bulla_transport::{Error, Options, Place, Store, open, parallel, resolve};
use bulla_verify::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What was decided about one of many, shared among those that are the same.
pub type Answer<T> = Result<Arc<T>, Arc<Error>>;

/// Decides about every image that `places` name, side by side; the answers come in the places' order, and one that fails spoils no
/// other. Each distinct place is resolved once, and each digest of a repository decided about once, also if several tags point at
/// it. Each place has all of the options' deadline, from when its turn comes.
///
/// `decide` is [`crate::check`], with what is demanded; it is told the name and the digest, and not the tag, since a tag is
/// worth no more than what it was resolved to.
pub fn check_all<T: Send + Sync>(
    places: &[Place],
    options: &Options,
    decide: impl Fn(&dyn Store, Name, &Digest) -> Result<T, Error> + Sync,
) -> Vec<Answer<T>> {
    let mut distinct = Vec::new();
    let mut known = HashMap::new();
    let mut index_of = |place| {
        *known.entry(Place::to_string(place)).or_insert_with(|| {
            distinct.push(place);
            distinct.len() - 1
        })
    };
    let indexes: Vec<usize> = places.iter().map(&mut index_of).collect();
    let decided = Mutex::new(HashMap::new());
    let answers = parallel::each(&distinct, |place| one(place, options, &decide, &decided).map_err(Arc::new)?);
    indexes.into_iter().filter_map(|index| answers.get(index).cloned()).collect()
}

/// By repository and digest; whoever comes second waits for the first.
type Decided<T> = Mutex<HashMap<(String, Digest), Arc<OnceLock<Answer<T>>>>>;

fn one<T>(
    place: &Place,
    options: &Options,
    decide: &impl Fn(&dyn Store, Name, &Digest) -> Result<T, Error>,
    decided: &Decided<T>,
) -> Result<Answer<T>, Error> {
    let store = open(place, options)?;
    let digest = resolve(store.as_ref(), place)?;
    let cell = {
        let mut decided = decided.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(decided.entry((store.name(), digest)).or_default())
    };
    Ok(cell.get_or_init(|| decide(store.as_ref(), crate::name(place), &digest).map(Arc::new).map_err(Arc::new)).clone())
}
