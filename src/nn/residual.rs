//! Residual blocks that double or halve a feature map (Gulrajani et al. 2017, Miyato et al. 2018): a way past the convolutions.

use super::{
    bank::Init,
    blocks::{Conv, Mode, Norm, Window, double},
    layers::leaky_relu,
    net::{Numbers, Plan},
    spectral::Filter,
};
use tch::Tensor;

/// He's start for a convolution in front of a rectifier.
fn he(inputs: i64, side: i64) -> Init {
    Init::Normal(0.0, (2.0 / (inputs * side * side) as f64).sqrt())
}

/// The start of a 1×1 convolution that keeps variance.
fn even(inputs: i64) -> Init {
    Init::Normal(0.0, (inputs as f64).sqrt().recip())
}

/// Doubles a map: norm, `ReLU`, doubling, convolution, norm, `ReLU`, convolution; beside it a doubling and a 1×1 convolution.
#[derive(Clone, Copy, Debug)]
pub struct Rise {
    norms: Option<[Norm; 2]>,
    first: Conv,
    second: Conv,
    skip: Conv,
    transposed: bool,
}

impl Rise {
    /// Under `NAME.norm1`, `.conv1`, `.norm2`, `.conv2`, `.skip`. `transposed` doubles by a transposed 4×4 convolution, else by
    /// repeating pixels in front of a 3×3 one.
    pub fn new(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), transposed: bool) -> Self {
        let norms = [inputs, outputs];
        let norms = [1, 2].map(|i| Norm::new(plan, &format!("{name}.norm{i}"), norms[i - 1]));
        Self { norms: Some(norms), ..Self::bare(plan, name, (inputs, outputs), transposed) }
    }

    /// Without norms of its own, for [`Rise::forward_by`].
    pub fn bare(plan: &mut Plan, name: &str, sides: (i64, i64), transposed: bool) -> Self {
        let (inputs, outputs) = sides;
        let conv1 = format!("{name}.conv1");
        let first = if transposed {
            // Each pixel of the result sees 2×2 of the 4×4 weights.
            Conv::transposed(plan, &conv1, sides, Window::HALVE, he(inputs, 2))
        } else {
            Conv::new(plan, &conv1, sides, Window::SAME, he(inputs, 3))
        };
        let second = Conv::new(plan, &format!("{name}.conv2"), (outputs, outputs), Window::SAME, he(outputs, 3));
        let skip = Conv::new(plan, &format!("{name}.skip"), sides, Window::POINT, even(inputs));
        Self { norms: None, first, second, skip, transposed }
    }

    /// N×in×H×W → N×out×2H×2W.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        self.forward_by(numbers, x, &|place, x| match &self.norms {
            Some(norms) => norms[place].forward(numbers, x, mode),
            None => x.shallow_clone(),
        })
    }

    /// The same with norms of one's own, such as class-conditional ones: `norm(0, x)` of `in` channels, `norm(1, x)` of `out`.
    pub fn forward_by(&self, numbers: &dyn Numbers, x: &Tensor, norm: &dyn Fn(usize, &Tensor) -> Tensor) -> Tensor {
        let y = norm(0, x).relu();
        let y = self.first.forward(numbers, &if self.transposed { y } else { double(&y) });
        let y = self.second.forward(numbers, &norm(1, &y).relu());
        // A 1×1 convolution of repeated pixels is the repeated convolution: a quarter of the work.
        y + double(&self.skip.forward(numbers, x))
    }
}

/// Halves a map: leaky `ReLU`, convolution, leaky `ReLU`, convolution, mean of 2×2; beside it a mean and a 1×1 convolution.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    norms: Option<[Norm; 2]>,
    first: Filter,
    second: Filter,
    skip: Filter,
    pictures: bool,
}

impl Fall {
    /// Under `NAME.conv1`, `.conv2`, `.skip`. `pictures`: it is the discriminator's first block, which sees pixels and does not
    /// rectify them.
    pub fn new(plan: &mut Plan, name: &str, sides: (i64, i64), pictures: bool, spectral: bool) -> Self {
        let (inputs, outputs) = sides;
        let mut filter = |part: &str, sides, window, start| {
            Filter::new(plan, &format!("{name}.{part}"), sides, window, start, spectral)
        };
        Self {
            norms: None,
            first: filter("conv1", sides, Window::SAME, he(inputs, 3)),
            second: filter("conv2", (outputs, outputs), Window::SAME, he(outputs, 3)),
            skip: filter("skip", sides, Window::POINT, even(inputs)),
            pictures,
        }
    }

