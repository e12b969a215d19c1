//! All parameters of a network in one flat buffer, so that optimiser and average are a handful of ops whatever their number.

mod freeze;

use super::precision::Precision;
use crate::weights::{Array, Arrays};
use anyhow::{Context, Result, ensure};
use tch::{Device, Kind, Tensor};

/// How a parameter lies in the flat buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Row by row; always 32-bit (norms, biases).
    Plain,
    /// A 4-d weight with its second axis innermost, the layout in which channels-last convolutions need no conversion; in the
    /// network's precision.
    ChannelsLast,
    /// Row by row, in the network's precision (matrices of linear layers).
    Matrix,
}

impl Storage {
    /// Whether it is one of the heavy ones, which are kept in the network's precision too.
    fn is_heavy(self) -> bool {
        self != Self::Plain
    }
}

/// How a parameter begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Normal with this mean and standard deviation.
    Normal(f64, f64),
    /// Uniform in [−a, a].
    Uniform(f64),
    /// All the same.
    Constant(f64),
}

/// A parameter to be.
#[derive(Clone, Debug)]
pub struct Param {
    /// Name in checkpoints: `main.0.weight`.
    pub name: String,
    /// The shape, in `PyTorch`'s order of axes.
    pub shape: Vec<i64>,
    /// How it lies in memory.
    pub storage: Storage,
    /// How it begins.
    pub init: Init,
}

struct Entry {
    param: Param,
    start: i64,
    len: i64,
}

/// The parameters of one network. `master` is 32-bit; in bf16 the heavy ones have a working copy, cast once a step.
pub struct Bank {
    entries: Vec<Entry>,
    master: Tensor,
    work: Option<Tensor>,
    heavy: i64,
    leaves: Vec<Tensor>,
    /// Slices that keep their numbers while the others learn: start and length.
    frozen: Vec<(i64, i64)>,
}

impl Bank {
    /// Makes and initialises the parameters, drawing from torch's global generator. Their order is kept in [`Bank::leaf`].
    pub fn new(params: Vec<Param>, precision: Precision, device: Device) -> Result<Self> {
        let count = |p: &Param| p.shape.iter().product::<i64>();
        let heavy: i64 = params.iter().filter(|p| p.storage.is_heavy()).map(count).sum();
        let (mut at_heavy, mut at_plain) = (0, heavy);
        let mut entries = Vec::with_capacity(params.len());
        for param in params {
            let len = count(&param);
            // Heavy ones first: the working copy is then one slice of the buffer.
            let at = if param.storage.is_heavy() { &mut at_heavy } else { &mut at_plain };
            let start = *at;
            *at += len;
            entries.push(Entry { param, start, len });
        }
        let _guard = tch::no_grad_guard();
        let mut master = Tensor::f_zeros([at_plain], (Kind::Float, device)).context("no memory for the parameters")?;
        for entry in &entries {
            let mut slice = master.narrow(0, entry.start, entry.len);
            match entry.param.init {
                Init::Normal(mean, std) => drop(slice.normal_(mean, std)),
                Init::Uniform(a) => drop(slice.uniform_(-a, a)),
                Init::Constant(value) => drop(slice.fill_(value)),
            }
        }
        let _ = master.requires_grad_(false);
        let work = (precision == Precision::Bf16).then(|| master.narrow(0, 0, heavy).to_kind(Kind::BFloat16));
        let mut bank = Self { entries, master, work, heavy, leaves: Vec::new(), frozen: Vec::new() };
        bank.leaves = (0..bank.entries.len()).map(|i| bank.view(i, true).detach().set_requires_grad(true)).collect();
        Ok(bank)
    }

    /// Parameter `index` as the forward pass uses it, in its `PyTorch` shape.
    pub fn leaf(&self, index: usize) -> &Tensor {
        &self.leaves[index]
    }

    /// All parameters as the forward pass uses them, in order.
    pub fn leaves(&self) -> &[Tensor] {
        &self.leaves
    }

    /// All 32-bit numbers, flat.
    pub fn master(&self) -> &Tensor {
        &self.master
    }

    /// Where the parameters live.
    pub fn device(&self) -> Device {
        self.master.device()
    }

