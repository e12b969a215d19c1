//! What tch lacks, small and tested: devices, data that live on them, flat parameter banks with optimisers and averages, networks
//! as plans with layers and losses, precision, tensors ↔ pictures.

mod attention;
mod augment;
mod average;
mod bank;
mod blocks;
mod device;
mod equalised;
mod feed;
mod growing;
mod layers;
pub mod losses;
mod modulated;
mod net;
mod normalisation;
mod optim;
pub mod penalty;
mod pixels;
mod precision;
mod pyramid;
mod residual;
mod spectral;

pub use attention::Attention;
pub use augment::{Augment, Draw};
pub use average::Ema;
pub use bank::{Bank, Init, Param, Storage, check, to_array, to_tensor};
pub use blocks::{Conv, Embedding, Linear, Mode, Norm, Window, double, one_hot};
pub use device::{DeviceChoice, cuda_devices, device_word, device_words, is_out_of_memory};
pub use equalised::{EqualConv, EqualLinear, RECTIFIED, STRAIGHT};
pub use feed::{Pictures, Store, settle};
pub use growing::{Verdict, halve, minibatch_std, pixel_norm, stretch};
pub use layers::{LEAK, NORM_EPSILON, channels_last, leaky_relu};
pub use modulated::Modulated;
pub use net::{Frozen, Network, Numbers, Plan, Precise};
pub use normalisation::{Normalisation, from_pictures, from_pixels, to_bytes, to_pictures};
pub use optim::{Moments, Optimiser, Rule, norm};
pub use precision::{Precision, bf16_is_fast};
pub use pyramid::{laplacian, laplacian_l1};
pub use residual::{Fall, Rise};
pub use spectral::{Filter, SpectralConv, normalised};
pub use tch::{Device, Kind, Tensor};

/// What this machine and libtorch offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Version of libtorch.
    pub libtorch: String,
    /// CUDA devices that can be used.
    pub cuda_devices: usize,
    /// Whether bf16 is faster than fp32 on this CPU.
    pub bf16: bool,
    /// Intra-op threads of the calling thread.
    pub threads: i32,
}

/// Version of libtorch that this program is built for.
pub const LIBTORCH: &str = "2.11.0";

/// Asks libtorch and the processor.
pub fn facts() -> Facts {
    Facts {
        libtorch: LIBTORCH.into(),
        cuda_devices: cuda_devices(),
        bf16: bf16_is_fast(),
        threads: tch::get_num_threads(),
    }
}

/// Gives the calling thread its number of intra-op threads. Asks for the count first: torch settles a thread's own count when it is
/// first needed, from what any thread set last, and a count set before that is forgotten.
pub fn use_threads(count: usize) {
    let _ = tch::get_num_threads();
    tch::set_num_threads(i32::try_from(count).unwrap_or(1).max(1));
}

/// Intra-op threads of the calling thread.
pub fn threads() -> usize {
    usize::try_from(tch::get_num_threads()).unwrap_or(1)
}

/// Seeds torch's global generator. Only the trainer calls this: it is the only one that draws from it.
pub fn seed_global(seed: u64) {
    tch::manual_seed(seed.cast_signed());
}

/// Gradients are off in the calling thread while the guard lives; on again even after a panic.
pub fn without_gradients() -> tch::NoGradGuard {
    tch::no_grad_guard()
}

/// Bars for what training runs reach, shared with the integration tests.
#[cfg(test)]
#[path = "../../tests/common/bars.rs"]
pub(crate) mod bars;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Barrier};

    #[test]
    fn every_thread_keeps_its_own_count_after_all_have_worked() {
        let gate = Arc::new(Barrier::new(2));
        let work = |count: usize, gate: Arc<Barrier>| {
            move || {
                use_threads(count);
                gate.wait();
                let big = Tensor::ones([256, 256], (Kind::Float, Device::Cpu));
                let _ = big.matmul(&big);
                gate.wait();
                threads()
            }
        };
        let spawn =
            |count, name: &str| std::thread::Builder::new().name(name.into()).spawn(work(count, gate.clone())).unwrap();
        let (trainer, previewer) = (spawn(2, "trainer"), spawn(1, "previewer"));
        assert_eq!((trainer.join().unwrap(), previewer.join().unwrap()), (2, 1));
    }
}
