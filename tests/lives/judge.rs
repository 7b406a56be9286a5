//! What must hold of every life when it is over, whatever happened in it.

use crate::world::{Ending, Life, Service, World};
use std::collections::BTreeMap;
use upslice::core::{ErrorCode, Numbers, Sizes, UploadId};

/// A life and those before it, which reloads ended.
fn chain<S: Service>(world: &World<S>, id: UploadId) -> Vec<&Life<S::Gift>> {
    let first = Some(world.life(id));
    std::iter::successors(first, |life| life.before.map(|before| world.life(before))).collect()
}

/// Lives that no reload has ended.
pub(crate) fn last<S: Service>(world: &World<S>) -> impl Iterator<Item = (UploadId, &Life<S::Gift>)> {
    world.lives.iter().filter(|(_, life)| !life.gone).map(|(id, life)| (*id, life))
}

/// With no more faults than there are attempts, everything is stored in the end, or nobody can know.
pub(crate) fn is_stored_or_cannot_be_told<S: Service>(world: &World<S>, id: UploadId) {
    let life = world.life(id);
    if life.is_stored() {
        return;
    }
    let rules = world.service.rules();
    let error = life.error().unwrap_or_else(|| panic!("{id:?} has no ending"));
    let can_be_told = rules.verifies || rules.watches || (rules.inspects && world.store.idempotent);
    let unproven = error.code == ErrorCode::Unproven;
    assert!(unproven && !can_be_told, "{id:?}: the faults were too many: {:?} {}", error.code, error.message);
}

/// Nothing is sent twice but what a fault, a cut or a reload has cost.
pub(crate) fn wastes_nothing<S: Service>(world: &World<S>, id: UploadId) {
    let rules = world.service.rules();
    let lives = chain(world, id);
    // A session that is given up costs everything that was in it.
    let anew = lives.iter().any(|life| life.restarts > 0) || rules.numbers == Numbers::Once;
    // What was stored and never reported is not listed, nor is what a session lost when its size was told anew.
    let unlisted = rules.settling.is_some() && !world.store.lists_unreported;
    if anew
        || unlisted
        || (rules.sizes == Sizes::Theirs && lives.len() > 1 && lives.iter().any(|life| life.sessions.len() > 1))
    {
        return;
    }
    let sent: usize = lives.iter().map(|life| life.sends.len()).sum();
    let cost: usize = lives
        .iter()
        .map(|life| life.failed_sends + life.cut_sends + life.lost_by_reload + life.alone + life.probes)
        .sum();
    let most = lives[0].plan.parts() as usize + cost + world.staled;
    assert!(sent <= most, "{id:?}: {sent} parts were sent, at most {most} had to be");
}

/// What is over without a rest has left nothing behind.
pub(crate) fn leaves_nothing<S: Service>(world: &World<S>) {
    let left = world.lives.values().filter(|life| life.over.as_ref().is_none_or(Option::is_some)).count();
    // A session that was given up is removed if it can be, or told of in the end; the one that follows does not depend on it.
    let unsure = world.lives.values().filter(|life| life.over != Some(None));
    let given_up: usize = unsure.map(|life| life.restarts as usize).sum();
    let open = world.store.told_and_open();
    assert!(open.len() <= left + given_up, "{open:?} are still open, {left} uploads say that they left something");
    for (id, life) in last(world) {
        // One that was given up and could not be removed is counted above.
        let session = life.session.as_ref();
        let is_open = session.is_some_and(|session| open.contains(&session.as_str()));
        assert!(life.over != Some(None) || !is_open, "{id:?} says that nothing is left of {session:?}");
        if let (Some(Ending::Stored { .. }), Some(Some(left)), 0) = (&life.ending, &life.over, life.restarts) {
            panic!("a success left something: {left}");
        }
    }
}

/// One upload makes one object, unless a page went while it was being made.
pub(crate) fn is_stored_once<S: Service>(world: &World<S>) {
    let mut objects: BTreeMap<&str, UploadId> = BTreeMap::new();
    for (id, life) in last(world).filter(|(_, life)| life.is_stored()) {
        let session = life.session.as_ref().unwrap_or_else(|| panic!("{id:?} is stored in no session"));
        let other = objects.insert(session, id);
        assert!(other.is_none(), "{id:?} and {other:?} are one object: {session:?}");
    }
}
