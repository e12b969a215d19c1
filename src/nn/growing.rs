//! Parts of networks that grow (Karras et al. 2018, 2020): pixel norm, the spread within a batch, a discriminator's last layers.

use super::{
    blocks::{Mode, Window},
    equalised::{EqualConv, EqualLinear, RECTIFIED, STRAIGHT},
    layers::leaky_relu,
    net::{Numbers, Plan},
};
use tch::{Kind, Tensor};

/// Keeps lengths and deviations from being 0.
const TINY: f64 = 1e-8;

/// How much of a batch's spread is noted each step.
const NOTED: f64 = 0.05;

/// Each pixel's vector of channels (axis 1) scaled to a mean square of 1; N×C or N×C×H×W.
pub fn pixel_norm(x: &Tensor) -> Tensor {
    let (squares, channels) = (x.square(), x.size()[1]);
    let sum = if x.dim() == 4 {
        // A convolution with ones sums over channels that lie innermost several times faster than a reduction does.
        let ones = Tensor::ones([1, channels, 1, 1], (x.kind(), x.device()));
        squares.conv2d(&ones, None::<&Tensor>, 1, 0, 1, 1)
    } else {
        squares.sum_dim_intlist([1i64].as_slice(), true, Kind::Float)
    };
    x * (sum.to_kind(Kind::Float) / channels as f64 + TINY).rsqrt().to_kind(x.kind())
}

/// The spread within a batch: the standard deviation of each channel and place over N, averaged to one 32-bit number.
pub fn minibatch_std(x: &Tensor) -> Tensor {
    let x = x.to_kind(Kind::Float);
    let centred = &x - x.mean_dim([0i64].as_slice(), true, Kind::Float);
    (centred.square().mean_dim([0i64].as_slice(), false, Kind::Float) + TINY).sqrt().mean(Kind::Float)
}

/// Half the size by averaging fours: N×C×2H×2W → N×C×H×W.
pub fn halve(x: &Tensor) -> Tensor {
    x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
}

/// Twice the size between straight lines: N×C×H×W → N×C×2H×2W.
pub fn stretch(x: &Tensor) -> Tensor {
    let (_, _, h, w) = x.size4().unwrap_or_default();
    x.upsample_bilinear2d([2 * h, 2 * w], false, None, None)
}

/// Last layers of a discriminator: the batch's spread as one more channel, a convolution and two dense layers. The spread of real
/// pictures is noted as `minibatch_std`, so that a single picture can be judged as if it stood among them.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    noted: usize,
    conv: EqualConv,
    dense: EqualLinear,
    out: EqualLinear,
}

impl Verdict {
    /// Layers `last.conv`, `last.dense` and `last.out` over N×`channels`×`side`×`side`.
    pub fn new(plan: &mut Plan, channels: i64, side: i64) -> Self {
        Self {
            noted: plan.buffer("minibatch_std", &[1], 1.0),
            conv: EqualConv::new(plan, "last.conv", (channels + 1, channels), Window::SAME, RECTIFIED),
            dense: EqualLinear::new(plan, "last.dense", (channels * side * side, channels), RECTIFIED),
            out: EqualLinear::new(plan, "last.out", (channels, 1), STRAIGHT),
        }
    }

    /// N logits, 32-bit. The batch's spread is used and noted in [`Mode::Train`], used in [`Mode::Judge`]; [`Mode::Infer`] uses the
    /// noted one.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let (n, _, h, w) = x.size4().unwrap_or_default();
        let noted = numbers.buffer(self.noted);
        let spread = if mode == Mode::Infer {
            noted.shallow_clone()
        } else {
            let own = minibatch_std(x).view([1]);
            if mode == Mode::Train {
                let _guard = tch::no_grad_guard();
                let _ = noted.shallow_clone().lerp_(&own.detach(), NOTED);
            }
            own
        };
        let plane = spread.to_kind(x.kind()).view([1, 1, 1, 1]).expand([n, 1, h, w], false);
        let x = leaky_relu(&self.conv.forward(numbers, &Tensor::cat(&[x, &plane], 1)));
        let x = leaky_relu(&self.dense.forward(numbers, &x.contiguous().view([n, -1])));
        self.out.forward(numbers, &x).view([-1]).to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Network, Precision};
    use tch::Device;

    #[test]
    fn pixel_norm_and_spread_are_those_of_the_hand() {
        // The pixel (3, 4) has mean square 12.5.
        let x = Tensor::from_slice(&[3.0f32, 1.0, 4.0, -1.0]).view([1, 2, 1, 2]);
        let y: Vec<f32> = Vec::try_from(pixel_norm(&x).view([-1])).unwrap();
        let length = 12.5f32.sqrt();
        for (got, wanted) in y.iter().zip([3.0 / length, 1.0, 4.0 / length, -1.0]) {
            assert!((got - wanted).abs() < 1e-6, "{y:?}");
        }
        // Deviations over the batch: 1 at the first place, 3 at the second.
        let x = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 8.0]).view([2, 1, 1, 2]);
        assert!((f64::try_from(minibatch_std(&x)).unwrap() - 2.0).abs() < 1e-6);
        let same = Tensor::ones([5, 3, 2, 2], (Kind::Float, Device::Cpu));
        assert!(f64::try_from(minibatch_std(&same)).unwrap() < 1e-3, "pictures all alike have no spread");
    }

    #[test]
    fn a_single_picture_is_judged_as_if_it_stood_among_real_ones() {
        tch::manual_seed(6);
        let mut plan = Plan::default();
        let verdict = Verdict::new(&mut plan, 3, 4);
        let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let x = Tensor::randn([6, 3, 4, 4], (Kind::Float, Device::Cpu));
        let before = net.noted();
        let _ = verdict.forward(&net, &x, Mode::Judge);
        assert!(net.noted() == before);
        (0..300).for_each(|_| drop(verdict.forward(&net, &x, Mode::Train)));
        let spread = f64::try_from(minibatch_std(&x)).unwrap();
        assert!((net.noted().double_value(&[0]) - spread).abs() < 1e-3);
        let (among, alone) =
            (verdict.forward(&net, &x, Mode::Judge), verdict.forward(&net, &x.narrow(0, 2, 1), Mode::Infer));
        assert!((among.double_value(&[2]) - alone.double_value(&[0])).abs() < 1e-3);
    }
}
