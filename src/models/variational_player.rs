//! Plays a variational autoencoder: codes and classes → pictures, and back.

use super::{
    Decoded, NegativeElbo, Player, classes,
    conv_nets::{self, Shape},
    mixture::{self, Mixture},
    negative_elbo, rows,
    variational_nets::{Likelihood, Net, Posterior},
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Normalisation, Plan, Precision, Tensor, losses},
    picture::{Picture, Pixels},
    spec::Knobs,
    weights::{Array, Arrays},
};
use anyhow::{Context, Result, ensure};

/// A variational autoencoder's own copy of the weights.
pub struct VariationalPlayer {
    shape: Shape,
    plan: Plan,
    net: Net,
    likelihood: Likelihood,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    taken: Option<Taken>,
}

struct Taken {
    numbers: Frozen,
    importance: Vec<f32>,
    mixture: Option<Mixture>,
}

impl VariationalPlayer {
    /// A player without weights; `classes` is 0 where the network is told none.
    pub fn new(knobs: &Knobs, classes: usize, device: Device) -> Self {
        let shape = Shape::read(knobs, classes);
        let (plan, net) = Net::plan(&shape);
        let precision = Precision::from_word(knobs.text("precision"), device);
        let (likelihood, normalisation) = (Likelihood::read(knobs), Normalisation::read(knobs));
        Self { shape, plan, net, likelihood, precision, device, normalisation, taken: None }
    }

    fn taken(&self) -> Result<&Taken> {
        self.taken.as_ref().context("There are no weights to play yet.")
    }

    /// N×z latents, scaled by the codes' truncations → N×C×S×S pictures.
    fn draw(&self, taken: &Taken, z: Tensor, codes: &[Code]) -> Result<Tensor> {
        let z = match &taken.mixture {
            Some(mixture) => mixture::carried(z, codes, mixture)?,
            None => z,
        };
        let told = match self.shape.classes {
            0 => None,
            count => Some(classes::rows(codes, count as usize, self.device)?),
        };
        Ok(conv_nets::picture(&self.net.decode(&taken.numbers, &z, told.as_ref())))
    }

    /// −ELBO of each of N pictures in [−1, 1] at the places from `first` on, with N×K rows of classes where it is told them.
    fn bounds(&self, x: &Tensor, told: Option<&Tensor>, seed: u64, first: u64) -> Result<Vec<f64>> {
        let Taken { numbers, .. } = self.taken()?;
        let places = first..first + x.size()[0] as u64;
        let posterior = self.net.posterior(numbers, &self.net.encoder.features(numbers, x), told);
        let noise = negative_elbo::draws(seed, places.clone(), self.shape.z_dim, self.device)?;
        let logits = self.net.decode(numbers, &posterior.sample(&noise), told);
        let levels = conv_nets::levels(x);
        let pixels = match self.likelihood {
            Likelihood::Bernoulli => losses::bce_each(&logits, &negative_elbo::tossed(&levels, seed, places)?),
            Likelihood::Gaussian(sigma) => negative_elbo::level_nats(&logits.sigmoid(), &levels, sigma),
        };
        negative_elbo::summed(&pixels, &posterior.kl_each())
    }

    /// The posterior's means as codes.
    fn plain_codes(&self, taken: &Taken, x: &Tensor) -> Result<Vec<Code>> {
        let Taken { numbers, mixture, .. } = taken;
        let Posterior { mean, .. } = self.net.posterior(numbers, &self.net.encoder.features(numbers, x), None);
        rows::codes(&mixture.as_ref().map_or_else(|| mean.shallow_clone(), |mixture| mixture.normals(&mean)))
    }

