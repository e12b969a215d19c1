//! The networks of `glo`: a convolutional generator, and a table of one latent per picture inside the unit ball.

use crate::{
    models::common::fitted_gaussian::FittedGaussian,
    nn::{self, Conv, Device, Init, Kind, Linear, Mode, Norm, Numbers, Plan, Tensor, Window, double},
    spec::Knobs,
    weights::{Array, Arrays},
};
use anyhow::{Context, Result, ensure};

/// Initialisation of convolutions.
const START: Init = Init::Normal(0.0, 0.02);
/// Filters of the widest layer, as a multiple of the thinnest.
const WIDEST: i64 = 8;
/// Number of latents, evenly spread over the table, that the Gaussian is fitted to; more would cost time and change nothing.
const FITTED: i64 = 4096;
/// Name of the Gaussian's buffers.
const CODES: &str = "codes";

/// The generator: a projection to a small map, then doublings, batch norm and `ReLU` between, tanh last.
pub struct Generator {
    /// Length of the latent.
    pub z_dim: i64,
    /// The Gaussian of the table's latents.
    pub codes: FittedGaussian,
    first: i64,
    resize: bool,
    project: Linear,
    norms: Vec<Norm>,
    convs: Vec<Conv>,
}

impl Generator {
    /// Reads the knobs `size channels width z_dim upsampling`. Names: `project`, `norm0`, `up1`, `norm1`, …, `out`.
    pub fn new(knobs: &Knobs) -> (Self, Plan) {
        let (size, channels) = (knobs.int("size") as i64, knobs.int("channels") as i64);
        let (width, z_dim) = (knobs.int("width") as i64, knobs.int("z_dim") as i64);
        let resize = knobs.text("upsampling") == "resize";
        let first = if size == 28 { 7 } else { 4 };
        let doublings = (size / first).ilog2() as usize;
        let widths: Vec<i64> = (0..doublings).rev().map(|i| width * (1 << i).min(WIDEST)).collect();
        let mut plan = Plan::default();
        let project = Linear::new(&mut plan, "project", z_dim, widths[0] * first * first);
        let mut norms = vec![Norm::new(&mut plan, "norm0", widths[0])];
        let up = |plan: &mut Plan, name: &str, sides: (i64, i64)| {
            if resize {
                Conv::new(plan, name, sides, Window::SAME, START)
            } else {
                Conv::transposed(plan, name, sides, Window::HALVE, START)
            }
        };
        let mut convs = Vec::new();
        for (i, pair) in widths.windows(2).enumerate() {
            convs.push(up(&mut plan, &format!("up{}", i + 1), (pair[0], pair[1])));
            norms.push(Norm::new(&mut plan, &format!("norm{}", i + 1), pair[1]));
        }
        let out = up(&mut plan, "out", (width, channels));
        convs.push(out.with_bias(&mut plan, "out", channels, Init::Constant(0.0)));
        let codes = FittedGaussian::new(&mut plan, CODES, z_dim);
        (Self { z_dim, codes, first, resize, project, norms, convs }, plan)
    }

    /// N×z → N×C×S×S in [−1, 1], 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, z: &Tensor, mode: Mode) -> Tensor {
        // The projection's outputs are viewed as channels-last, the layout that the convolutions want.
        let map = self.project.forward(numbers, z).view([z.size()[0], self.first, self.first, -1]);
        let mut x = map.permute([0, 3, 1, 2]);
        for (norm, conv) in self.norms.iter().zip(&self.convs) {
            x = norm.forward(numbers, &x, mode).relu();
            x = conv.forward(numbers, &if self.resize { double(&x) } else { x });
        }
        x.to_kind(Kind::Float).tanh()
    }
}

/// A table of one latent per training picture, each with norm at most 1.
pub struct Latents {
    table: Tensor,
}

impl Latents {
    /// Initialises normal rows with norm about 1, drawing from torch's global generator.
    pub fn new(count: usize, z_dim: i64, device: Device) -> Result<Self> {
        let table =
            Tensor::f_randn([count as i64, z_dim], (Kind::Float, device)).context("no memory for the latents")?;
        let mut latents = Self { table: table / (z_dim as f64).sqrt() };
        latents.table = project_into_ball(&latents.table);
        Ok(latents)
    }

    /// Row indices as a tensor; an error where a picture is beyond the table.
    pub fn places(&self, index: &[u32]) -> Result<Tensor> {
        let count = self.table.size()[0];
        ensure!(
            index.iter().all(|&i| i64::from(i) < count),
            "There are latents for {count} pictures, and a picture beyond them came; start a new run for these data."
        );
        let index: Vec<i64> = index.iter().map(|&i| i64::from(i)).collect();
        Ok(Tensor::f_from_slice(&index)?.f_to_device(self.table.device())?)
    }

    /// A copy of the rows at these indices, N×z.
    pub fn rows(&self, places: &Tensor) -> Tensor {
        self.table.index_select(0, places)
    }

