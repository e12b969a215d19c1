//! Completion with a player whose pictures are known, by way of the public table.

use latent_studio::{
    latent::Code,
    models,
    nn::Device,
    picture::{Mask, Picture},
    spec::{DataShape, Knobs},
    synth::{Materials, Watch, tool},
};

/// Every family that draws from a latent completes a picture; the one that starts from pictures says why it cannot.
#[test]
fn every_family_completes_or_says_why_not() {
    for family in models::FAMILIES {
        let shape = DataShape { count: 8, classes: 4, size: 28, channels: 3, ..DataShape::default() };
        let table = (family.knobs)(&shape);
        let mut knobs = Knobs::start(&table);
        knobs.0.extend((family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
        let knobs = knobs.complete(&table).unwrap();
        let model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
        let mut player = (family.player)(&knobs, &shape, Device::Cpu).unwrap();
        let weights = model.weights(0).unwrap();
        player.load_weights(&weights.raw, weights.discriminator.as_deref()).unwrap();
        let grey = (0..40 * 40).map(|i| if (15..25).contains(&(i % 40)) && i / 40 > 20 { 255 } else { 0 });
        let mask = Mask { width: 40, height: 40, grey: grey.collect() };
        let picture = Picture::filled(40, 40, [90, 120, 60]);
        let materials = Materials { picture: Some(picture.clone()), mask: Some(mask.clone()), ..Materials::default() };
        let prior = tool("prior").unwrap();
        let mut set = Knobs::start(&(prior.knobs)());
        for assignment in ["steps=10", "restarts=2"] {
            set.set(&(prior.knobs)(), assignment).unwrap();
        }
        let made = (prior.run)(&materials, &set, Some(player.as_ref()), &mut Watch::new(&|| false, &mut |_, _| ()));
        if player.z_dim() == 0 {
            assert!(made.unwrap_err().to_string().contains("no latent"));
            continue;
        }
        let made = made.unwrap();
        let kept = |i: usize| mask.grey[i] > 0 || made.picture.rgb[3 * i..3 * i + 3] == picture.rgb[3 * i..3 * i + 3];
        assert!((0..1600).all(kept), "{}", (family.card)().id);
        assert_eq!(player.play(&[Code::from_seed(1, player.z_dim())]).unwrap().len(), 1);
    }
}