    /// The same with batch norms `NAME.norm1` and `.norm2` in front of the rectifiers; a block of pictures has only the second.
    pub fn normed(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), pictures: bool) -> Self {
        let second = Norm::new(plan, &format!("{name}.norm2"), outputs);
        let first = if pictures { second } else { Norm::new(plan, &format!("{name}.norm1"), inputs) };
        Self { norms: Some([first, second]), ..Self::new(plan, name, (inputs, outputs), pictures, false) }
    }

    /// N×in×H×W → N×out×H/2×W/2.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let norm = |place: usize, x: &Tensor| match &self.norms {
            Some(norms) => norms[place].forward(numbers, x, mode),
            None => x.shallow_clone(),
        };
        let mean = |x: &Tensor| x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>);
        let y = if self.pictures { x.shallow_clone() } else { leaky_relu(&norm(0, x)) };
        let y = leaky_relu(&norm(1, &self.first.forward(numbers, &y, mode)));
        // Means commute with 1×1 convolutions.
        mean(&self.second.forward(numbers, &y, mode)) + self.skip.forward(numbers, &mean(x), mode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Network, Precision};
    use tch::{Device, Kind};

    fn picture() -> Tensor {
        (Tensor::arange(2 * 3 * 64, (Kind::Float, Device::Cpu)) * 0.7).sin().view([2, 3, 8, 8])
    }

    #[test]
    fn without_its_convolutions_a_block_is_the_way_past_them() {
        for transposed in [false, true] {
            let mut plan = Plan::default();
            let (rise, fall) =
                (Rise::new(&mut plan, "up", (3, 5), transposed), Fall::new(&mut plan, "down", (3, 4), false, false));
            let mut network = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            let mut arrays = network.arrays(network.bank.master(), &network.noted()).unwrap();
            for (name, array) in &mut arrays {
                if name.contains("conv2") {
                    array.data.fill(0.0);
                }
            }
            let (parameters, noted) = network.read(&arrays).unwrap();
            network.take(&parameters, &noted);
            let x = picture();
            let weight = |name: &str| crate::nn::to_tensor(&arrays[name]);
            let point = |x: &Tensor, name: &str| x.conv2d(&weight(name), None::<&Tensor>, 1, 0, 1, 1);
            let up = rise.forward(&network, &x, Mode::Train);
            let wanted = point(&double(&x), "up.skip.weight");
            assert_eq!(up.size(), [2, 5, 16, 16]);
            assert!(f64::try_from((up - wanted).abs().max()).unwrap() < 1e-5);
            let down = fall.forward(&network, &x, Mode::Train);
            let wanted = point(&x, "down.skip.weight").avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>);
            assert_eq!(down.size(), [2, 4, 4, 4]);
            assert!(f64::try_from((down - wanted).abs().max()).unwrap() < 1e-5);
        }
    }

    #[test]
    fn every_kind_of_block_trains_in_both_precisions() {
        for precision in [Precision::Fp32, Precision::Bf16] {
            let mut plan = Plan::default();
            let rise = Rise::bare(&mut plan, "up", (3, 4), false);
            let falls = [
                Fall::normed(&mut plan, "a", (4, 4), true),
                Fall::normed(&mut plan, "b", (4, 4), false),
                Fall::new(&mut plan, "c", (4, 2), false, true),
            ];
            let network = Network::new(plan, precision, Device::Cpu).unwrap();
            let doubled = rise.forward_by(&network, &picture().to_kind(precision.kind()), &|_, x| x * 2.0);
            let y = falls.iter().fold(doubled, |x, fall| fall.forward(&network, &x, Mode::Train));
            assert_eq!(y.size(), [2, 2, 2, 2]);
            assert_eq!(y.kind(), precision.kind());
            let gradient = network.bank.gradient(&y.to_kind(Kind::Float).square().sum(Kind::Float)).unwrap();
            assert!(f64::try_from(gradient.abs().sum(Kind::Float)).unwrap() > 0.0);
            assert!(f64::try_from(gradient.isfinite().all().to_kind(Kind::Float)).unwrap() > 0.5);
        }
    }
}
