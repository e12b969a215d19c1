//! A Gaussian mixture fitted to the codes of a network while it trains, and a smooth map from the standard normal distribution to it.

use super::{knobs, rows};
use crate::{
    latent::Code,
    nn::{self, Device, Kind, Numbers, Plan, Tensor},
    spec::{Knob, Value},
    weights::pytorch::components,
};
use anyhow::{Context, Result, ensure};

/// Step size of the running statistics in the long run; the first batches weigh more.
const PACE: f64 = 0.005;
/// Added to each covariance's diagonal as a share of the mean variance, so that a component with a single code has a spread too.
const RIDGE: f64 = 1e-3;
/// Heun steps of the flow from noise to a code.
const STEPS: usize = 10;
/// Ratio of the largest to the smallest component's share above which the largest gives half of it away.
const UNEVEN: f64 = 10.0;
/// Variance of a new component as a share of that of its source.
const NARROW: f64 = 0.25;

/// Running sums of a mixture's statistics in four buffers of a network's plan, refined batch by batch (online EM: Cappé & Moulines 2009).
/// Codes drawn from what the encoder really uses look better than codes from the prior (Ghosh et al. 2020, "ex-post density estimation").
#[derive(Clone, Copy, Debug)]
pub struct FittedMixture {
    batches: usize,
    share: usize,
    first: usize,
    second: usize,
    components: i64,
    width: i64,
}

/// Steps from one batch that updates the statistics to the next; every batch would cost more than it adds.
const EVERY: u64 = 8;

impl FittedMixture {
    /// Whether the statistics are updated at this step.
    pub fn is_due(step: u64) -> bool {
        step.is_multiple_of(EVERY)
    }

    /// Buffers `NAME.batches` (1), `NAME.share` (K), `NAME.first` (K×width) and `NAME.second` (K×width×width) for codes of `width` numbers.
    pub fn new(plan: &mut Plan, name: &str, width: i64) -> Self {
        let components = components(width as usize) as i64;
        let mut buffer = |part: &str, shape: &[i64]| plan.buffer(&format!("{name}.{part}"), shape, 0.0);
        Self {
            batches: buffer("batches", &[1]),
            share: buffer("share", &[components]),
            first: buffer("first", &[components, width]),
            second: buffer("second", &[components, width, width]),
            components,
            width,
        }
    }

    /// Updates the statistics with a batch of codes, N×width with N ≥ 1. Call it before the optimiser step, which also updates the moving
    /// average of these buffers. A batch with values that are not finite is ignored.
    pub fn update(&self, numbers: &dyn Numbers, codes: &Tensor) -> Result<()> {
        let _guard = nn::without_gradients();
        let codes = codes.detach().to_kind(Kind::Float);
        let seen = numbers.buffer(self.batches).double_value(&[0]);
        if !codes.sum(Kind::Float).double_value(&[]).is_finite() {
            return Ok(());
        }
        if seen < 0.5 {
            self.initialise(numbers, &codes);
        }
        let Ok(responsibilities) = self.responsibilities(numbers, &codes) else { return Ok(()) };
        let belonging = &responsibilities;
        let responsibilities = belonging / codes.size()[0] as f64;
        let pace = PACE.max(1.0 / (seen + 10.0));
        let note = |buffer: usize, value: &Tensor| drop(numbers.buffer(buffer).shallow_clone().lerp_(value, pace));
        note(self.share, &responsibilities.sum_dim_intlist(1i64, false, Kind::Float));
        note(self.first, &responsibilities.matmul(&codes));
        let weighted = responsibilities.unsqueeze(2) * codes.unsqueeze(0);
        note(self.second, &weighted.transpose(1, 2).matmul(&codes));
        let _ = numbers.buffer(self.batches).shallow_clone().f_add_scalar_(1.0)?;
        self.rebalance(numbers, &codes, belonging, seen as i64);
        Ok(())
    }

