//! Which device the engine's threads calculate on; a person may change it while they run.

use crate::nn::{self, Device, DeviceChoice};
use anyhow::Result;
use std::sync::{Arc, Mutex, PoisonError};

/// The choice, shared by all threads. A run takes it when it begins, players with the next picture.
#[derive(Clone, Default)]
pub struct Chosen(Arc<Mutex<DeviceChoice>>);

impl Chosen {
    /// Begins with this choice.
    pub fn new(choice: DeviceChoice) -> Self {
        Self(Arc::new(Mutex::new(choice)))
    }

    /// Chooses another; what runs now stays where it is.
    pub fn set(&self, choice: DeviceChoice) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = choice;
    }

    fn get(&self) -> DeviceChoice {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where to train: what was asked for, or one sentence.
    pub fn to_train(&self) -> Result<Device> {
        self.get().resolve()
    }

    /// Where to play: what was asked for, or the processor. Pictures are worth more than an error that the next start of a run
    /// will say anyway.
    pub fn to_play(&self) -> Device {
        self.get().resolve().unwrap_or(Device::Cpu)
    }
}

/// The line for the log when a run goes on elsewhere than it began.
pub fn moved(begun: &str, device: Device) -> Option<String> {
    let now = nn::device_word(device);
    (begun != now).then(|| {
        format!("This run was begun on {begun} and goes on on {now}, so its numbers may differ a little from those of a straight run.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_fall_back_to_the_processor_and_runs_do_not() {
        let chosen = Chosen::new(DeviceChoice::Cuda(999));
        assert_eq!(chosen.to_play(), Device::Cpu);
        assert!(chosen.to_train().unwrap_err().to_string().starts_with("There is no device cuda:999 here;"));
        chosen.clone().set(DeviceChoice::Cpu);
        assert_eq!(chosen.to_train().unwrap(), Device::Cpu, "all hold the same choice");
    }

    #[test]
    fn a_run_that_moves_says_so() {
        assert_eq!(moved("cpu", Device::Cpu), None);
        let line = moved("cpu", Device::Cuda(1)).unwrap();
        assert!(line.contains("begun on cpu and goes on on cuda:1"), "{line}");
    }
}