    /// How many numbers there are.
    pub fn len(&self) -> i64 {
        self.master.numel() as i64
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gradient of a loss with respect to every parameter, as one flat 32-bit tensor; 0 where the loss does not depend on one. Other
    /// networks in the graph are passed through without gradients of their own weights being calculated.
    pub fn gradient(&self, loss: &Tensor) -> Result<Tensor> {
        Ok(self.gradient_and(loss, &[])?.0)
    }

    /// The same, and the gradients with respect to further tensors that want one.
    pub fn gradient_and(&self, loss: &Tensor, further: &[&Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
        let leaves: Vec<&Tensor> = self.leaves.iter().chain(further.iter().copied()).collect();
        let mut grads = Tensor::f_run_backward(&[loss], &leaves, false, false)?;
        let _guard = tch::no_grad_guard();
        for (grad, leaf) in grads.iter_mut().zip(&leaves).filter(|(grad, _)| !grad.defined()) {
            *grad = leaf.zeros_like();
        }
        let further = grads.split_off(self.leaves.len());
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        order.sort_by_key(|&i| self.entries[i].start);
        let flat: Vec<Tensor> = order.iter().map(|&i| to_storage(&grads[i], self.entries[i].param.storage)).collect();
        // One cast for all heavy ones: they stand together.
        let heavy_count = order.iter().filter(|&&i| self.entries[i].param.storage.is_heavy()).count();
        let parts: Vec<Tensor> = [&flat[..heavy_count], &flat[heavy_count..]]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| Tensor::cat(part, 0).to_kind(Kind::Float))
            .collect();
        Ok((Tensor::cat(&parts, 0), further))
    }

    /// Changes the master weights and brings the working copy up to date.
    pub fn update(&mut self, change: impl FnOnce(&mut Tensor)) {
        let _guard = tch::no_grad_guard();
        change(&mut self.master);
        if let Some(work) = &mut self.work {
            work.copy_(&self.master.narrow(0, 0, self.heavy));
        }
    }

    /// A flat tensor of the same length as this bank (master, average, moments) as arrays by name; one copy from the device.
    pub fn arrays_of(&self, flat: &Tensor, into: &mut Arrays) -> Result<()> {
        let _guard = tch::no_grad_guard();
        let flat = flat.f_to_device(Device::Cpu)?;
        for entry in &self.entries {
            let slice = flat.narrow(0, entry.start, entry.len);
            into.insert(entry.param.name.clone(), to_array(&from_storage(&slice, &entry.param))?);
        }
        Ok(())
    }

    /// The flat tensor that belongs to arrays by name, on the bank's device; every name must be there in its exact shape, others are
    /// not looked at. One copy to the device.
    pub fn flat_from(&self, arrays: &Arrays) -> Result<Tensor> {
        let _guard = tch::no_grad_guard();
        let flat = Tensor::zeros([self.len()], (Kind::Float, Device::Cpu));
        for entry in &self.entries {
            let array = check(arrays, &entry.param.name, &entry.param.shape)?;
            let stored = to_storage(&to_tensor(array), entry.param.storage);
            flat.narrow(0, entry.start, entry.len).copy_(&stored);
        }
        Ok(flat.f_to_device(self.device())?.set_requires_grad(false))
    }

    fn view(&self, index: usize, working: bool) -> Tensor {
        let entry = &self.entries[index];
        let base = match &self.work {
            Some(work) if working && entry.start < self.heavy => work,
            _ => &self.master,
        };
        from_storage(&base.narrow(0, entry.start, entry.len), &entry.param)
    }
}

/// Views a slice of the buffer in the shape that `PyTorch` has.
fn from_storage(slice: &Tensor, param: &Param) -> Tensor {
    let s = &param.shape;
    match param.storage {
        Storage::Plain | Storage::Matrix => slice.view(s.as_slice()),
        Storage::ChannelsLast => slice.view([s[0], s[2], s[3], s[1]].as_slice()).permute([0, 3, 1, 2]),
    }
}

/// From the `PyTorch` shape to a flat slice; a view where the memory lies right.
fn to_storage(tensor: &Tensor, storage: Storage) -> Tensor {
    match storage {
        Storage::Plain | Storage::Matrix => tensor.reshape([-1]),
        Storage::ChannelsLast => tensor.permute([0, 2, 3, 1]).reshape([-1]),
    }
}

/// An array by name, if its shape is exactly this; one sentence if not. Shapes that would broadcast are refused too.
pub fn check<'a>(arrays: &'a Arrays, name: &str, shape: &[i64]) -> Result<&'a Array> {
    let array = arrays.get(name).with_context(|| format!("The weights lack {name}."))?;
    let same = array.shape.len() == shape.len() && array.shape.iter().zip(shape).all(|(&a, &b)| a as i64 == b);
    ensure!(same, "{name} has shape {:?} where {shape:?} is needed.", array.shape);
    ensure!(
        array.data.len() as i64 == shape.iter().product::<i64>(),
        "{name} does not hold as many numbers as its shape says."
    );
    Ok(array)
}