    /// Moves half of the largest component's share to the smallest one where they are too uneven: early in training all codes lie in one
    /// cluster, and components that coincide never separate by themselves.
    fn rebalance(&self, numbers: &dyn Numbers, codes: &Tensor, belonging: &Tensor, seen: i64) {
        let [share, first, second] = [self.share, self.first, self.second].map(|b| numbers.buffer(b).shallow_clone());
        let place = |x: &Tensor| x.int64_value(&[]);
        let (full, empty) = (place(&share.argmax(0, false)), place(&share.argmin(0, false)));
        if share.double_value(&[full]) <= UNEVEN * share.double_value(&[empty]) {
            return;
        }
        // A code of the largest component, a different one in each batch.
        let count = codes.size()[0];
        let own = belonging.select(0, full).gt(0.5).to_kind(Kind::Float).roll([-(seen % count)], [0i64]);
        let code = codes.select(0, (place(&own.argmax(0, false)) + seen) % count);
        let mean = first.select(0, full) / share.select(0, full);
        let covariance = second.select(0, full) / share.select(0, full) - mean.outer(&mean);
        for sums in [&share, &first, &second] {
            let _ = sums.select(0, full).g_mul_scalar_(0.5);
        }
        let half = share.select(0, full).copy();
        share.select(0, empty).copy_(&half);
        first.select(0, empty).copy_(&(&code * &half));
        second.select(0, empty).copy_(&((code.outer(&code) + covariance * NARROW) * &half));
    }

    /// Sets the first components: their means are codes of the batch, their covariances are equal.
    fn initialise(&self, numbers: &dyn Numbers, codes: &Tensor) {
        let count = codes.size()[0];
        let places: Vec<i64> = (0..self.components).map(|k| k % count).collect();
        let means = codes.index_select(0, &Tensor::from_slice(&places).to_device(codes.device()));
        let apart = codes - codes.mean_dim(0, false, Kind::Float);
        let spread = apart.square().mean(Kind::Float).clamp_min(1e-6) * NARROW;
        let eye = Tensor::eye(self.width, (Kind::Float, codes.device())) * spread;
        let share = 1.0 / self.components as f64;
        let put = |buffer: usize, value: &Tensor| numbers.buffer(buffer).shallow_clone().copy_(value);
        put(self.share, &(means.ones_like().select(1, 0) * share));
        put(self.first, &(&means * share));
        put(self.second, &((means.unsqueeze(2) * means.unsqueeze(1) + eye) * share));
    }

    /// The posterior probability of each component for each code, K×N; columns sum to 1.
    fn responsibilities(&self, numbers: &dyn Numbers, codes: &Tensor) -> Result<Tensor> {
        let (share, mean, covariance) = self.moments(&|buffer| numbers.buffer(buffer).shallow_clone());
        let ridge = covariance.diagonal(0, 1, 2).mean(Kind::Float).clamp_min(1e-9) * RIDGE;
        let eye = Tensor::eye(self.width, (Kind::Float, codes.device()));
        let factor = (covariance + eye * ridge).f_linalg_cholesky(false)?;
        let apart = (codes.unsqueeze(0) - mean.unsqueeze(1)).transpose(1, 2);
        let distance = factor.f_linalg_solve_triangular(&apart, false, true, false)?.square();
        let size = factor.diagonal(0, 1, 2).log().sum_dim_intlist(1i64, false, Kind::Float) - share.log();
        let logs = distance.sum_dim_intlist(1i64, false, Kind::Float) * -0.5 - size.unsqueeze(1);
        Ok(logs.softmax(0, Kind::Float))
    }

    /// Shares (K), means (K×width) and covariances (K×width×width) of the components, from the sums that `of` reads.
    fn moments(&self, of: &dyn Fn(usize) -> Tensor) -> (Tensor, Tensor, Tensor) {
        let share = of(self.share).clamp_min(1e-12);
        let mean = of(self.first) / share.unsqueeze(1);
        let second = of(self.second) / share.unsqueeze(1).unsqueeze(2);
        let covariance = second - mean.unsqueeze(2) * mean.unsqueeze(1);
        (share, mean, covariance)
    }

