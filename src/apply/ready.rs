//! Runs the steps of all targets: all are made ready before the first is switched to.

use super::engine::{Around, Run, Stop};

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Everything was done.
    Done,
    /// Nothing has changed, and why.
    Nothing(String),
    /// Something had changed and was taken back, and why.
    Returned(String),
    /// Some targets have changed and others have not, or a change is not finished, and why. Each map
    /// is wholly in one of its planned states.
    InPart(String),
}

/// Targets of which every step is ready. What was not switched to goes when this does.
pub struct Ready<'r, 'a> {
    runs: &'r mut [Run<'a>],
    /// What was there, where much time may pass before a target is switched.
    stamps: Vec<[Vec<u8>; 2]>,
    /// How many of them were switched.
    switched: usize,
    /// Whether any of those has changed.
    changed: bool,
}

impl<'r, 'a> Ready<'r, 'a> {
    /// Keeps what is in force, and makes every step ready.
    ///
    /// # Errors
    ///
    /// Why that cannot be done, in a phrase; nothing in force has changed.
    pub fn new(runs: &'r mut [Run<'a>]) -> Result<Self, String> {
        for at in 0..runs.len() {
            if let Err(why) = runs[at].prepare() {
                let target = runs[at].target.clone();
                runs[..=at].iter_mut().for_each(Run::tidy);
                return Err(format!("target `{target}`: {why}"));
            }
        }
        Ok(Self { runs, stamps: Vec::new(), switched: 0, changed: false })
    }

    /// Remembers what is there: targets whose maps somebody else changes before they are switched to stay
    /// as they are.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, in a phrase.
    pub fn watch(&mut self) -> Result<(), String> {
        let stamp = |run: &mut Run<'_>| {
            run.stamps().map_err(|why| format!("target `{}`: {why}", run.target))
        };
        self.stamps = self.runs.iter_mut().map(stamp).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Switches the next targets, `count` at most.
    ///
    /// `tell` gets a line for each thing that was done; `pause` lets some seconds pass.
    pub fn switch(
        &mut self,
        count: usize,
        tell: &mut dyn FnMut(&str),
        pause: &dyn Fn(u32),
    ) -> Ending {
        let around = &mut Around { tell, pause };
        for (at, run) in self.runs.iter_mut().enumerate().skip(self.switched).take(count) {
            let target = run.target.clone();
            let as_it_was = match self.stamps.get(at).map(|stamps| (run.stamps(), stamps)) {
                None => Ok(()),
                Some((Ok(now), then)) if now == *then => Ok(()),
                Some((Ok(_), _)) => Err("somebody else has changed its maps meanwhile".to_owned()),
                Some((Err(why), _)) => Err(why),
            };
            let as_it_was = as_it_was.map_err(|why| Stop { why, began: false });
            match as_it_was.and_then(|()| run.switch(around)) {
                Ok(()) => {
                    self.switched += 1;
                    self.changed |= !run.steps.is_empty();
                }
                Err(Stop { why, began: false }) if !self.changed => {
                    run.forget();
                    return Ending::Nothing(format!("target `{target}`: {why}"));
                }
                Err(Stop { why, began: true }) if !self.changed && run.take_back(around) => {
                    return Ending::Returned(format!("target `{target}`: {why}"));
                }
                Err(Stop { why, .. }) => {
                    return Ending::InPart(format!("target `{target}`: {why}"));
                }
            }
        }
        Ending::Done
    }

    /// Takes back all targets that were switched, the last one first. Those that had nothing to change
    /// stay as they are.
    ///
    /// # Errors
    ///
    /// The name of a target that is not as it was before. Each of its maps is wholly in one of its
    /// planned states, and the next apply goes on.
    pub fn take_back(
        &mut self,
        tell: &mut dyn FnMut(&str),
        pause: &dyn Fn(u32),
    ) -> Result<(), String> {
        let around = &mut Around { tell, pause };
        for run in self.runs[..self.switched].iter_mut().rev() {
            if run.steps.is_empty() {
                // At most the record of what is ours is another one.
                run.forget();
            } else if !run.take_back(around) {
                return Err(run.target.clone());
            }
        }
        self.switched = 0;
        self.changed = false;
        Ok(())
    }
}

impl Drop for Ready<'_, '_> {
    fn drop(&mut self) {
        self.runs.iter_mut().for_each(Run::tidy);
    }
}
