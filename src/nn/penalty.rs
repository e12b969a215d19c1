//! Penalties on how steep a discriminator is: R1 and the gradient penalty, by differentiating its gradient once more.

use anyhow::{Result, ensure};
use tch::{Kind, Tensor};

/// Keeps the derivative of a square root finite at 0.
const TINY: f64 = 1e-12;

/// A copy of N×C×H×W pictures in 32-bit (64-bit stays) that wants a gradient: feed it to the discriminator, through
/// [`super::Precise`] numbers where those are bf16, then ask for the penalty.
pub fn watched(pictures: &Tensor) -> Tensor {
    let kind = if pictures.kind() == Kind::Double { Kind::Double } else { Kind::Float };
    pictures.detach().to_kind(kind).set_requires_grad(true)
}

/// Watched pictures on the straight lines between each real picture and its fake (Gulrajani et al. 2017): both N×C×H×W. Draws N
/// numbers from torch's global generator.
pub fn between(real: &Tensor, fake: &Tensor) -> Tensor {
    let (real, fake) = (watched(real).detach(), watched(fake).detach());
    let share = Tensor::rand([real.size()[0], 1, 1, 1], (real.kind(), real.device()));
    watched(&real.lerp_tensor(&fake, &share))
}

/// Squared Euclidean norm of the gradient of each logit with respect to its picture, N numbers; can be differentiated further. `logits`
/// must come from `pictures`, which [`watched`] or [`between`] made.
pub fn squared_slopes(logits: &Tensor, pictures: &Tensor) -> Result<Tensor> {
    let gradient = Tensor::f_run_backward(&[logits.sum(logits.kind())], &[pictures], true, true)?.remove(0);
    ensure!(gradient.defined(), "The discriminator's answer does not depend on the pictures.");
    // Sums of many squares want more than 8 bits.
    let kind = if gradient.kind() == Kind::BFloat16 { Kind::Float } else { gradient.kind() };
    Ok(gradient.to_kind(kind).square().flatten(1, -1).sum_dim_intlist([1i64].as_slice(), false, kind))
}

/// R1 (Mescheder et al. 2018) before its weight γ: ½·E‖∇D‖² at real pictures, one number.
pub fn r1(logits: &Tensor, pictures: &Tensor) -> Result<Tensor> {
    let squares = squared_slopes(logits, pictures)?;
    Ok(squares.mean(squares.kind()) * 0.5)
}

/// The gradient penalty (Gulrajani et al. 2017) before its weight λ: E(‖∇D‖ − 1)², one number.
pub fn gradient_penalty(logits: &Tensor, pictures: &Tensor) -> Result<Tensor> {
    let slopes = (squared_slopes(logits, pictures)? + TINY).sqrt();
    let kind = slopes.kind();
    Ok((slopes - 1.0).square().mean(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    type Penalty = fn(&Tensor, &Tensor) -> Result<Tensor>;

    /// Numbers without a pattern that matters, in 64-bit.
    fn numbers(shape: &[i64], by: f64) -> Tensor {
        let count = shape.iter().product::<i64>();
        (Tensor::arange(count, (Kind::Double, Device::Cpu)) * by).sin().view(shape)
    }

    /// A small discriminator: convolution, tanh, sum with weights.
    fn judge(pictures: &Tensor, weight: &Tensor) -> Tensor {
        let x = pictures.conv2d(weight, None::<&Tensor>, 1, 1, 1, 1).tanh().flatten(1, -1);
        x.mv(&numbers(&[x.size()[1]], 0.37))
    }

    fn number(x: &Tensor) -> f64 {
        f64::try_from(x).unwrap()
    }

    /// The gradients' norms, by moving each pixel.
    fn slopes_by_hand(pictures: &Tensor, weight: &Tensor) -> Vec<f64> {
        let (count, pixels) = (pictures.size()[0], pictures.numel() as i64 / pictures.size()[0]);
        let slope = |picture: i64, pixel: i64| {
            let moved = |by: f64| {
                let x = pictures.copy();
                let _ = x.view([count, pixels]).get(picture).get(pixel).g_add_scalar_(by);
                judge(&x, weight).double_value(&[picture])
            };
            (moved(1e-5) - moved(-1e-5)) / 2e-5
        };
        (0..count).map(|n| (0..pixels).map(|p| slope(n, p).powi(2)).sum::<f64>().sqrt()).collect()
    }

    #[test]
    fn penalties_and_their_gradients_are_those_of_finite_differences() {
        let (pictures, weight) = (numbers(&[3, 2, 4, 4], 0.7), numbers(&[2, 2, 3, 3], 1.3) * 0.4);
        let slopes = slopes_by_hand(&pictures, &weight);
        let mean = |f: &dyn Fn(f64) -> f64| slopes.iter().map(|s| f(*s)).sum::<f64>() / slopes.len() as f64;
        let cases: [(Penalty, f64); 2] =
            [(r1, mean(&|s| 0.5 * s * s)), (gradient_penalty, mean(&|s| (s - 1.0).powi(2)))];
        for (penalty, wanted) in cases {
            let value = |weight: &Tensor| {
                let x = watched(&pictures);
                penalty(&judge(&x, weight), &x).unwrap()
            };
            let leaf = weight.copy().set_requires_grad(true);
            let got = value(&leaf);
            assert!((number(&got) - wanted).abs() < 1e-6 * wanted, "{} {wanted}", number(&got));
            let gradient = Tensor::run_backward(&[got], &[&leaf], false, false).remove(0).reshape([-1]);
            for place in [0, 7, 20, 35] {
                let moved = |by: f64| {
                    let other = weight.copy();
                    let _ = other.view([-1]).get(place).g_add_scalar_(by);
                    number(&value(&other))
                };
                let (slope, got) = ((moved(1e-5) - moved(-1e-5)) / 2e-5, gradient.double_value(&[place]));
                assert!((slope - got).abs() < 1e-6 * slope.abs().max(1.0), "{slope} {got}");
            }
        }
    }

    #[test]
    fn pictures_between_lie_on_the_line_and_ask_for_a_gradient() {
        let (real, fake) = (numbers(&[4, 1, 2, 2], 0.9), numbers(&[4, 1, 2, 2], 0.3) + 2.0);
        let middle = between(&real, &fake);
        assert!(middle.requires_grad() && middle.size() == real.size());
        let share = ((middle.detach() - &real) / (&fake - &real)).view([4, 4]);
        let spread = share.amax([1i64].as_slice(), false) - share.amin([1i64].as_slice(), false);
        assert!(number(&spread.max()) < 1e-9, "one share a picture");
        assert!(number(&share.min()) >= -1e-9 && number(&share.max()) <= 1.0 + 1e-9);
        assert_eq!(watched(&real.to_kind(Kind::BFloat16)).kind(), Kind::Float);
    }
}