    /// The fitted mixture; the standard normal distribution before the first update.
    pub fn read(&self, numbers: &dyn Numbers) -> Result<Mixture> {
        let _guard = nn::without_gradients();
        let device = numbers.device();
        if numbers.buffer(self.batches).double_value(&[0]) <= 0.0 {
            let origin = Tensor::zeros([1, self.width], (Kind::Float, device));
            return Ok(Mixture { identity: true, ..Mixture::round(&origin, 1.0) });
        }
        let own = |buffer: usize| numbers.buffer(buffer).to_device(Device::Cpu).to_kind(Kind::Double);
        let (share, mean, covariance) = self.moments(&own);
        let spread = covariance.diagonal(0, 1, 2).mean(Kind::Double).double_value(&[]);
        ensure!(spread.is_finite(), "The codes noted in these weights are not finite, so their spread is unknown.");
        let ridge = spread.max(1e-9) * RIDGE;
        let (variance, axes) = covariance
            .f_linalg_eigh("L")
            .context("The codes noted in these weights have no spread that can be followed.")?;
        let away = |x: &Tensor| x.to_kind(Kind::Float).to_device(device);
        Ok(Mixture {
            identity: false,
            log_share: away(&(&share / share.sum(Kind::Double)).log()),
            mean: away(&mean),
            axes: Some(away(&axes)),
            variance: away(&(variance.clamp_min(0.0) + ridge)),
        })
    }
}

/// A mixture of K Gaussians, 32-bit: logarithms of their shares (K), means (K×width), main axes as columns (K×width×width; none where they
/// are those of the latent) and the variances along them (K×width).
#[derive(Debug)]
pub struct Mixture {
    /// No distribution was fitted yet: latents are codes.
    identity: bool,
    log_share: Tensor,
    mean: Tensor,
    axes: Option<Tensor>,
    variance: Tensor,
}

impl Mixture {
    /// Equally likely isotropic Gaussians with this standard deviation around K×width means.
    pub fn round(places: &Tensor, deviation: f64) -> Self {
        let (count, width) = (places.size()[0], places.size()[1]);
        let options = (Kind::Float, places.device());
        Self {
            identity: false,
            log_share: Tensor::full([count], -(count as f64).ln(), options),
            mean: places.to_kind(Kind::Float),
            axes: None,
            variance: Tensor::full([count, width], deviation * deviation, options),
        }
    }

    /// Maps standard normal rows, already scaled by the truncation, to codes: N×width → N×width. It integrates the rectified flow from noise
    /// to codes (Liu et al. 2023) with Heun's method; the velocity E[code − noise | point] has a closed form for a Gaussian mixture. The map
    /// is continuous and carries the normal distribution to the mixture.
    pub fn codes(&self, z: &Tensor) -> Tensor {
        self.follow(z, 0.0, 1.0)
    }

    /// Maps codes back to rows, N×width → N×width, so that [`Mixture::codes`] returns the codes again.
    pub fn normals(&self, codes: &Tensor) -> Tensor {
        let codes = codes.to_kind(Kind::Float);
        let mut rows = self.follow(&codes, 1.0, 0.0);
        // The inverse differs by discretisation errors: correct the rows by the error of the codes for as long as that helps.
        let mut missing = &codes - self.codes(&rows);
        for _ in 0..8 {
            let tried = &rows + &missing * 0.7;
            let left = &codes - self.codes(&tried);
            let length = |x: &Tensor| x.square().sum_dim_intlist(1i64, true, Kind::Float);
            let better = length(&left).lt_tensor(&length(&missing));
            (rows, missing) = (tried.where_self(&better, &rows), left.where_self(&better, &missing));
        }
        rows
    }

    fn follow(&self, from: &Tensor, begin: f64, end: f64) -> Tensor {
        let mut x = from.to_kind(Kind::Float);
        if self.identity {
            return x;
        }
        let stride = (end - begin) / STEPS as f64;
        for step in 0..STEPS {
            let t = begin + stride * step as f64;
            let v = self.velocity(&x, t);
            let ahead = self.velocity(&(&x + &v * stride), t + stride);
            // Not in place: `x` may share memory with the rows that were passed in.
            x = &x + (v + ahead) * (stride / 2.0);
        }
        x
    }

    /// The rows relative to each component at time `t`, along its axes (K×N×width), and the variances along them (K×width).
    fn seen(&self, x: &Tensor, t: f64) -> (Tensor, Tensor) {
        let apart = x.unsqueeze(0) - self.mean.unsqueeze(1) * t;
        let along = self.axes.as_ref().map_or_else(|| apart.shallow_clone(), |axes| apart.matmul(axes));
        (along, &self.variance * (t * t) + (1.0 - t) * (1.0 - t))
    }

