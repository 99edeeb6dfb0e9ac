//! A place among the runs that an instance works on at once.

use store::OrgId;

use super::Engine;

/// A place that is given back unless somebody takes it over, also when the request that waited for the
/// run to be stored is cut off.
pub(super) struct Room<'a> {
    engine: &'a Engine,
    org: OrgId,
    is_handed_over: bool,
}

impl<'a> Room<'a> {
    /// `None`: all places are taken.
    pub(super) fn take(engine: &'a Engine, org: OrgId) -> Option<Self> {
        engine.take_room(org).then_some(Self {
            engine,
            org,
            is_handed_over: false,
        })
    }

    /// The run has it now, and gives it back at its end.
    pub(super) fn hand_over(mut self) {
        self.is_handed_over = true;
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if !self.is_handed_over {
            self.engine.give_room(self.org);
        }
    }
}
