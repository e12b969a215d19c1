//! What goes into networks and comes out of them, row by row: latents of codes, measured numbers.

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

/// The same of latents that are rows of a tensor already, one for each code, as something gradients flow through.
pub fn followed(z: &Tensor, codes: &[Code], z_dim: i64, device: Device) -> Result<Tensor> {
    matched(z, codes, z_dim)?;
    let psi: Vec<f32> = codes.iter().map(|code| code.psi).collect();
    Ok((z * Tensor::f_from_slice(&psi)?.view([-1, 1]).to_device(z.device())).f_to_device(device)?)
}

/// An error unless there is one row of `z_dim` numbers for each code.
pub fn matched(z: &Tensor, codes: &[Code], z_dim: i64) -> Result<()> {
    let (wanted, size) = ([codes.len() as i64, z_dim], z.size());
    ensure!(size == wanted, "The latents are {size:?} numbers where {wanted:?} are needed.");
    Ok(())
}

/// Codes with these latents, N×z, at truncation 1.
pub fn codes(latents: &Tensor) -> Result<Vec<Code>> {
    let rows: Vec<Vec<f32>> = Vec::try_from(latents.to_kind(Kind::Float).to_device(Device::Cpu).contiguous())?;
    Ok(rows.into_iter().map(|z| Code { z, psi: 1.0, ..Code::default() }).collect())
}

/// The numbers of a flat tensor, where there is one.
pub fn numbers(flat: Option<Tensor>) -> Result<Option<Vec<f32>>> {
    Ok(flat.map(Vec::try_from).transpose()?)
}

/// Nats below which a dimension of a code carries nothing.
const SILENT: f64 = 0.01;

/// How many dimensions carry something, by the KL of each in nats; a tensor of one number.
pub fn active(kl_each: &Tensor) -> Tensor {
    kl_each.detach().gt(SILENT).sum(Kind::Float)
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
    fn codes_and_latents_are_each_others_inverse() {
        let code = Code { z: vec![1.0, -2.0], psi: 0.5, ..Code::default() };
        let rows = latents(std::slice::from_ref(&code), 2, Device::Cpu).unwrap();
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
