//! Latents as rows of tensors, and measured scalars as plain numbers.

use super::batch::Scalar;
use crate::{
    latent::{self, Code},
    nn::{Device, Kind, Tensor},
};
use anyhow::{Result, ensure};
use std::borrow::Borrow;

/// The latents of codes as an N×`z_dim` tensor, 32-bit, not scaled by their truncations. An error if one has another length.
pub fn latents(codes: &[Code], z_dim: i64, device: Device) -> Result<Tensor> {
    let mut flat = Vec::with_capacity(codes.len() * z_dim as usize);
    for code in codes {
        let length = code.z.len();
        ensure!(z_dim > 0 || length == 0, "This family has no latent, and a code brought {length} numbers.");
        ensure!(length as i64 == z_dim, "The latent has {length} numbers where {z_dim} are needed.");
        flat.extend_from_slice(&code.z);
    }
    Ok(Tensor::f_from_slice(&flat)?.f_view([codes.len() as i64, z_dim])?.f_to_device(device)?)
}

/// Scales N×z latents by the truncations of their codes. Differentiable.
pub fn scaled(z: &Tensor, codes: &[Code]) -> Result<Tensor> {
    Ok(z * truncations(codes, z.device())?)
}

/// The truncations ψ of codes, N×1.
pub fn truncations(codes: &[Code], device: Device) -> Result<Tensor> {
    let psi: Vec<f32> = codes.iter().map(|code| code.psi).collect();
    Ok(Tensor::f_from_slice(&psi)?.f_view([-1, 1])?.f_to_device(device)?)
}

/// N×`width` standard normal draws from torch's global generator, 32-bit.
pub fn randn(count: i64, width: i64, device: Device) -> Result<Tensor> {
    Ok(Tensor::f_randn([count, width], (Kind::Float, device))?)
}

/// Standard normal numbers of this shape, 32-bit, that depend on the seed alone, so that held-out losses change only with the networks.
pub fn fixed_randn(seed: u64, shape: &[i64], device: Device) -> Result<Tensor> {
    let flat = latent::normal(seed, shape.iter().product::<i64>() as usize);
    Ok(Tensor::f_from_slice(&flat)?.f_view(shape)?.f_to_device(device)?)
}

/// Returns an error unless there is one row of `z_dim` numbers for each code.
pub fn matched(z: &Tensor, codes: &[Code], z_dim: i64) -> Result<()> {
    let (wanted, size) = ([codes.len() as i64, z_dim], z.size());
    ensure!(size == wanted, "The latents are {size:?} numbers where {wanted:?} are needed.");
    Ok(())
}

/// Codes with these N×z latents and truncation 1.
pub fn codes(latents: &Tensor) -> Result<Vec<Code>> {
    let rows: Vec<Vec<f32>> = Vec::try_from(latents.to_kind(Kind::Float).to_device(Device::Cpu).contiguous())?;
    Ok(rows.into_iter().map(|z| Code { z, psi: 1.0, ..Code::default() }).collect())
}

/// KL in nats below which a dimension of a code counts as inactive.
const SILENT: f64 = 0.01;

/// The number of active dimensions by the KL of each in nats, as a tensor of one number.
pub fn active(kl_each: &Tensor) -> Tensor {
    kl_each.detach().gt(SILENT).sum(Kind::Float)
}

/// Reads tensors of one number each with a single synchronisation of the device.
pub fn scalars<T: Borrow<Tensor>>(measured: &[(&'static str, T)]) -> Result<Vec<Scalar>> {
    let flat = |(_, value): &(_, T)| value.borrow().detach().to_kind(Kind::Float).reshape([1]);
    let values: Vec<Tensor> = measured.iter().map(flat).collect();
    let numbers: Vec<f32> = Vec::try_from(Tensor::cat(&values, 0))?;
    Ok(measured.iter().map(|(name, _)| *name).zip(numbers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_latents_are_each_others_inverse() {
        let code = Code { z: vec![1.0, -2.0], psi: 0.5, ..Code::default() };
        let rows = latents(std::slice::from_ref(&code), 2, Device::Cpu).unwrap();
        assert_eq!(codes(&rows).unwrap()[0].z, [1.0, -2.0]);
        let rows = scaled(&rows, std::slice::from_ref(&code)).unwrap();
        assert_eq!(codes(&rows).unwrap()[0].z, [0.5, -1.0]);
        assert!(latents(&[code], 3, Device::Cpu).unwrap_err().to_string().contains("2 numbers where 3"));
    }

    #[test]
    fn measured_numbers_keep_their_names() {
        let (a, b) = (Tensor::from(1.5f32), Tensor::from_slice(&[2.0f64]));
        assert_eq!(scalars(&[("a", &a), ("b", &b)]).unwrap(), [("a", 1.5), ("b", 2.0)]);
        assert!((f64::try_from(active(&Tensor::from_slice(&[0.009f32, 0.011, 3.0, 0.0]))).unwrap() - 2.0).abs() < 1e-9);
    }
}
