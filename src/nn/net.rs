//! A network as a plan of named numbers, which trains as a [`Network`] and plays as a [`Frozen`] copy through one forward pass.

use super::{
    bank::{Bank, Init, Param, Storage, check, to_array, to_tensor},
    precision::Precision,
};
use crate::weights::Arrays;
use anyhow::Result;
use tch::{Device, Kind, Tensor};

/// Numbers that are noted rather than learned: running statistics and the like. Always 32-bit.
#[derive(Clone, Debug)]
struct Buffer {
    name: String,
    shape: Vec<i64>,
    start: f64,
}

/// What a network consists of, before it has numbers.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    params: Vec<Param>,
    buffers: Vec<Buffer>,
    near: Vec<String>,
}

impl Plan {
    /// Adds something to learn; its number for [`Numbers::leaf`].
    pub fn param(&mut self, name: &str, shape: &[i64], storage: Storage, init: Init) -> usize {
        self.params.push(Param { name: name.into(), shape: shape.to_vec(), storage, init });
        self.params.len() - 1
    }

    /// Adds something to note, which begins as `start` everywhere; its number for [`Numbers::buffer`].
    pub fn buffer(&mut self, name: &str, shape: &[i64], start: f64) -> usize {
        self.buffers.push(Buffer { name: name.into(), shape: shape.to_vec(), start });
        self.buffers.len() - 1
    }

    /// Says which layers stand nearest the picture, by the beginnings of their names, where that is not the order of planning.
    pub fn nearest(&mut self, names: Vec<String>) {
        self.near = names;
    }
}

/// What a forward pass reads.
pub trait Numbers {
    /// Parameter by its number, in its `PyTorch` shape and as the pass uses it: heavy ones in [`Numbers::kind`], others 32-bit.
    fn leaf(&self, index: usize) -> &Tensor;
    /// Buffer by its number, 32-bit. What is written to it in place stays.
    fn buffer(&self, index: usize) -> &Tensor;
    /// Number format of the heavy layers.
    fn kind(&self) -> Kind;
    /// Where the numbers live.
    fn device(&self) -> Device;
}

/// A network that trains.
pub struct Network {
    /// All parameters.
    pub bank: Bank,
    plan: Vec<Buffer>,
    near: Vec<String>,
    buffers: Vec<Tensor>,
    kind: Kind,
}

impl Network {
    /// Initialises everything, drawing from torch's global generator.
    pub fn new(plan: Plan, precision: Precision, device: Device) -> Result<Self> {
        let buffers = plan
            .buffers
            .iter()
            .map(|b| Tensor::f_full(b.shape.as_slice(), b.start, (Kind::Float, device)))
            .collect::<Result<_, _>>()?;
        let bank = Bank::new(plan.params, precision, device)?;
        Ok(Self { bank, plan: plan.buffers, near: plan.near, buffers, kind: precision.kind() })
    }

    /// Lets the first `count` layers, those nearest the picture, keep their numbers while the others learn ([`Bank::freeze`]).
    pub fn freeze_first(&mut self, count: usize) {
        self.bank.freeze(count, &self.near);
    }

    /// All buffers one after the other, flat: a copy.
    pub fn noted(&self) -> Tensor {
        let _guard = tch::no_grad_guard();
        let flat: Vec<Tensor> = self.buffers.iter().map(|b| b.reshape([-1])).collect();
        if flat.is_empty() { Tensor::zeros([0], (Kind::Float, self.bank.device())) } else { Tensor::cat(&flat, 0) }
    }

    /// Flat parameters and flat buffers of this network as arrays by name.
    pub fn arrays(&self, parameters: &Tensor, noted: &Tensor) -> Result<Arrays> {
        let _guard = tch::no_grad_guard();
        let mut arrays = Arrays::new();
        self.bank.arrays_of(parameters, &mut arrays)?;
        let noted = noted.f_to_device(Device::Cpu)?;
        let mut at = 0;
        for buffer in &self.plan {
            let len = buffer.shape.iter().product::<i64>();
            arrays.insert(buffer.name.clone(), to_array(&noted.narrow(0, at, len).view(buffer.shape.as_slice()))?);
            at += len;
        }
        Ok(arrays)
    }

    /// Checks arrays by name and makes flat parameters and buffers of them, on the network's device; changes nothing.
    pub fn read(&self, arrays: &Arrays) -> Result<(Tensor, Tensor)> {
        let _guard = tch::no_grad_guard();
        let parameters = self.bank.flat_from(arrays)?;
        let mut parts = vec![Tensor::zeros([0], (Kind::Float, Device::Cpu))];
        for buffer in &self.plan {
            parts.push(to_tensor(check(arrays, &buffer.name, &buffer.shape)?).reshape([-1]));
        }
        Ok((parameters, Tensor::cat(&parts, 0).f_to_device(self.bank.device())?))
    }

    /// Takes over what [`Network::read`] made.
    pub fn take(&mut self, parameters: &Tensor, noted: &Tensor) {
        self.bank.update(|master| master.copy_(parameters));
        let _guard = tch::no_grad_guard();
        let mut at = 0;
        for buffer in &mut self.buffers {
            let len = buffer.numel() as i64;
            buffer.copy_(&noted.narrow(0, at, len).view_as(buffer));
            at += len;
        }
    }
}

