use std::fs;

use super::*;
use crate::sample::Sample;

fn sample(mib: u64) -> Sample {
    Sample { resident: mib << 20, ..Sample::default() }
}

#[test]
fn a_mark_is_written_at_each_step_and_once_when_it_is_critical() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(folder.path(), None, &sample(10)).unwrap();
    let steps = [(10, false), (25, false), (26, false), (300, false), (329, false), (330, true)];
    let marks = steps.map(|(mib, is_critical)| recorder.tick(&sample(mib), is_critical).unwrap());
    let expected = [
        Some(Occasion::Begin),
        None,
        Some(Occasion::High),
        Some(Occasion::High),
        None,
        Some(Occasion::Critical),
    ];
    assert_eq!(marks, expected);
    assert_eq!(recorder.tick(&sample(331), true).unwrap(), None);
    assert_eq!(last_run(folder.path()).unwrap().end, End::StillRuns);
    let error = Recorder::open(folder.path(), None, &sample(10)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    drop(recorder);
    let run = last_run(folder.path()).unwrap();
    assert_eq!((run.end, run.mark.unwrap().resident), (End::Well, 330 << 20));
    let curve: Vec<_> = run.curve.iter().map(|sample| sample.resident >> 20).collect();
    assert_eq!(curve, [10, 25, 26, 300, 329, 330, 331]);
}

#[test]
fn a_torn_mark_leaves_the_one_before_and_damage_is_never_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(folder.path(), None, &sample(10)).unwrap();
    recorder.tick(&sample(10), false).unwrap();
    recorder.tick(&sample(50), false).unwrap();
    drop(recorder);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    let latest = folder.path().join("mark-2.mflight");
    let mut torn = fs::read(&latest).unwrap();
    torn[100] ^= 1;
    fs::write(&latest, torn).unwrap();
    assert_eq!(last_run(folder.path()).unwrap().mark.unwrap().resident, 10 << 20);

    let mut random = fastrand::Rng::with_seed(21);
    let (mut errors, mut runs) = (0, 0);
    for _ in 0..3000 {
        let path = &names[random.usize(..names.len())];
        let whole = fs::read(path).unwrap();
        let mut damaged = whole.clone();
        for _ in 0..random.usize(1..20) {
            let most = if random.bool() { damaged.len() } else { damaged.len().min(300) };
            damaged[random.usize(..most)] = random.u8(..);
        }
        damaged.truncate(random.usize(damaged.len() / 2..=damaged.len()));
        fs::write(path, damaged).unwrap();
        match last_run(folder.path()) {
            Ok(run) => runs += usize::from(!run.text().is_empty()),
            Err(_) => errors += 1,
        }
        fs::write(path, whole).unwrap();
    }
    assert!(errors > 100 && runs > 100, "{errors} errors, {runs} runs");
}
