//! What goes into networks and comes out of them, row by row: latents and classes of codes, measured numbers.

use super::Scalar;
use crate::{
    latent::Code,
    nn::{Device, Kind, Tensor},
};
use anyhow::{Result, ensure};

/// The latents of codes, each scaled by its truncation, as N×`z_dim`, 32-bit. An error if one has another length.
pub fn latents(codes: &[Code], z_dim: i64, device: Device) -> Result<Tensor> {
    let mut flat = Vec::with_capacity(codes.len() * z_dim as usize);
    for code in codes {
        let length = code.z.len();
        ensure!(length as i64 == z_dim, "The latent has {length} numbers where {z_dim} are needed.");
        flat.extend(code.z.iter().map(|v| v * code.psi));
    }
    Ok(Tensor::f_from_slice(&flat)?.view([codes.len() as i64, z_dim]).to_device(device))
}

/// The classes of codes as N×`classes` rows, each with a sum of 1, 32-bit. A code that asks for none gets the one that its noise seed
/// chooses. An error if a class is not among them.
pub fn classes(codes: &[Code], classes: usize, device: Device) -> Result<Tensor> {
    let mut flat = vec![0f32; codes.len() * classes];
    for (code, row) in codes.iter().zip(flat.chunks_exact_mut(classes)) {
        let sum: f32 = code.classes.iter().map(|c| c.1).sum();
        for &(class, weight) in &code.classes {
            ensure!((class as usize) < classes, "There is no class {class}; there are {classes}, counted from 0.");
            if sum > 0.0 {
                row[class as usize] += weight / sum;
            }
        }
        if sum <= 0.0 {
            row.fill(0.0);
            row[(code.noise_seed % classes as u64) as usize] = 1.0;
        }
    }
    Ok(Tensor::f_from_slice(&flat)?.view([codes.len() as i64, classes as i64]).to_device(device))
}

/// Tensors of one number each with their names; one wait for the device for all of them.
pub fn scalars(measured: &[(&'static str, &Tensor)]) -> Result<Vec<Scalar>> {
    let values: Vec<Tensor> = measured.iter().map(|(_, t)| t.detach().to_kind(Kind::Float).reshape([1])).collect();
    let numbers: Vec<f32> = Vec::try_from(Tensor::cat(&values, 0))?;
    Ok(measured.iter().map(|(name, _)| *name).zip(numbers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_rows() {
        let code = |classes: Vec<(u32, f32)>, noise_seed| Code {
            z: vec![1.0, -2.0],
            psi: 0.5,
            classes,
            noise_seed,
            ..Code::default()
        };
        let all =
            [code(vec![(1, 1.0)], 0), code(vec![(0, 1.0), (2, 3.0)], 0), code(vec![], 5), code(vec![(1, 0.0)], 3)];
        let flat = |t: Tensor| Vec::<f32>::try_from(t.reshape([-1])).unwrap();
        assert_eq!(flat(latents(&all[..2], 2, Device::Cpu).unwrap()), [0.5, -1.0, 0.5, -1.0]);
        assert!(latents(&all, 3, Device::Cpu).unwrap_err().to_string().contains("2 numbers where 3"));
        let wanted = [0.0, 1.0, 0.0, 0.25, 0.0, 0.75, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        assert_eq!(flat(classes(&all, 3, Device::Cpu).unwrap()), wanted);
        assert!(classes(&[code(vec![(3, 1.0)], 0)], 3, Device::Cpu).unwrap_err().to_string().contains("class 3"));
    }

    #[test]
    fn measured_numbers_keep_their_names() {
        let (a, b) = (Tensor::from(1.5f32), Tensor::from_slice(&[2.0f64]));
        assert_eq!(scalars(&[("a", &a), ("b", &b)]).unwrap(), [("a", 1.5), ("b", 2.0)]);
    }
}