    /// For each picture the class under which it costs the fewest nats (reconstruction from the posterior's mean, plus KL), and the
    /// posterior's mean under that class.
    fn classed_codes(&self, numbers: &Frozen, x: &Tensor) -> Result<Vec<Code>> {
        let (count, classes) = (x.size()[0] as usize, self.shape.classes as usize);
        let features = self.net.encoder.features(numbers, x);
        let (mut means, mut costs) = (Vec::new(), Vec::new());
        for class in 0..classes {
            let told = nn::one_hot(&vec![class as u32; count], classes, self.device);
            let posterior = self.net.posterior(numbers, &features, Some(&told));
            let logits = self.net.decode(numbers, &posterior.mean, Some(&told));
            let kl = posterior.kl_each().sum_dim_intlist(1, false, Kind::Float);
            costs.push(Vec::<f32>::try_from(self.likelihood.each(&logits, x) + kl)?);
            means.push(Vec::<Vec<f32>>::try_from(posterior.mean)?);
        }
        let cheapest = |i: usize| (0..classes).min_by(|&a, &b| costs[a][i].total_cmp(&costs[b][i])).unwrap_or(0);
        Ok((0..count)
            .map(|i| {
                let class = cheapest(i);
                let classes = vec![(class as u32, 1.0)];
                Code { z: std::mem::take(&mut means[class][i]), psi: 1.0, classes, ..Code::default() }
            })
            .collect())
    }
}