    /// The posterior probability of each component for each row, K×N; columns sum to 1.
    fn responsibilities(&self, along: &Tensor, variance: &Tensor) -> Tensor {
        let distance = (along.square() / variance.unsqueeze(1)).sum_dim_intlist(2i64, false, Kind::Float);
        let size = variance.log().sum_dim_intlist(1i64, false, Kind::Float);
        ((distance + size.unsqueeze(1)) * -0.5 + self.log_share.unsqueeze(1)).softmax(0, Kind::Float)
    }

    fn velocity(&self, x: &Tensor, t: f64) -> Tensor {
        let (along, variance) = self.seen(x, t);
        let responsibilities = self.responsibilities(&along, &variance);
        let gain = (&self.variance * t - (1.0 - t)) / &variance;
        let turned = along * gain.unsqueeze(1);
        let back =
            self.axes.as_ref().map_or_else(|| turned.shallow_clone(), |axes| turned.matmul(&axes.transpose(1, 2)));
        let each = back + self.mean.unsqueeze(1);
        (responsibilities.unsqueeze(2) * each).sum_dim_intlist(0i64, false, Kind::Float)
    }
}

/// The dial of families that draw from a fitted mixture: `draws_from`.
pub fn dial() -> Knob {
    knobs::model("draws_from", "Draws from", knobs::choice(&["fitted", "prior"], "fitted"))
        .help("Where sliders lead: fitted follows the codes that training pictures really have; prior takes sliders as codes themselves, as textbooks do, and sometimes lands where no picture was.")
        .live()
}

