//! Decoding and encoding of variational autoencoders, with classes or without.

use super::{Variational, networks::Likelihood};
use crate::{
    latent::Code,
    models::{
        autoencoder::{conv_layers, elbo::LoadedVae},
        common::{classes, negative_elbo, prelude::*},
    },
    nn::{self, Frozen, Kind, Numbers, Tensor, losses},
};
use anyhow::{Context, Result};
use std::ops::Range;

impl<const CONDITIONAL: bool> Variational<CONDITIONAL> {
    /// The code of each picture under its most likely class: the one with the lowest sum of reconstruction, from the posterior's mean, and
    /// KL. The latent is the posterior's mean under that class.
    fn classed_codes(&self, numbers: &Frozen, x: &Tensor) -> Result<Vec<Code>> {
        let (count, classes) = (x.size()[0] as usize, self.shape.classes as usize);
        let features = self.net.encoder.features(numbers, x);
        let (mut means, mut costs) = (Vec::new(), Vec::new());
        for class in 0..classes {
            let told = nn::one_hot(&vec![class as u32; count], classes, numbers.device());
            let posterior = self.net.posterior(numbers, &features, Some(&told));
            let logits = self.net.decode(numbers, &posterior.mean, Some(&told));
            let kl = posterior.kl_each().sum_dim_intlist(1, false, Kind::Float);
            costs.push(Vec::<f32>::try_from(self.objective.likelihood.each(&logits, x) + kl)?);
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

impl<const CONDITIONAL: bool> Decoder for Variational<CONDITIONAL> {
    type Loaded = LoadedVae;
    const ENCODES: bool = true;

    fn load(&self, source: &Source) -> Result<LoadedVae> {
        let net = source.frozen()?;
        let importance = Vec::try_from(self.net.noted(&net))?;
        let mixture = self.net.codes.map(|fitted| fitted.read(&net)).transpose()?;
        Ok(LoadedVae { net, importance, mixture })
    }

    fn decode(&self, loaded: &LoadedVae, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let z = loaded.carried(z, codes)?;
        let told = match self.shape.classes {
            0 => None,
            count => Some(classes::rows(codes, count as usize, z.device())?),
        };
        Ok(conv_layers::picture(&self.net.decode(&loaded.net, &z, told.as_ref())))
    }

    fn decode_plainly(&self, loaded: &LoadedVae, z: &Tensor) -> Option<Tensor> {
        (self.shape.classes == 0).then(|| conv_layers::picture(&self.net.decode(&loaded.net, z, None)))
    }

    fn encode(&self, loaded: &LoadedVae, pictures: &Tensor) -> Result<Vec<Code>> {
        if self.shape.classes > 0 {
            return self.classed_codes(&loaded.net, pictures);
        }
        let features = self.net.encoder.features(&loaded.net, pictures);
        loaded.codes(&self.net.posterior(&loaded.net, &features, None).mean)
    }

    fn likelihood(&self) -> Option<&'static str> {
        let levels = self.objective.likelihood != Likelihood::Bernoulli;
        Some(if levels { negative_elbo::LEVELS } else { negative_elbo::BINARISED })
    }

    fn bounds(
        &self,
        loaded: &LoadedVae,
        x: &Tensor,
        labels: Option<&[u32]>,
        seed: u64,
        places: Range<u64>,
    ) -> Result<Vec<f64>> {
        let (net, device) = (&loaded.net, loaded.net.device());
        let told = match self.shape.classes {
            0 => None,
            classes => {
                let why = "This family has to be told the classes, and these pictures have none.";
                Some(nn::one_hot(labels.context(why)?, classes as usize, device))
            }
        };
        let posterior = self.net.posterior(net, &self.net.encoder.features(net, x), told.as_ref());
        let noise = negative_elbo::draws(seed, places.clone(), self.shape.z_dim, device)?;
        let logits = self.net.decode(net, &posterior.sample(&noise), told.as_ref());
        let levels = conv_layers::levels(x);
        let pixels = match self.objective.likelihood {
            Likelihood::Bernoulli => losses::bce_each(&logits, &negative_elbo::tossed(&levels, seed, places)?),
            Likelihood::Gaussian(sigma) => negative_elbo::level_nats(&logits.sigmoid(), &levels, sigma),
        };
        negative_elbo::summed(&pixels, &posterior.kl_each())
    }

    fn importance(&self, loaded: &LoadedVae) -> Option<Vec<f32>> {
        Some(loaded.importance.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{TINY, knobs, presets},
        *,
    };
    use crate::{
        models::{
            Batch, Model, NegativeElbo, Player, StepInfo,
            common::testing::{NetPlayer, build},
        },
        nn::{
            Device,
            bars::{self, Bar, Figure, Judge},
        },
        picture::{Picture, Pixels},
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
    fn trained(steps: u64) -> NetPlayer<Variational<true>> {
        nn::use_threads(bars::threads());
        nn::seed_global(bars::seed(2));
        let (data, batch, _) = two_halves();
        let table = knobs(&data);
        let mut knobs = presets(table.clone()).tiny(&TINY).pop().unwrap().set.complete(&table).unwrap();
        // So heavy a KL leaves nothing of the class to the latent.
        for assignment in ["lr=3e-3", "ema=0", "beta=100"] {
            knobs.set(&table, assignment).unwrap();
        }
        let mut model = build::<Variational<true>>(&knobs, &data);
        for step in 0..steps {
            model.step(&batch, &StepInfo { step, horizon: STEPS }).unwrap();
        }
        let mut player = NetPlayer::new(&knobs, &data, Device::Cpu).unwrap();
        assert_eq!(player.importance(), None);
        player.load_weights(&model.weights(0).unwrap().ema, None).unwrap();
        player
    }

    fn bound(player: &NetPlayer<Variational<true>>, labels: &[u32]) -> NegativeElbo {
        let (_, batch, _) = two_halves();
        let crate::nn::Pictures::Host(pixels) = &batch.pictures else { panic!("they are plain") };
        player.negative_elbo(pixels, Some(labels), 3).unwrap().unwrap()
    }

    /// The worst of both classes: how far from its own picture and from the other's what a class draws is, what a wrong class costs
    /// in nats, and how far from a picture what its code draws is.
    fn figures(player: &NetPlayer<Variational<true>>) -> [Figure; 4] {
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
