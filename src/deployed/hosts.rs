//! Connections to hosts, one each.

use crate::world::{Host, HostError, Place, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Connections to hosts, one each, shared by everything in a run.
pub struct Hosts<'w> {
    world: &'w dyn World,
    open: BTreeMap<Place, Rc<RefCell<Box<dyn Host>>>>,
}

impl<'w> Hosts<'w> {
    /// No connection yet.
    pub fn new(world: &'w dyn World) -> Self {
        Self { world, open: BTreeMap::new() }
    }

    /// The connection to a host, made when it is asked for first.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn get(&mut self, place: &Place) -> Result<Rc<RefCell<Box<dyn Host>>>, HostError> {
        if let Some(host) = self.open.get(place) {
            return Ok(Rc::clone(host));
        }
        let host = Rc::new(RefCell::new(self.world.host(place)?));
        self.open.insert(place.clone(), Rc::clone(&host));
        Ok(host)
    }
}
