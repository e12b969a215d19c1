//! Turns errors and panics into a [`Failure`], at the one place of each thread where work begins.

use crate::{failure::Failure, nn};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs work; an error or a panic comes back as a failure.
pub fn guarded<T>(work: impl FnOnce() -> anyhow::Result<T>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match Failure::of(&error) {
            Failure::Said(text) => said(&text),
            failure => failure,
        }),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_else(|| "Something broke without a word.".into());
            Err(said(&text))
        }
    }
}

/// The first line that says something, without libtorch's wrapping: its errors carry pages of its own call stack. They have no kinds
/// either, so that a full device can only be recognised by the words of the message.
fn said(text: &str) -> Failure {
    if nn::is_out_of_memory(text) {
        return Failure::OutOfMemory;
    }
    let text = match text.find("Torch(\"") {
        Some(at) => &text[at + 7..],
        None => text,
    };
    let line = text.split("\\n").next().unwrap_or(text).lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or(text);
    Failure::Said(line.chars().take(400).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_an_error_and_a_torch_error_are_one_line_each() {
        assert_eq!(guarded::<()>(|| panic!("no {}", 1)).unwrap_err(), "no 1".into());
        assert_eq!(guarded::<()>(|| Err(anyhow::anyhow!("a").context("b"))).unwrap_err(), "b: a".into());
        let torch = guarded::<()>(|| {
            let _ = tch_like("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)");
            Ok(())
        });
        assert!(torch.unwrap_err().to_string().starts_with("mat1 and mat2"));
        let full = guarded(|| {
            Ok(tch_like("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8 GiB"))
        });
        assert_eq!(full.unwrap_err(), Failure::OutOfMemory);
    }

    fn tch_like(text: &str) -> u8 {
        panic!("called `Result::unwrap()` on an `Err` value: Torch(\"{text}\\nException raised from meta at …\")")
    }
}
