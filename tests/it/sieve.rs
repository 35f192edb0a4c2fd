//! What a sieve leaves unasked: with one an index answers as without, whatever became of its segments.

use wirecopy::filter::{Filter, Incoming, Lookup};
use wirecopy::index::{Keep, Snapshot};
use wirecopy::options::Policy;

use crate::disk::FaultyDisk;
use crate::index::{Numbers, created, opened, resources, said, stream};

/// An index as whoever only reads it sees it: every segment is asked.
fn unsieved(disk: &FaultyDisk) -> Lookup {
    let reader = Snapshot::open(&disk.store(), None, None).unwrap();
    let lookup = Lookup::new(reader, Policy::default(), &resources()).unwrap();
    assert!(lookup.view().sieved.is_none());
    lookup
}

/// Whether the sieve knows all segments, at last: after so many looks at what is gathered and merged meanwhile.
fn knows_all(filter: &mut Filter, looks: usize) -> bool {
    for _ in 0..looks {
        filter.finish().unwrap();
        let known = filter.view().sieved.map_or(0, |sieved| sieved.parts);
        if known == filter.writer().manifest().segments.len() {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    false
}

/// Asks for each document by itself with and without a sieve.
fn assert_same(filter: &Filter, lookup: &Lookup, documents: &[Incoming], what: &str) {
    for one in documents {
        let asked = |answer: wirecopy::Result<Vec<wirecopy::Answer>>| match answer {
            Ok(answers) => (said(&answers[0]), answers[0].again),
            Err(error) => (format!("{:?}", error.kind()), false),
        };
        let one = std::slice::from_ref(one);
        assert_eq!(asked(filter.check(one)), asked(lookup.check(one)), "{what}: {}", one[0].id);
    }
}

/// Documents as they came, under other ids, and others that nobody has.
fn probes(documents: &[Incoming], seed: u64) -> Vec<Incoming> {
    let others = stream(10, seed);
    let renamed = documents.iter().map(|one| Incoming::new(format!("probe-{}", one.id), one.text.clone()));
    documents.iter().cloned().chain(renamed).chain(others).collect()
}

#[test]
fn a_sieve_changes_no_answer_after_merges_deletions_and_kills() {
    for (seed, keep) in (0..6).zip([Keep::Text, Keep::Signatures].into_iter().cycle()) {
        let documents = stream(180, seed);
        let mut disk = FaultyDisk::new();
        let mut filter = created(&disk, keep).unwrap();
        let mut numbers = Numbers::new(seed + 100);
        for (round, batch) in documents.chunks(12).enumerate() {
            filter.batch(batch).unwrap();
            match round % 5 {
                1 => {
                    let gone = [0; 3].map(|_| documents[numbers.below(12 * (round + 1))].id.clone());
                    filter.delete(&gone).unwrap();
                }
                2 => filter.writer().seal().unwrap(),
                3 if round > 5 => filter.writer().compact().unwrap(),
                4 => {
                    // Killed, and perhaps the power went off.
                    drop(filter);
                    disk = disk.after_crash(|| numbers.next());
                    filter = opened(&disk).unwrap();
                    assert!(filter.view().sieved.is_none(), "a sieve outlived its process");
                }
                _ => {}
            }
            filter.finish().unwrap();
            let asked = probes(&documents[..(12 * (round + 1)).min(documents.len())], seed + 200);
            assert_same(&filter, &unsieved(&disk), &asked, &format!("seed {seed}, round {round}"));
        }
        // All that is sealed is known at last, and denied nothing.
        filter.batch(&stream(9, seed + 300)).unwrap();
        filter.writer().seal().unwrap();
        assert!(knows_all(&mut filter, 20_000), "seed {seed}");
        assert_same(&filter, &unsieved(&disk), &probes(&documents, seed + 400), "all segments known");
    }
}

#[test]
fn a_segment_whose_keys_cannot_be_read_is_asked_itself() {
    let documents = stream(60, 7);
    let whole = FaultyDisk::new();
    let mut filter = created(&whole, Keep::Text).unwrap();
    filter.batch(&documents).unwrap();
    filter.writer().seal().unwrap();
    filter.close().unwrap();
    let files = whole.files();
    let (mut unknown, mut known) = (0, 0);
    for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("seg-")) {
        for at in (40..bytes.len() - 4096).step_by(4096) {
            let mut damaged = files.clone();
            damaged.get_mut(name).unwrap()[at] ^= 4;
            let disk = FaultyDisk::with(damaged);
            let mut filter = opened(&disk).unwrap();
            // A sieve is made for whoever asks enough; that the damage is met is no matter.
            for one in stream(20, 9) {
                let _ = filter.batch(&[Incoming::new(format!("other-{}", one.id), one.text)]);
            }
            *if knows_all(&mut filter, 100) { &mut known } else { &mut unknown } += 1;
            assert_same(&filter, &unsieved(&disk), &probes(&documents, 8), &format!("{name}, byte {at}"));
        }
    }
    // Damage stood in tables, and elsewhere.
    assert!(unknown > 0 && known > 0, "{unknown} {known}");
}