impl Player for VariationalPlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, _: Option<&Arrays>) -> Result<()> {
        let numbers = Frozen::read(&self.plan, generator, self.precision, self.device)?;
        let importance = Vec::try_from(self.net.noted(&numbers))?;
        let mixture = self.net.codes.map(|fitted| fitted.read(&numbers)).transpose()?;
        self.taken = Some(Taken { numbers, importance, mixture });
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let taken = self.taken()?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        self.normalisation.to_pictures(&self.draw(
            taken,
            rows::latents(codes, self.shape.z_dim, self.device)?,
            codes,
        )?)
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let z = rows::followed(z, codes, self.shape.z_dim, self.device)?;
        Ok(Some(Decoded {
            pictures: self.normalisation.to_brightness(self.draw(self.taken()?, z, codes)?),
            logits: None,
        }))
    }

    fn decode_array(&self, codes: &[Code]) -> Result<Option<Array>> {
        if self.shape.classes > 0 {
            return Ok(None);
        }
        let _guard = nn::without_gradients();
        let z = rows::latents(codes, self.shape.z_dim, self.device)?;
        nn::to_array(&conv_nets::picture(&self.net.decode(&self.taken()?.numbers, &z, None))).map(Some)
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let taken = self.taken()?;
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let _guard = nn::without_gradients();
        let (size, channels) = (self.shape.size, self.shape.channels as usize);
        let x = self.normalisation.from_pictures(pictures, size, channels, Kind::Float, self.device)?;
        let codes =
            if self.shape.classes == 0 { self.plain_codes(taken, &x) } else { self.classed_codes(&taken.numbers, &x) };
        codes.map(Some)
    }

    fn negative_elbo(&self, pictures: &Pixels, labels: Option<&[u32]>, seed: u64) -> Result<Option<NegativeElbo>> {
        let _guard = nn::without_gradients();
        let (classes, mut nats) = (self.shape.classes as usize, Vec::with_capacity(pictures.count));
        let labels = labels.filter(|labels| labels.len() == pictures.count);
        ensure!(
            classes == 0 || labels.is_some(),
            "This family has to be told the classes, and these pictures have none."
        );
        let all: Vec<u32> = (0..pictures.count as u32).collect();
        for some in all.chunks(negative_elbo::ROUND) {
            let x = self.normalisation.from_pixels(&pictures.gather(some), Kind::Float, self.device)?;
            let own: Vec<u32> = some.iter().filter_map(|&i| Some(labels?[i as usize])).collect();
            let told = (classes > 0).then(|| nn::one_hot(&own, classes, self.device));
            nats.extend(self.bounds(&x, told.as_ref(), seed, u64::from(some[0]))?);
        }
        let pixels =
            if self.likelihood == Likelihood::Bernoulli { negative_elbo::BINARISED } else { negative_elbo::LEVELS };
        Ok(Some(NegativeElbo { nats, pixels }))
    }

    fn importance(&self) -> Option<Vec<f32>> {
        self.taken.as_ref().map(|t| t.importance.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{Batch, Model, StepInfo, variational},
        nn::bars::{self, Bar, Figure, Judge},
        picture::Pixels,
        spec::DataShape,
    };

    /// Two classes of one picture each: white above, white below.
    fn two_halves() -> (DataShape, Batch, [Picture; 2]) {
        let data = DataShape { count: 2, classes: 2, size: 28, channels: 1, paired: false, sides: None };
        let mut pixels = Pixels::new(28, 1);
        pixels.push(&[[255u8; 392], [0; 392]].concat());
        pixels.push(&[[0u8; 392], [255; 392]].concat());
        let pictures = [pixels.picture(0), pixels.picture(1)];
        (data, Batch { pictures: pixels.into(), labels: Some(vec![0, 1]), ..Batch::default() }, pictures)
    }

    fn apart(a: &Picture, b: &Picture) -> f64 {
        a.rgb.iter().zip(b.rgb.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.rgb.len() as f64
    }

    /// Steps after which all seeds that were tried have learned both classes.
    const STEPS: u64 = 300;

    /// A player of networks after this many steps on the two halves.
    fn trained(steps: u64) -> VariationalPlayer {
        nn::use_threads(bars::threads());
        nn::seed_global(bars::seed(2));
        let (data, batch, _) = two_halves();
        let table = variational::knobs(&data);
        let mut knobs = variational::presets(&data).pop().unwrap().set.complete(&table).unwrap();
        // So heavy a KL leaves nothing of the class to the latent.
        for assignment in ["lr=3e-3", "ema=0", "beta=100"] {
            knobs.set(&table, assignment).unwrap();
        }
        let mut model = variational::Variational::new(&knobs, data.classes, Device::Cpu).unwrap();
        for step in 0..steps {
            model.step(&batch, &StepInfo { step, horizon: STEPS }).unwrap();
        }
        let mut player = VariationalPlayer::new(&knobs, data.classes, Device::Cpu);
        assert_eq!(player.importance(), None);
        player.load_weights(&model.weights(0).unwrap().ema, None).unwrap();
        player
    }

    fn bound(player: &VariationalPlayer, labels: &[u32]) -> NegativeElbo {
        let (_, batch, _) = two_halves();
        let crate::nn::Pictures::Host(pixels) = &batch.pictures else { panic!("they are plain") };
        player.negative_elbo(pixels, Some(labels), 3).unwrap().unwrap()
    }

    /// The worst of both classes: how far from its own picture and from the other's what a class draws is, what a wrong class costs
    /// in nats, and how far from a picture what its code draws is.
    fn figures(player: &VariationalPlayer) -> [Figure; 4] {
        let (_, _, pictures) = two_halves();
        let (mut own, mut other, mut lost) = (0.0f64, f64::MAX, 0.0f64);
        for seed in 0..3 {
            let code = |class| Code { classes: vec![(class, 1.0)], ..Code::from_seed(seed, player.z_dim()) };
            for (class, drawn) in player.play(&[code(0), code(1)]).unwrap().iter().enumerate() {
                own = own.max(apart(drawn, &pictures[class]));
                other = other.min(apart(drawn, &pictures[1 - class]));
            }
        }
        let (right, wrong) = (bound(player, &[0, 1]).nats, bound(player, &[1, 0]).nats);
        let costs = right.iter().zip(&wrong).map(|(right, wrong)| wrong - right).fold(f64::MAX, f64::min);
        for (a, b) in player.play(&player.encode(&pictures).unwrap().unwrap()).unwrap().iter().zip(&pictures) {
            lost = lost.max(apart(a, b));
        }
        [
            ("levels from its own picture", own, Bar::Below(60.0)),
            ("levels from the other's", other, Bar::Above(160.0)),
            // Some seeds cost tens of nats and others thousands: what is more than enough counts alike.
            ("nats for a wrong class, 40 at most", costs.min(40.0), Bar::Above(20.0)),
            ("levels lost on the way", lost, Bar::Below(30.0)),
        ]
    }

    #[test]
    fn the_class_decides_what_is_drawn_and_is_found_again() {
        let mut judge = Judge::new("the_class_decides_what_is_drawn_and_is_found_again");
        judge.fails("cvae", "untrained", &figures(&trained(0)));
        let player = trained(STEPS);
        judge.passes("cvae", &figures(&player));
        assert!(player.importance().unwrap().iter().all(|kl| *kl >= 0.0));
        let own = bound(&player, &[0, 1]);
        assert_eq!((own.nats.len(), own.pixels), (2, "binarised"));
        assert_eq!(bound(&player, &[0, 1]), own);
        let found = player.encode(&two_halves().2).unwrap().unwrap();
        assert_eq!(found.iter().map(|c| c.classes[0].0).collect::<Vec<_>>(), [0, 1]);
        judge.close();
    }
}
