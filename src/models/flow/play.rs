//! Decoding of a flow: the latent and the seed give the noise, which an ODE solver carries to a picture.

use super::networks::{Shape, UNet};
use crate::{
    latent::{Code, mix, normal},
    models::common::prelude::*,
    nn::{Device, Frozen, Kind, Numbers, Tensor},
    spec::{DataShape, Knob, Knobs},
};
use anyhow::Result;

/// Random streams of a code's seed: for the noise that the latent does not set, and for the class where none is asked for.
const STREAM_NOISE: u64 = 1;
const STREAM_CLASS: u64 = 2;

/// The dials `steps solver guidance`.
pub fn dials() -> Vec<Knob> {
    vec![
        knobs::model("steps", "Steps", int(1, 100, 20))
            .help("In how many steps noise becomes a picture. 20 is nearly as good as it gets; fewer are quicker and blurred.")
            .live(),
        knobs::model("solver", "Solver", choice(&["euler", "heun"], "euler"))
            .help("How a step is made. Heun looks ahead and corrects itself: each step takes twice as long, and half as many or fewer do.")
            .live(),
        knobs::live("guidance", "Guidance", real(0.0, 8.0, 1.5))
            .help("How firmly the class is insisted on. 1 is as learned, more is clearer and less varied, 0 ignores the class."),
    ]
}

/// The ODE solver: number of steps, method and classifier-free guidance (Ho & Salimans 2022).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    steps: usize,
    heun: bool,
    guidance: f64,
}

impl Sampler {
    /// The solver that a code's dials ask for.
    fn of(code: &Code, size: i64) -> Self {
        let mut set = Knobs::start(&dials());
        set.0.extend(code.dials.0.clone());
        let (steps, heun) = (set.int("steps").max(1), set.text("solver") == "heun");
        let guidance = set.real("guidance");
        if code.draft {
            return Self { steps: steps.min(draft_steps(size)), heun: false, guidance };
        }
        Self { steps, heun, guidance }
    }

    /// Integrates `x` along a velocity field from time 0 to 1 in equal steps.
    fn carry(&self, mut x: Tensor, velocity: &mut dyn FnMut(&Tensor, f64) -> Tensor) -> Tensor {
        let length = 1.0 / self.steps as f64;
        for step in 0..self.steps {
            let v = velocity(&x, step as f64 * length);
            let ahead = &x + &v * length;
            x = if self.heun {
                let there = velocity(&ahead, (step + 1) as f64 * length);
                x + (v + there) * (length / 2.0)
            } else {
                ahead
            };
        }
        x
    }
}

/// Steps of a draft: as many as one thread does within 33 ms. One step would not do, because at pure noise the best velocity leads to
/// the mean of all pictures. Two give the shape, four are hard to tell from twenty.
fn draft_steps(size: i64) -> usize {
    if size > 32 { 2 } else { 4 }
}

/// Starting noise in the basis of the DCT-II over rows, columns and channels: the latent sets the amplitudes of the lowest frequencies, the
/// seed those of the others. The basis is orthonormal, so that standard normal amplitudes are standard normal noise.
struct NoiseBasis {
    /// Matrices whose rows are the basis functions: over a side, over channels.
    side: Tensor,
    colours: Tensor,
    /// Positions of the latent's numbers in the C×S×S amplitudes.
    sliders: Vec<usize>,
}

impl NoiseBasis {
    fn new(shape: &Shape, z_dim: usize) -> Self {
        let (s, c) = (shape.size as usize, shape.channels as usize);
        // Lowest frequencies first; of equal ones brightness before colour.
        let mut order: Vec<_> =
            (0..c).flat_map(|k| (0..s).flat_map(move |u| (0..s).map(move |v| (u * u + v * v, k, u, v)))).collect();
        order.sort_unstable();
        let sliders = order.into_iter().take(z_dim).map(|(_, k, u, v)| (k * s + u) * s + v).collect();
        Self { side: cosines(s), colours: cosines(c), sliders }
    }