impl Numbers for Network {
    fn leaf(&self, index: usize) -> &Tensor {
        self.bank.leaf(index)
    }

    fn buffer(&self, index: usize) -> &Tensor {
        &self.buffers[index]
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn device(&self) -> Device {
        self.bank.device()
    }
}

/// A training network's numbers as 32-bit ones, through which gradients reach its own: for what bf16 is too coarse for, such as
/// penalties on gradients.
pub struct Precise<'a> {
    network: &'a Network,
    leaves: Vec<Tensor>,
}

impl<'a> Precise<'a> {
    /// The numbers as they are now.
    pub fn of(network: &'a Network) -> Self {
        let leaves = network.bank.leaves().iter().map(|leaf| leaf.to_kind(Kind::Float)).collect();
        Self { network, leaves }
    }
}

impl Numbers for Precise<'_> {
    fn leaf(&self, index: usize) -> &Tensor {
        &self.leaves[index]
    }

    fn buffer(&self, index: usize) -> &Tensor {
        &self.network.buffers[index]
    }

    fn kind(&self) -> Kind {
        Kind::Float
    }

    fn device(&self) -> Device {
        self.network.device()
    }
}

/// A copy that plays and never trains.
pub struct Frozen {
    leaves: Vec<Tensor>,
    buffers: Vec<Tensor>,
    kind: Kind,
    device: Device,
}

impl Frozen {
    /// Checks arrays by name against the plan and makes a copy of them; other arrays are not looked at.
    pub fn read(plan: &Plan, arrays: &Arrays, precision: Precision, device: Device) -> Result<Self> {
        let _guard = tch::no_grad_guard();
        let kind = precision.kind();
        let mut leaves = Vec::with_capacity(plan.params.len());
        for param in &plan.params {
            let tensor = to_tensor(check(arrays, &param.name, &param.shape)?).f_to_device(device)?;
            leaves.push(match param.storage {
                Storage::Plain => tensor,
                Storage::Matrix => tensor.to_kind(kind),
                Storage::ChannelsLast => super::channels_last(&tensor.to_kind(kind)),
            });
        }
        let mut buffers = Vec::with_capacity(plan.buffers.len());
        for buffer in &plan.buffers {
            buffers.push(to_tensor(check(arrays, &buffer.name, &buffer.shape)?).f_to_device(device)?);
        }
        Ok(Self { leaves, buffers, kind, device })
    }
}

impl Numbers for Frozen {
    fn leaf(&self, index: usize) -> &Tensor {
        &self.leaves[index]
    }

    fn buffer(&self, index: usize) -> &Tensor {
        &self.buffers[index]
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn device(&self) -> Device {
        self.device
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Conv, Linear, Mode, Norm, Window};

    struct Small {
        conv: Conv,
        norm: Norm,
        linear: Linear,
    }

    fn small() -> (Plan, Small) {
        let mut plan = Plan::default();
        let conv = Conv::new(&mut plan, "conv", (1, 4), Window::HALVE, Init::Normal(0.0, 0.3));
        let norm = Norm::new(&mut plan, "norm", 4);
        let linear = Linear::new(&mut plan, "linear", 4 * 16, 3);
        (plan, Small { conv, norm, linear })
    }

    impl Small {
        fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
            let x = self.norm.forward(numbers, &self.conv.forward(numbers, x), mode).relu();
            self.linear.forward(numbers, &x.contiguous().view([x.size()[0], -1])).to_kind(Kind::Float)
        }
    }

    #[test]
    fn a_frozen_copy_answers_like_the_network_and_arrays_come_back() {
        tch::manual_seed(5);
        for (precision, near) in [(Precision::Fp32, 1e-5), (Precision::Bf16, 0.05)] {
            let (plan, net) = small();
            let trained = Network::new(plan.clone(), precision, Device::Cpu).unwrap();
            let x = Tensor::randn([6, 1, 8, 8], (Kind::Float, Device::Cpu));
            let begin = trained.noted();
            let y = net.forward(&trained, &x, Mode::Train);
            assert_eq!(y.size(), [6, 3]);
            assert!(trained.noted() != begin, "statistics are noted while it trains");
            let judged = trained.noted();
            let _ = net.forward(&trained, &x, Mode::Judge);
            assert!(trained.noted() == judged, "and not while it judges");
            let arrays = trained.arrays(trained.bank.master(), &trained.noted()).unwrap();
            assert_eq!(arrays["conv.weight"].shape, [4, 1, 4, 4]);
            let frozen = Frozen::read(&plan, &arrays, precision, Device::Cpu).unwrap();
            let wanted = net.forward(&trained, &x, Mode::Infer);
            let apart = (net.forward(&frozen, &x, Mode::Infer) - wanted).abs().max();
            assert!(f64::try_from(apart).unwrap() < near);
            let (parameters, noted) = trained.read(&arrays).unwrap();
            let mut other = Network::new(plan.clone(), precision, Device::Cpu).unwrap();
            other.take(&parameters, &noted);
            assert!(other.arrays(other.bank.master(), &other.noted()).unwrap() == arrays);
            let mut bad = arrays.clone();
            bad.remove("norm.running_mean");
            assert!(trained.read(&bad).unwrap_err().to_string().contains("norm.running_mean"));
            assert!(Frozen::read(&plan, &bad, precision, Device::Cpu).is_err());
        }
    }
}