/// A tensor's numbers, row by row.
pub fn to_array(tensor: &Tensor) -> Result<Array> {
    let flat = tensor.to_kind(Kind::Float).contiguous().view([-1]);
    let mut data = vec![0f32; flat.numel()];
    let count = data.len();
    flat.f_copy_data(&mut data, count)?;
    Ok(Array { shape: tensor.size().iter().map(|&n| n as usize).collect(), data })
}

/// An array as a 32-bit tensor.
pub fn to_tensor(array: &Array) -> Tensor {
    let shape: Vec<i64> = array.shape.iter().map(|&n| n as i64).collect();
    Tensor::from_slice(&array.data).view(shape.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank(precision: Precision) -> Bank {
        tch::manual_seed(3);
        let params = vec![
            Param {
                name: "w".into(),
                shape: vec![4, 3, 2, 2],
                storage: Storage::ChannelsLast,
                init: Init::Normal(0.0, 1.0),
            },
            Param { name: "b".into(), shape: vec![5], storage: Storage::Plain, init: Init::Constant(0.5) },
            Param {
                name: "u".into(),
                shape: vec![2, 4, 1, 1],
                storage: Storage::ChannelsLast,
                init: Init::Normal(0.0, 1.0),
            },
        ];
        Bank::new(params, precision, Device::Cpu).unwrap()
    }

    #[test]
    fn arrays_come_back_as_they_went() {
        let a = bank(Precision::Fp32);
        let mut arrays = Arrays::new();
        a.arrays_of(a.master(), &mut arrays).unwrap();
        assert_eq!(arrays["w"].shape, [4, 3, 2, 2]);
        assert_eq!(to_array(a.leaf(0)).unwrap(), arrays["w"]);
        assert_eq!(a.flat_from(&arrays).unwrap(), *a.master());
        arrays.get_mut("w").unwrap().shape = vec![1, 3, 2, 2];
        assert!(a.flat_from(&arrays).unwrap_err().to_string().contains("w has shape"));
        arrays.remove("w");
        assert!(a.flat_from(&arrays).unwrap_err().to_string().contains("lack w"));
    }

    #[test]
    fn the_gradient_is_flat_and_in_the_order_of_the_buffer() {
        for precision in [Precision::Fp32, Precision::Bf16] {
            let mut a = bank(precision);
            // d/dw of sum(w²)/2 is w, of 3·sum(b) is 3, of sum(u) is 1.
            let loss = (a.leaf(0) * a.leaf(0)).to_kind(Kind::Float).sum(Kind::Float) * 0.5
                + a.leaf(1).sum(Kind::Float) * 3.0
                + a.leaf(2).to_kind(Kind::Float).sum(Kind::Float);
            let grad = a.gradient(&loss).unwrap();
            let mut arrays = Arrays::new();
            a.arrays_of(&grad, &mut arrays).unwrap();
            let w = to_array(a.leaf(0)).unwrap();
            assert!(arrays["w"].data.iter().zip(&w.data).all(|(g, w)| (g - w).abs() < 0.02), "{precision:?}");
            assert_eq!(arrays["b"].data, [3.0; 5]);
            assert_eq!(arrays["u"].data, [1.0; 8]);
            a.update(|master| drop(master.fill_(2.0)));
            assert_eq!(to_array(a.leaf(2)).unwrap().data, [2.0; 8], "leaves see the update");
        }
    }
}
