//! Tests of how networks are laid out for `PyTorch`.

use super::*;

fn dict(shapes: &Shapes) -> StateDict {
    let array = |shape: &Vec<usize>| Array { shape: shape.clone(), data: vec![0.5; shape.iter().product()] };
    let arrays = shapes.iter().map(|(name, shape)| (name.clone(), array(shape))).collect();
    state_dict(&arrays, shapes, |_| 7).unwrap()
}

#[test]
fn sizes_are_read_off_every_network() {
    for size in [28usize, 32, 64, 128] {
        for channels in [1usize, 3] {
            for family in FAMILIES {
                let mut knobs = Knobs::default();
                for (id, value) in [("z_dim", 5), ("width", 6), ("hidden", 7)] {
                    let known = !matches!((*family, id), ("dcgan", "hidden") | ("mlp-vae", "width"));
                    if known {
                        knobs.put(id, Value::Int(value));
                    }
                }
                knobs.put("size", Value::Text(size.to_string()));
                knobs.put("channels", Value::Text(channels.to_string()));
                let layout = layout(family, &knobs).unwrap();
                let dict = dict(&layout.generator);
                assert_eq!(infer(&dict.floats), Ok((*family, knobs)), "{family} {size} {channels}");
                assert_eq!(check(&dict, &layout.generator), Ok(()));
            }
        }
    }
}

#[test]
fn the_tutorials_networks_have_their_names() {
    let mut knobs = Knobs::default();
    for (id, value) in [("size", 64), ("channels", 3), ("z_dim", 100), ("width", 64)] {
        knobs.put(id, Value::Int(value));
    }
    let Layout { generator, discriminator, .. } = layout("dcgan", &knobs).unwrap();
    assert_eq!(
        (&generator["main.0.weight"], &generator["main.12.weight"]),
        (&vec![100, 512, 4, 4], &vec![64, 3, 4, 4])
    );
    assert_eq!((generator.len(), &generator["main.10.running_var"]), (5 + 4 * 4, &vec![64]));
    let discriminator = discriminator.unwrap();
    assert_eq!(discriminator["main.11.weight"], [1, 512, 4, 4]);
    assert_eq!((discriminator.len(), &discriminator["main.9.bias"]), (5 + 3 * 4, &vec![512]));
    let counts: Vec<String> = dict(&discriminator).counts.into_keys().collect();
    assert_eq!(counts, ["main.3", "main.6", "main.9"].map(|n| format!("{n}.num_batches_tracked")));
    assert!(infer(&dict(&discriminator).floats).unwrap_err().contains("is a discriminator"));
}

#[test]
fn what_does_not_map_is_refused_with_words() {
    let mut knobs = Knobs::default();
    knobs.put("size", Value::Int(32));
    for (id, value) in [("upsampling", "resize"), ("blocks", "residual"), ("attention", "8")] {
        let mut other = knobs.clone();
        other.put(id, Value::Text(value.into()));
        assert!(layout("dcgan", &other).unwrap_err().contains("no counterpart"), "{id}");
    }
    let mut mixed = knobs.clone();
    mixed.put("components", Value::Int(2));
    assert!(layout("dcgan", &mixed).unwrap_err().contains("a single Gaussian"));
    knobs.put("spectral_norm", Value::Flag(true));
    assert_eq!(layout("dcgan", &knobs).unwrap().discriminator, None);
    assert!(layout("flow", &knobs).unwrap_err().starts_with("Only dcgan, mlp-vae, vae"));
    let shapes = Shapes::from([("a.weight".to_owned(), vec![2]), ("a.running_mean".to_owned(), vec![2])]);
    let good = dict(&shapes);
    assert_eq!(good.counts, [("a.num_batches_tracked".to_owned(), 7)].into());
    let bad = |change: fn(&mut StateDict)| {
        let mut dict = good.clone();
        change(&mut dict);
        check(&dict, &shapes).unwrap_err()
    };
    assert_eq!(bad(|d| drop(d.floats.remove("a.weight"))), "it lacks a.weight");
    assert!(bad(|d| d.floats.get_mut("a.weight").unwrap().shape = vec![2, 1]).contains("shape [2, 1] where [2]"));
    assert!(bad(|d| d.floats.get_mut("a.weight").unwrap().data[1] = f32::NAN).contains("not finite"));
    assert!(bad(|d| d.counts.extend([("b".to_owned(), 1)])).contains("it holds b, for which"));
    assert!(
        bad(|d| {
            d.floats.insert("a.bias".into(), Array { shape: vec![], data: vec![1.0] });
        })
        .contains("a.bias")
    );
}