    /// The noise of a code, 1×C×S×S, times ψ.
    fn noise(&self, code: &Code) -> Tensor {
        let (s, c) = (self.side.size()[0], self.colours.size()[0]);
        let mut amplitudes = normal(mix(&[code.noise_seed, STREAM_NOISE]), (c * s * s) as usize);
        for (&at, &z) in self.sliders.iter().zip(&code.z) {
            amplitudes[at] = z;
        }
        let x = Tensor::from_slice(&amplitudes).view([c, s, s]) * f64::from(code.psi);
        let x = self.side.transpose(0, 1).matmul(&x).matmul(&self.side);
        self.colours.transpose(0, 1).matmul(&x.view([c, s * s])).view([1, c, s, s])
    }
}

/// The orthonormal DCT-II of n points: row k is √(2/n)·cos(π·k·(i + ½)/n), the first √(1/n).
fn cosines(n: usize) -> Tensor {
    let mut rows = Vec::with_capacity(n * n);
    for k in 0..n {
        let size = ((if k == 0 { 1.0 } else { 2.0 }) / n as f64).sqrt();
        rows.extend((0..n).map(|i| {
            let angle = std::f64::consts::PI * k as f64 * (i as f64 + 0.5) / n as f64;
            (size * angle.cos()) as f32
        }));
    }
    Tensor::from_slice(&rows).view([n as i64, n as i64])
}

/// The velocity network of one flow, and the noise that it begins with.
pub struct FlowDecoder {
    shape: Shape,
    net: UNet,
    waves: NoiseBasis,
}

impl Networks for FlowDecoder {
    fn plan(knobs: &Knobs, data: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let shape = Shape::read(knobs, data);
        let (plan, net) = UNet::new(shape);
        Ok((Self { shape, net, waves: NoiseBasis::new(&shape, knobs.int("z_dim")) }, plan.into()))
    }
}

impl FlowDecoder {
    /// Weights of the classes, which sum to 1. Where a code asks for none its seed picks one, which looks clearer than a blend of all.
    fn row(&self, code: &Code) -> Vec<f32> {
        let mut row = vec![0f32; self.shape.classes as usize];
        for &(class, weight) in &code.classes {
            if let Some(own) = row.get_mut(class as usize) {
                *own += weight.max(0.0);
            }
        }
        let sum: f32 = row.iter().sum();
        if sum > 0.0 {
            for weight in &mut row {
                *weight /= sum;
            }
        } else if !row.is_empty() {
            let any = mix(&[code.noise_seed, STREAM_CLASS]) % row.len() as u64;
            row[any as usize] = 1.0;
        }
        row
    }

    /// Decodes N codes with the same solver to N×C×S×S.
    fn draw(&self, numbers: &Frozen, codes: &[Code], way: Sampler) -> Result<Tensor> {
        let noise: Vec<Tensor> = codes.iter().map(|code| self.waves.noise(code)).collect();
        let noise = Tensor::f_cat(&noise, 0)?.f_to_device(numbers.device())?;
        let n = codes.len() as i64;
        let rows = if self.shape.classes > 0 && way.guidance > 0.0 {
            let flat: Vec<f32> = codes.iter().flat_map(|code| self.row(code)).collect();
            Some(Tensor::from_slice(&flat).view([n, self.shape.classes]).f_to_device(numbers.device())?)
        } else {
            None
        };
        let time = |n: i64, t: f64| Tensor::full([n], t, (Kind::Float, numbers.device()));
        // With and without the class in one batch.
        let both =
            rows.as_ref().filter(|_| (way.guidance - 1.0).abs() > 1e-6).map(|r| Tensor::cat(&[r, &r.zeros_like()], 0));
        Ok(way.carry(noise, &mut |x, t| {
            let Some(both) = &both else { return self.net.forward(numbers, x, &time(n, t), rows.as_ref()) };
            let v = self.net.forward(numbers, &Tensor::cat(&[x, x], 0), &time(2 * n, t), Some(both));
            let (with, without) = (v.narrow(0, 0, n), v.narrow(0, n, n));
            without.lerp(&with, way.guidance)
        }))
    }
}

