//! Stacks of linear layers, which the fully connected families share, named as in `PyTorch`'s `Sequential`.

use crate::{
    nn::{Kind, Linear, Mode, Norm, Numbers, Plan, Tensor, leaky_relu},
    spec::DataShape,
};

/// The activation function of the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// max(x, 0.2·x).
    Leaky,
}

impl Activation {
    /// Reads `relu` or `leaky`.
    pub fn from_word(word: &str) -> Self {
        if word == "relu" { Self::Relu } else { Self::Leaky }
    }

    /// Applies the function element by element.
    pub fn of(self, x: &Tensor) -> Tensor {
        match self {
            Self::Relu => x.relu(),
            Self::Leaky => leaky_relu(x),
        }
    }
}

/// A multilayer perceptron: linear layers with an activation between them and none behind the last.
#[derive(Clone, Debug)]
pub struct Stack {
    layers: Vec<(Linear, Option<Norm>)>,
    activation: Activation,
}

impl Stack {
    /// Layers between these widths. `normed` puts a batch norm behind every hidden layer but the first. Names count the modules of
    /// `Sequential(Linear, activation, Linear, norm, activation, …)`: `NAME.0.weight`, `NAME.2.weight`, `NAME.3.weight`.
    pub fn new(plan: &mut Plan, name: &str, widths: &[i64], normed: bool, activation: Activation) -> Self {
        let hidden = widths.len().saturating_sub(2);
        let (mut layers, mut module) = (Vec::new(), 0);
        for (i, pair) in widths.windows(2).enumerate() {
            let linear = Linear::new(plan, &format!("{name}.{module}"), pair[0], pair[1]);
            let norm = (normed && i > 0 && i < hidden).then(|| {
                module += 1;
                Norm::new(plan, &format!("{name}.{module}"), pair[1])
            });
            layers.push((linear, norm));
            module += 2;
        }
        Self { layers, activation }
    }

    /// N×first → N×last, 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let mut x = x.shallow_clone();
        for (i, (linear, norm)) in self.layers.iter().enumerate() {
            x = linear.forward(numbers, &x);
            if let Some(norm) = norm {
                x = norm.forward(numbers, &x, mode);
            }
            if i + 1 < self.layers.len() {
                x = self.activation.of(&x);
            }
        }
        x.to_kind(Kind::Float)
    }
}

/// A width that suits the pictures: the last layer grows with their pixels, so that large pictures get fewer neurons.
pub fn width_for(shape: &DataShape, small: i64) -> i64 {
    match shape.size {
        0..=32 => small,
        33..=64 => small / 2,
        _ => small / 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Network, Precision, to_tensor};

    #[test]
    fn a_stack_is_its_layers_by_hand() {
        let mut plan = Plan::default();
        let stack = Stack::new(&mut plan, "main", &[2, 3, 3, 1], true, Activation::Leaky);
        let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        let names: Vec<&str> = arrays.keys().map(String::as_str).filter(|n| n.ends_with("weight")).collect();
        assert_eq!(names, ["main.0.weight", "main.2.weight", "main.3.weight", "main.5.weight"]);
        let get = |name: &str| to_tensor(&arrays[name]);
        let x = Tensor::from_slice(&[0.3f32, -0.7, 1.0, 0.2]).view([2, 2]);
        let h = leaky_relu(&x.linear(&get("main.0.weight"), Some(get("main.0.bias"))));
        let h = h.linear(&get("main.2.weight"), Some(get("main.2.bias")));
        let h = leaky_relu(&(h * get("main.3.weight") / (1.0f64 + 1e-5).sqrt() + get("main.3.bias")));
        let wanted = h.linear(&get("main.5.weight"), Some(get("main.5.bias")));
        let apart = (stack.forward(&net, &x, Mode::Infer) - wanted).abs().max();
        assert!(f64::try_from(apart).unwrap() < 1e-6);
    }
}
