//! Layers that tch has not, or not in the form a fast step needs.

use tch::Tensor;

/// Slope of [`leaky_relu`] below 0, as in the DCGAN paper (Radford et al. 2016).
pub const LEAK: f64 = 0.2;

/// max(x, 0.2·x) as one op forward and one backward. tch fixes the slope of its own at 0.01; the derivative of a leaky `ReLU`
/// applied to x itself is the same function with any slope.
pub fn leaky_relu(x: &Tensor) -> Tensor {
    x.detach().leaky_relu_backward(x, LEAK, false)
}

/// The same numbers with the channel axis innermost in memory; `x` is N×C×H×W.
pub fn channels_last(x: &Tensor) -> Tensor {
    x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

/// Added to the variance before the root, in batch, layer and instance norms.
pub const NORM_EPSILON: f64 = 1e-5;

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn leaky_relu_and_its_derivative_are_right() {
        for kind in [Kind::Float, Kind::BFloat16] {
            let x = Tensor::from_slice(&[-2.0f32, -0.5, 0.0, 3.0]).to_kind(kind).set_requires_grad(true);
            let y = leaky_relu(&x);
            let values: Vec<f32> = Vec::try_from(y.to_kind(Kind::Float)).unwrap();
            for (got, wanted) in values.iter().zip([-0.4, -0.1, 0.0, 3.0]) {
                assert!((got - wanted).abs() < 2e-3, "{values:?}");
            }
            let weighed = (&y * Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0]).to_kind(kind)).sum(Kind::Float);
            weighed.backward();
            let slopes: Vec<f32> = Vec::try_from(x.grad().to_kind(Kind::Float)).unwrap();
            for (got, wanted) in slopes.iter().zip([0.2, 0.4, 0.6, 4.0]) {
                assert!((got - wanted).abs() < 2e-3, "{slopes:?}");
            }
        }
    }

    #[test]
    fn channels_last_changes_memory_not_numbers() {
        let x = Tensor::arange(24, (Kind::Float, Device::Cpu)).view([1, 2, 3, 4]);
        let y = channels_last(&x);
        assert_eq!(x, y);
        assert_eq!(y.stride(), [24, 1, 8, 2]);
    }
}
