//! Classes as rows of weights: those that codes ask for, and those of a batch.

use super::batch::Batch;
use crate::{
    latent::Code,
    nn::{self, Device, Tensor},
    spec::DataShape,
};
use anyhow::{Context, Result, ensure};

/// Accepts data with classes: [`super::Family::fits`] of a class-conditional family.
pub fn needed(shape: &DataShape) -> Result<(), String> {
    if shape.classes >= 2 {
        return Ok(());
    }
    Err("It draws pictures of the class asked for, so it needs data with classes: a folder with a sub-folder for each, or a labelled set.".into())
}

/// The weights of the classes that a code asks for, which sum to 1. A code that asks for none gets the class that its noise seed picks,
/// because an equal blend of all classes looks like none of them.
pub fn asked(code: &Code, classes: usize) -> Result<Vec<f32>> {
    let mut row = vec![0.0; classes];
    for &(class, weight) in &code.classes {
        let place = row.get_mut(class as usize);
        *place.with_context(|| format!("There is no class {class}; there are {classes}, numbered from 0."))? += weight;
    }
    let sum: f32 = row.iter().sum();
    if sum.is_finite() && sum > 1e-6 {
        for weight in &mut row {
            *weight /= sum;
        }
    } else if classes > 0 {
        row.fill(0.0);
        row[(code.noise_seed % classes as u64) as usize] = 1.0;
    }
    Ok(row)
}

/// The weights of the classes that codes ask for, N×K.
pub fn rows(codes: &[Code], classes: usize, device: Device) -> Result<Tensor> {
    let flat: Vec<f32> = codes.iter().map(|code| asked(code, classes)).collect::<Result<Vec<_>>>()?.concat();
    Ok(Tensor::f_from_slice(&flat)?.f_view([codes.len() as i64, classes as i64])?.f_to_device(device)?)
}

/// The classes of a batch's pictures as one-hot rows, N×K.
pub fn of_batch(batch: &Batch, classes: usize, device: Device) -> Result<Tensor> {
    let labels = batch.labels.as_ref().context("The pictures carry no classes, and this family needs them.")?;
    ensure!(labels.len() == batch.count(), "There are not as many classes as pictures.");
    Ok(nn::one_hot(labels, classes, device))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ask_for_classes_by_weight_or_leave_them_to_the_seed() {
        let code = |classes: &[(u32, f32)]| Code { classes: classes.to_vec(), ..Code::from_seed(7, 1) };
        assert_eq!(asked(&code(&[(2, 1.0)]), 3).unwrap(), [0.0, 0.0, 1.0]);
        assert_eq!(asked(&code(&[(0, 1.0), (2, 3.0)]), 3).unwrap(), [0.25, 0.0, 0.75]);
        assert_eq!(asked(&code(&[]), 3).unwrap(), [0.0, 1.0, 0.0], "7 mod 3");
        assert_eq!(asked(&code(&[(2, 0.0)]), 3).unwrap(), [0.0, 1.0, 0.0], "no weight asks for nothing");
        let why = asked(&code(&[(3, 1.0)]), 3).unwrap_err().to_string();
        assert_eq!(why, "There is no class 3; there are 3, numbered from 0.");
        assert!(needed(&DataShape { classes: 2, ..DataShape::default() }).is_ok());
        assert!(needed(&DataShape::default()).unwrap_err().ends_with('.'));
    }
}
