//! The thread that shows pictures before and after: it never waits for a job, and only the newest request counts.

use crate::{
    data,
    engine::{
        guard::guarded,
        options::Wake,
        protocol::{Failure, Strip, StripRequest},
    },
    mailbox::Outbox,
    picture::Pixels,
};
use crossbeam_channel::Receiver;
use std::time::Instant;

/// Answers requests until nobody can post any more. The pictures are read once; adjusting them again takes no time.
pub fn run(requests: &Receiver<StripRequest>, answers: &Outbox<Result<Strip, Failure>>, wake: &Wake) {
    let mut kept = None;
    for request in requests {
        answers.post(guarded(|| draw(&mut kept, request)));
        wake();
    }
}

fn draw(kept: &mut Option<data::Strip>, request: StripRequest) -> anyhow::Result<Strip> {
    let begin = Instant::now();
    let strip = match kept.take().filter(|strip| strip.suits(&request.spec)) {
        Some(strip) => strip,
        None => data::Strip::read(&request.spec)?,
    };
    let pictures = |pixels: &Pixels| (0..pixels.count).map(|i| pixels.picture(i)).collect::<Vec<_>>();
    let prepared = strip.prepared(&request.spec);
    let varied = if request.augment.is_active() {
        pictures(&strip.augmented(&prepared, &request.augment, request.spec.seed))
    } else {
        Vec::new()
    };
    let (read, prepared) = (strip.originals().to_vec(), pictures(&prepared));
    *kept = Some(strip);
    Ok(Strip { request, read, prepared, varied, took: begin.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mailbox::mailbox,
        spec::{Adjust, Augment, DataSpec},
    };
    use std::sync::Arc;

    #[test]
    fn each_wish_is_answered_with_rows_that_belong_together() {
        let (out, requests) = mailbox(4);
        let (answers, strips) = mailbox(4);
        let spec = DataSpec { source: "shapes:20".into(), size: 28, ..DataSpec::default() };
        let brighter = DataSpec { adjust: Adjust { brightness: 0.5, ..Adjust::default() }, ..spec.clone() };
        let augment = Augment { flip_h: 1.0, ..Augment::default() };
        let wrong = DataSpec { source: "/no/such/folder".into(), ..spec.clone() };
        for (spec, augment) in [(&spec, Augment::default()), (&brighter, augment), (&wrong, augment), (&spec, augment)]
        {
            out.post(StripRequest { spec: spec.clone(), augment });
        }
        drop(out);
        run(&requests, &answers, &(Arc::new(|| {}) as Wake));
        let all: Vec<_> = strips.try_iter().collect();
        let [plain, bright, nothing, varied] = &all[..] else { panic!("{} answers", all.len()) };
        let (plain, bright, varied) = (plain.as_ref().unwrap(), bright.as_ref().unwrap(), varied.as_ref().unwrap());
        assert!(nothing.as_ref().unwrap_err().to_string().contains("There is nothing at"));
        assert!(plain.read == plain.prepared && plain.varied.is_empty() && plain.read.len() == 6);
        assert!(bright.read == plain.read && bright.prepared[0].rgb[0] == plain.prepared[0].rgb[0] + 128);
        assert_eq!((&varied.prepared, varied.varied.len()), (&plain.prepared, 6));
        let (from, to) = (varied.prepared[0].row(9), varied.varied[0].row(9));
        assert!(from.chunks_exact(3).eq(to.rchunks_exact(3)), "mirrored");
    }
}