/// Scales N×z latents by the codes' truncations and maps those whose dial says `fitted` to the mixture. Differentiable.
pub fn carried(z: &Tensor, codes: &[Code], mixture: &Mixture) -> Result<Tensor> {
    let z = rows::scaled(z, codes)?;
    let plain: Vec<bool> =
        codes.iter().map(|code| code.dials.get("draws_from") == Some(&Value::Text("prior".into()))).collect();
    if plain.iter().all(|plain| *plain) {
        return Ok(z);
    }
    let plain = Tensor::f_from_slice(&plain)?.to_device(z.device()).unsqueeze(1);
    Ok(z.where_self(&plain, &mixture.codes(&z)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        latent,
        nn::{Network, Precision},
    };

    fn normals(seed: u64, rows: i64, width: i64) -> Tensor {
        Tensor::from_slice(&latent::normal(seed, (rows * width) as usize)).view([rows, width])
    }

    /// A network of nothing but a mixture.
    fn noted(width: i64) -> (FittedMixture, Network) {
        let mut plan = Plan::default();
        let fitted = FittedMixture::new(&mut plan, "codes", width);
        (fitted, Network::new(plan, Precision::Fp32, Device::Cpu).unwrap())
    }

    fn gap(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn long_codes_have_fewer_components() {
        assert_eq!([1, 20, 64, 160, 161, 256].map(components), [100, 100, 12, 2, 1, 1]);
    }

    #[test]
    fn before_anything_was_noted_sliders_are_the_code() {
        let (fitted, net) = noted(3);
        let z = normals(1, 5, 3);
        let mixture = fitted.read(&net).unwrap();
        assert!(gap(&mixture.codes(&z), &z) == 0.0 && gap(&mixture.normals(&z), &z) == 0.0);
    }

    #[test]
    fn one_gaussian_is_reached_along_its_axes() {
        // In one dimension the way to a Gaussian ends at mean + deviation × noise.
        let one = |value: f64| Tensor::full([1, 1], value, (Kind::Float, Device::Cpu));
        let mixture = Mixture::round(&one(3.0), 0.5);
        let got: Vec<f32> =
            Vec::try_from(mixture.codes(&Tensor::from_slice(&[-2f32, 0.0, 1.0]).view([3, 1])).flatten(0, -1)).unwrap();
        assert!(got.iter().zip([2.0, 3.0, 3.5]).all(|(got, wanted)| (got - wanted).abs() < 0.02), "{got:?}");
    }

    #[test]
    fn two_clouds_are_found_and_drawn_and_the_way_back_leads_there() {
        let (fitted, net) = noted(2);
        // Two narrow clouds at (−2, 0) and (2, 1), one third and two thirds.
        let cloud = |seed: u64, rows: i64, at: [f32; 2]| normals(seed, rows, 2) * 0.3 + Tensor::from_slice(&at);
        for seed in 0..150 {
            let codes = Tensor::cat(&[cloud(2 * seed, 20, [-2.0, 0.0]), cloud(2 * seed + 1, 40, [2.0, 1.0])], 0);
            fitted.update(&net, &codes).unwrap();
        }
        let mixture = fitted.read(&net).unwrap();
        let drawn = mixture.codes(&normals(999, 2000, 2));
        let left = drawn.select(1, 0).lt(0.0);
        let share = left.to_kind(Kind::Float).mean(Kind::Float).double_value(&[]);
        assert!((share - 1.0 / 3.0).abs() < 0.05, "{share}");
        for (side, at) in [(&left, [-2.0, 0.0]), (&left.logical_not(), [2.0, 1.0])] {
            let places = side.nonzero().flatten(0, -1);
            let own = drawn.index_select(0, &places);
            let (mean, spread) = (own.mean_dim(0, false, Kind::Float), own.std_dim(0, true, false));
            for i in 0..2i64 {
                assert!((mean.double_value(&[i]) - at[i as usize]).abs() < 0.08, "{mean:?}");
                assert!((spread.double_value(&[i]) - 0.3).abs() < 0.1, "{spread:?}");
            }
        }
        let some = drawn.narrow(0, 0, 50);
        let again = mixture.codes(&mixture.normals(&some));
        let lost = (&again - &some).abs().mean(Kind::Float).double_value(&[]);
        assert!(lost < 0.02, "{lost}, at most {}", gap(&again, &some));
        // Without a jump: neighbours stay neighbours, also between the clouds.
        let z = normals(5, 64, 2);
        let moved = gap(&mixture.codes(&(&z + 1e-3)), &mixture.codes(&z));
        assert!(moved < 0.05, "{moved}");
    }

    #[test]
    fn the_dial_says_where_sliders_lead() {
        let mixture = Mixture::round(&Tensor::full([1, 1], 3.0, (Kind::Float, Device::Cpu)), 0.5);
        let fitted = Code { z: vec![2.0], psi: 0.5, ..Code::default() };
        let mut prior = fitted.clone();
        prior.dials.put("draws_from", Value::Text("prior".into()));
        let codes = [fitted, prior];
        let z = rows::latents(&codes, 1, Device::Cpu).unwrap();
        let got: Vec<f32> = Vec::try_from(carried(&z, &codes, &mixture).unwrap().flatten(0, -1)).unwrap();
        assert!((got[0] - 3.5).abs() < 0.02 && (got[1] - 1.0).abs() < 1e-6, "{got:?}");
    }

    #[test]
    fn clouds_that_part_late_are_told_apart() {
        let (fitted, net) = noted(2);
        // One heap at first, then four narrow clouds.
        (0..60).for_each(|seed| fitted.update(&net, &normals(seed, 64, 2)).unwrap());
        let corners = Tensor::from_slice(&[3f32, 3.0, 3.0, -3.0, -3.0, 3.0, -3.0, -3.0]).view([4, 2]).repeat([16, 1]);
        (60..260).for_each(|seed| fitted.update(&net, &(normals(seed, 64, 2) * 0.2 + &corners)).unwrap());
        let share = net.buffer(fitted.share);
        let uneven = share.max().double_value(&[]) / share.min().double_value(&[]);
        assert!(uneven < 20.0, "the fullest holds {uneven} times what the emptiest does");
    }

    #[test]
    fn broken_codes_are_passed_over() {
        let (fitted, net) = noted(2);
        fitted.update(&net, &normals(1, 6, 2)).unwrap();
        let before: Vec<f32> = Vec::try_from(net.noted()).unwrap();
        fitted.update(&net, &(normals(1, 6, 2) * f64::NAN)).unwrap();
        assert_eq!(Vec::<f32>::try_from(net.noted()).unwrap(), before);
    }
}