    /// Descends the N×z gradients at these rows and projects them into the unit ball; other rows stay as they are.
    pub fn descend(&mut self, places: &Tensor, gradients: &Tensor, rate: f64) {
        let _guard = nn::without_gradients();
        // Added rather than copied, so that a picture that appears twice moves twice.
        let _ = self.table.index_add_(0, places, &(gradients * -rate));
        let moved = project_into_ball(&self.rows(places));
        let _ = self.table.index_copy_(0, places, &moved);
    }

    /// Mean of the table, 1×z.
    pub fn mean(&self) -> Tensor {
        self.some().mean_dim(0, true, Kind::Float)
    }

    /// The moments of the table as arrays for the generator's buffers.
    pub fn fit(&self) -> Result<Arrays> {
        let _guard = nn::without_gradients();
        FittedGaussian::arrays(CODES, &self.some())
    }

    fn some(&self) -> Tensor {
        let stride = (self.table.size()[0] / FITTED).max(1);
        self.table.slice(0, None, None, stride)
    }

    /// The whole table as an array.
    pub fn array(&self) -> Result<Array> {
        nn::to_array(&self.table.to_device(Device::Cpu))
    }

    /// Reads and checks a table of the same shape; changes nothing.
    pub fn read(&self, arrays: &Arrays) -> Result<Tensor> {
        let array = nn::check(arrays, "latents", &self.table.size())?;
        Ok(nn::to_tensor(array).f_to_device(self.table.device())?)
    }

    /// Takes over what [`Latents::read`] made.
    pub fn take(&mut self, table: Tensor) {
        self.table = table;
    }
}

/// Projects rows onto the unit ball: those with a norm above 1 are scaled to 1.
pub fn project_into_ball(rows: &Tensor) -> Tensor {
    rows / rows.square().sum_dim_intlist(1, true, Kind::Float).sqrt().clamp_min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Frozen, Init, Network, Precision, Storage};

    fn latents(rows: &[f32], width: i64) -> Latents {
        Latents { table: Tensor::from_slice(rows).view([-1, width]) }
    }

    fn numbers(x: &Tensor) -> Vec<f32> {
        Vec::try_from(x.reshape([-1])).unwrap()
    }

    #[test]
    fn only_rows_of_the_batch_move_and_all_stay_in_the_unit_ball() {
        let mut latents = latents(&[0.1, 0.2, 0.6, 0.0, -0.3, 0.4, 0.0, 0.9], 2);
        let places = latents.places(&[2, 1]).unwrap();
        assert_eq!(numbers(&latents.rows(&places)), [-0.3, 0.4, 0.6, 0.0]);
        // (−0.3, 0.4) − 0.5·(−0.2, 0) = (−0.2, 0.4); (0.6, 0) − 0.5·(−4.8, −4) = (3, 2) → / √13.
        let gradients = Tensor::from_slice(&[-0.2f32, 0.0, -4.8, -4.0]).view([2, 2]);
        latents.descend(&places, &gradients, 0.5);
        let wanted = [0.1, 0.2, 3.0 / 13f32.sqrt(), 2.0 / 13f32.sqrt(), -0.2, 0.4, 0.0, 0.9];
        let got = numbers(&latents.table);
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{got:?}");
        assert_eq!((got[0].to_bits(), got[7].to_bits()), (0.1f32.to_bits(), 0.9f32.to_bits()), "untouched to the bit");
        assert!(latents.places(&[4]).is_err());
        let fresh = Latents::new(500, 3, Device::Cpu).unwrap();
        let lengths = numbers(&fresh.table.square().sum_dim_intlist(1, false, Kind::Float));
        assert!(lengths.iter().all(|l| *l <= 1.0 + 1e-5) && lengths.iter().any(|l| *l < 0.9));
    }

    #[test]
    fn the_gaussian_of_the_table_has_its_mean_and_covariance() {
        // Mean (0.1, −0.2); covariance (0.04 0.02; 0.02 0.05) = L·Lᵀ with L = (0.2 0; 0.1 0.2).
        let rows = [0.3, 0.1, 0.3, -0.3, -0.1, -0.1, -0.1, -0.5];
        let latents = latents(&rows, 2);
        let mut plan = Plan::default();
        plan.param("w", &[1], Storage::Plain, Init::Constant(0.0));
        let codes = FittedGaussian::new(&mut plan, CODES, 2);
        let net = Network::new(plan.clone(), Precision::Fp32, Device::Cpu).unwrap();
        let mut arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        arrays.extend(latents.fit().unwrap());
        let frozen = Frozen::read(&plan, &arrays, Precision::Fp32, Device::Cpu).unwrap();
        let gaussian = codes.read(&frozen).unwrap();
        let z = Tensor::from_slice(&[0.0f32, 0.0, 1.0, 0.0, 0.0, 1.0]).view([3, 2]);
        let got = numbers(&gaussian.codes(&z));
        let wanted = [0.1, -0.2, 0.3, -0.1, 0.1, 0.0];
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-3), "{got:?}");
        assert_eq!(numbers(&latents.mean()).len(), 2);
        let big = Latents::new(10_000, 4, Device::Cpu).unwrap();
        assert_eq!(big.some().size(), [5000, 4], "a large table is looked at in part");
    }
}
