//! Where tensors live: the processor or a graphics card, chosen by a word.

use anyhow::{Result, bail};
use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, Once, OnceLock, PoisonError},
};
use tch::{Cuda, Device, Kind, Tensor};

/// What a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first graphics card where there is one that works, else the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The graphics card of this number, counted from 0.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    /// Reads `auto`, `cpu`, `cuda` (the first one) or `cuda:N`; the error is one sentence.
    fn from_str(word: &str) -> Result<Self, String> {
        let wrong = || format!("{word:?} is no device; there are auto, cpu, cuda and cuda:N.");
        match word {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = word.strip_prefix("cuda:").filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
                number.and_then(|n| n.parse().ok()).map(Self::Cuda).ok_or_else(wrong)
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl DeviceChoice {
    /// The device, made ready to calculate on. One sentence when it is not there or does not work.
    pub fn resolve(self) -> Result<Device> {
        let device = self.among(cuda_devices(), || works(0).is_ok())?;
        if let Device::Cuda(number) = device {
            if let Err(why) = works(number) {
                bail!("{} is there but can't be used: {}.", device_word(device), first_line(&why.to_string()));
            }
            prepare();
        }
        Ok(device)
    }

    /// The device on a machine with this number of graphics cards.
    fn among(self, cuda: usize, first_works: impl FnOnce() -> bool) -> Result<Device> {
        match self {
            Self::Auto if cuda > 0 && first_works() => Ok(Device::Cuda(0)),
            Self::Auto | Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) if number < cuda => Ok(Device::Cuda(number)),
            Self::Cuda(_) => {
                bail!("There is no device {self} here; this machine offers {}.", words(cuda).join(", "))
            }
        }
    }
}

/// `cpu` or `cuda:N`, as [`DeviceChoice`] reads it.
pub fn device_word(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        Device::Cpu => "cpu".into(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// What this machine offers: `cpu`, `cuda:0`, …
pub fn device_words() -> Vec<String> {
    words(cuda_devices())
}

fn words(cuda: usize) -> Vec<String> {
    std::iter::once("cpu".to_owned()).chain((0..cuda).map(|n| format!("cuda:{n}"))).collect()
}

/// CUDA devices that libtorch and the driver agree on. Asked once: cards don't come and go.
pub fn cuda_devices() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| if Cuda::is_available() { usize::try_from(Cuda::device_count()).unwrap_or(0) } else { 0 })
}

/// A card that is counted may still be too old for this libtorch, full, or lost to a driver that slept: only a sum tells. Once it did
/// well it is not asked again, since a sum waits for whatever the card is at.
fn works(number: usize) -> Result<(), tch::TchError> {
    static GOOD: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let mut good = GOOD.lock().unwrap_or_else(PoisonError::into_inner);
    if !good.contains(&number) {
        let one = Tensor::f_ones([1], (Kind::Float, Device::Cuda(number)))?;
        one.f_add_scalar(1.0)?.f_double_value(&[0])?;
        good.push(number);
    }
    Ok(())
}

/// Settings of the whole process for CUDA. cuDNN tries its algorithms on each shape once: ours are few and stay. TF32 for 32-bit
/// convolutions is libtorch's own start value; for matrix products it is off, tch has no call for it, and libtorch reads
/// `TORCH_ALLOW_TF32_CUBLAS_OVERRIDE` when it loads, so `main` puts that into the environment.
fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| Cuda::cudnn_set_benchmark(true));
}

/// Whether an error's text says that a device has no memory left: libtorch's own allocator, the driver, cuDNN or cuBLAS.
pub fn is_out_of_memory(text: &str) -> bool {
    const SIGNS: [&str; 4] =
        ["CUDA out of memory", "CUDA error: out of memory", "CUDNN_STATUS_ALLOC_FAILED", "CUBLAS_STATUS_ALLOC_FAILED"];
    SIGNS.iter().any(|sign| text.contains(sign))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_written() {
        for (word, choice, written) in [
            ("auto", DeviceChoice::Auto, "auto"),
            ("cpu", DeviceChoice::Cpu, "cpu"),
            ("cuda", DeviceChoice::Cuda(0), "cuda:0"),
            ("cuda:0", DeviceChoice::Cuda(0), "cuda:0"),
            ("cuda:12", DeviceChoice::Cuda(12), "cuda:12"),
        ] {
            assert_eq!(word.parse(), Ok(choice));
            assert_eq!(choice.to_string(), written);
        }
        for wrong in ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:+1", "cuda:x", "cuda:1 ", "cuda:99999999999999999999"]
        {
            let why = wrong.parse::<DeviceChoice>().unwrap_err();
            assert!(why.contains("there are auto, cpu, cuda and cuda:N."), "{why}");
        }
    }

    #[test]
    fn choices_take_what_is_there_and_say_what_is_not() {
        let take = |choice: DeviceChoice, cuda, works| choice.among(cuda, || works).map_err(|e| e.to_string());
        assert_eq!(take(DeviceChoice::Auto, 0, true), Ok(Device::Cpu));
        assert_eq!(take(DeviceChoice::Auto, 2, true), Ok(Device::Cuda(0)));
        assert_eq!(take(DeviceChoice::Auto, 2, false), Ok(Device::Cpu), "a card that does not work is passed over");
        assert_eq!(take(DeviceChoice::Cpu, 2, true), Ok(Device::Cpu));
        assert_eq!(take(DeviceChoice::Cuda(1), 2, false), Ok(Device::Cuda(1)));
        assert_eq!(
            take(DeviceChoice::Cuda(1), 0, true).unwrap_err(),
            "There is no device cuda:1 here; this machine offers cpu."
        );
        assert_eq!(
            take(DeviceChoice::Cuda(2), 2, true).unwrap_err(),
            "There is no device cuda:2 here; this machine offers cpu, cuda:0, cuda:1."
        );
        assert_eq!(device_word(DeviceChoice::Cpu.resolve().unwrap()), "cpu");
        assert_eq!(device_words().len(), 1 + cuda_devices());
    }

    #[test]
    fn only_a_lack_of_device_memory_is_taken_for_one() {
        for text in [
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB",
            "called `Result::unwrap()` on an `Err` value: Torch(\"CUDA out of memory. Tried to allocate 20.00 MiB\")",
            "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported",
            "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        ] {
            assert!(is_out_of_memory(text), "{text}");
        }
        for text in
            ["CUDA error: unknown error", "no space left on the device", "cuDNN error: CUDNN_STATUS_BAD_PARAM", ""]
        {
            assert!(!is_out_of_memory(text), "{text}");
        }
    }
}