impl Decoder for FlowDecoder {
    type Loaded = Frozen;
    /// Decoding takes many passes, and the latent is the smaller part of the noise.
    const DIFFERENTIABLE: bool = false;

    fn load(&self, source: &Source) -> Result<Frozen> {
        source.frozen()
    }

    fn decode(&self, numbers: &Frozen, _: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let way = |code: &Code| Sampler::of(code, self.shape.size);
        let alike = codes.chunk_by(|a, b| way(a) == way(b));
        let pictures = alike.map(|codes| self.draw(numbers, codes, way(&codes[0]))).collect::<Result<Vec<_>>>()?;
        Ok(Tensor::f_cat(&pictures, 0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            Player,
            common::testing::{NetPlayer, plain},
        },
        nn::{self, Network, Precision},
        spec::Value,
    };

    fn number(x: &Tensor) -> f64 {
        f64::try_from(x).unwrap()
    }

    fn way(steps: usize, heun: bool) -> Sampler {
        Sampler { steps, heun, guidance: 1.0 }
    }

    fn small() -> Shape {
        Shape { size: 28, channels: 1, width: 4, classes: 3, attention: false }
    }

    #[test]
    fn euler_lands_on_a_point_mass_in_any_number_of_steps() {
        let (noise, goal) = (Tensor::from_slice(&[3.0, -2.0]), Tensor::from_slice(&[0.25, 0.75]));
        for steps in [1, 2, 3, 7, 20] {
            let mut calls = 0;
            let end = way(steps, false).carry(noise.copy(), &mut |x, t| {
                calls += 1;
                (&goal - x) / (1.0 - t)
            });
            assert!(number(&(end - &goal).abs().max()) < 1e-12);
            assert_eq!(calls, steps);
        }
    }

    #[test]
    fn twice_the_steps_halve_eulers_error_and_quarter_heuns() {
        // dx/dt = x from 1 leads to e.
        let error = |steps, heun| {
            let mut calls = 0;
            let end = way(steps, heun).carry(Tensor::from_slice(&[1.0]), &mut |x, _| {
                calls += 1;
                x.copy()
            });
            assert_eq!(calls, if heun { 2 * steps } else { steps });
            (number(&end.sum(Kind::Double)) - std::f64::consts::E).abs()
        };
        for (heun, ratio) in [(false, 2.0), (true, 4.0)] {
            let got = error(40, heun) / error(80, heun);
            assert!((got - ratio).abs() < 0.05 * ratio, "{heun}: {got}");
        }
        assert!((error(1, true) - (std::f64::consts::E - 2.5)).abs() < 1e-9, "1 + 1 + ½");
    }

    #[test]
    fn a_draft_takes_few_steps_and_dials_the_steps_they_say() {
        let mut code = Code::from_seed(1, 4);
        assert_eq!(Sampler::of(&code, 28), Sampler { steps: 20, heun: false, guidance: 1.5 });
        code.dials.put("steps", Value::Int(7));
        code.dials.put("solver", Value::Text("heun".into()));
        code.dials.put("guidance", Value::Real(3.0));
        assert_eq!(Sampler::of(&code, 28), Sampler { steps: 7, heun: true, guidance: 3.0 });
        code.draft = true;
        assert_eq!(Sampler::of(&code, 28), Sampler { steps: 4, heun: false, guidance: 3.0 });
        assert_eq!(Sampler::of(&code, 128).steps, 2);
        code.dials.put("steps", Value::Int(1));
        assert_eq!(Sampler::of(&code, 28).steps, 1, "a draft takes no more than was asked for");
    }

    #[test]
    fn the_waves_are_orthonormal_and_the_noise_is_standard_normal() {
        for n in [1, 3, 28] {
            let rows = cosines(n);
            let apart = rows.matmul(&rows.transpose(0, 1)) - Tensor::eye(n as i64, (Kind::Float, Device::Cpu));
            assert!(number(&apart.abs().max().to_kind(Kind::Double)) < 1e-5);
        }
        let shape = Shape { channels: 3, ..small() };
        let waves = NoiseBasis::new(&shape, 64);
        assert_eq!(
            waves.sliders[..3],
            [0, 28 * 28, 2 * 28 * 28],
            "brightness and the two colours of the whole picture"
        );
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for seed in 0..40 {
            let x = waves.noise(&Code::from_seed(seed, 64)).to_kind(Kind::Double);
            sum += number(&x.sum(Kind::Double));
            squares += number(&x.square().sum(Kind::Double));
            count += x.numel() as f64;
        }
        let (mean, variance) = (sum / count, squares / count);
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn a_slider_moves_its_wave_and_nothing_else() {
        let waves = NoiseBasis::new(&small(), 4);
        let code = Code::from_seed(3, 4);
        let mut moved = code.clone();
        moved.z[0] += 2.8;
        // The slowest wave is the same everywhere: 2.8 · √(1/28) · √(1/28).
        let change = waves.noise(&moved) - waves.noise(&code);
        assert!(number(&(change - 0.1).abs().max().to_kind(Kind::Double)) < 1e-5);
        let still = Code { psi: 0.0, ..code };
        assert!(number(&waves.noise(&still).abs().max().to_kind(Kind::Double)) < 1e-9, "ψ scales all of it");
    }

    #[test]
    fn classes_change_the_picture_and_guidance_insists_on_them() {
        let player = {
            nn::seed_global(1);
            let data = DataShape { classes: 3, ..plain(2, 28, 1) };
            let sizes = [("size", 28), ("channels", 1), ("z_dim", 4), ("width", 4)];
            let mut knobs = Knobs(sizes.map(|(id, value)| (id.to_owned(), Value::Int(value))).into());
            knobs.put("attention", Value::Flag(false));
            knobs.put("precision", Value::Text("fp32".into()));
            let mut player = NetPlayer::<FlowDecoder>::new(&knobs, &data, Device::Cpu).unwrap();
            let (plan, _) = UNet::new(player.decoder.shape);
            let mut network = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            // Some layers are initialised to 0: perturb them.
            network.bank.update(|master| drop(master.g_add_(&(master.randn_like() * 0.1))));
            let arrays = network.arrays(network.bank.master(), &network.noted()).unwrap();
            player.load_weights(&arrays, None).unwrap();
            player
        };
        let code = |classes: &[(u32, f32)], guidance: f64| {
            let mut code = Code { classes: classes.to_vec(), ..Code::from_seed(5, 4) };
            code.dials.put("guidance", Value::Real(guidance));
            code
        };
        let apart = |a: &Code, b: &Code| {
            let both = player.play(&[a.clone(), b.clone()]).unwrap();
            both[0].rgb.iter().zip(both[1].rgb.iter()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>()
        };
        let learned = apart(&code(&[(0, 1.0)], 1.0), &code(&[(1, 1.0)], 1.0));
        assert!(learned > 0);
        assert!(apart(&code(&[(0, 1.0)], 4.0), &code(&[(1, 1.0)], 4.0)) > learned);
        assert_eq!(apart(&code(&[(0, 1.0)], 0.0), &code(&[(1, 1.0)], 0.0)), 0, "guidance 0 ignores the class");
        assert!(apart(&code(&[(0, 1.0), (1, 1.0)], 1.0), &code(&[(1, 1.0)], 1.0)) > 0, "half and half");
        assert_eq!(
            apart(&code(&[(0, 2.0), (9, 1.0)], 1.0), &code(&[(0, 1.0)], 1.0)),
            0,
            "weights are shares of known ones"
        );
        let any = player.decoder.row(&code(&[], 1.0));
        let mut sorted = any.clone();
        sorted.sort_by(f32::total_cmp);
        assert_eq!(sorted, [0.0, 0.0, 1.0], "the seed picks one: {any:?}");
    }
}
