//! A capture with any bytes in it is read or refused, with a word of where.

mod builder;

use mem_profile_format::heap_layout::{NONE, kind, missing, process, root, site};
use mem_profile_graph::{Image, LoadError, Missing, RootKind, SiteState};

use builder::{FIRST, ImageBuilder, Section, assemble, bytes};

/// One of everything.
fn small() -> ImageBuilder {
    let mut image = ImageBuilder::new();
    image.module("/bin/app", 0x1000, &[[0x1000, 0x2000, 5], [0x3000, 0x4000, 6]]);
    image.thread(71, "main", [0x9000, 0xa000, 0x9f00], &[1, 2, 0x5_0010]);
    image.missing(missing::THREAD, 72, 0, "sleeper");
    image.missing(missing::MEMORY, 0x10, 0x20, "[heap]");
    let label = image.label("cache");
    image.site(site::COMPLETE, 0, &[]);
    image.site(site::COMPLETE, label, &[0x1010, 0x1020]);
    image.site(site::NO_STACK, 0, &[]);
    let first = image.block(0x5_0000, 20, 1);
    let second = image.block(0x5_0020, 5 << 30, 2);
    let third = image.block(0x9_0000_0000, 8, 1);
    image.point(first, 8, second);
    image.point(third, 0, first);
    image.statics(0x3000, &[0, 0x5_0004]);
    image.root(root::STACK, 71, NONE, 0x9f00, &[0x5_0020]);
    image.root(root::THREAD_LOCAL, 71, 0, 0x7_0000, &[3]);
    image.root(root::THREAD_RECORD, 71, NONE, 0x7_0100, &[4]);
    image.unseen(0xb000, 0x9_0000_0004);
    image.section(kind::HASHES, bytes([17, 0, 18]));
    image
}

/// Takes a look at everything, and counts it.
fn walk(image: &Image) -> usize {
    let contents = image.holders().map(|index| image.contents(index).expect("its contents").len());
    let roots = image.roots().iter().map(|root| image.root_memory(root).len());
    let sites = (0..image.site_count() as u32).map(|number| {
        let site = image.site(number).expect("a site");
        site.addresses().count() + site.label.map_or(0, str::len)
    });
    let read = image.blocks().map(|block| {
        let index = image.block_at(block.end() - 1).expect("a block");
        assert_eq!(image.block(index), Some(block));
        image.memory(block.start, 8).map_or(0, |bytes| bytes.len())
    });
    contents.chain(roots).chain(sites).chain(read).sum::<usize>()
        + image.unseen().count()
        + image.missing().len()
        + image.modules().iter().map(|module| module.path.len()).sum::<usize>()
}

#[track_caller]
fn damage(sections: &[Section]) -> &'static str {
    match Image::read(assemble(sections)) {
        Err(LoadError::Damaged { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_is_read() {
    let image = Image::read(small().build()).expect("a capture");
    assert_eq!((image.process().id, &*image.process().command), (7, "app --fast"));
    assert!(image.process().was_stopped && image.process().unseen_searched);
    let sleeper = Missing::Thread { number: 72, name: "sleeper".to_owned() };
    let heap = Missing::Memory { range: 0x10..0x20, name: "[heap]".to_owned() };
    assert_eq!(image.missing(), [sleeper, heap]);
    let module = image.module_at(0x3fff).expect("a module");
    assert_eq!(
        (&*module.path, module.bias, &*module.build_id),
        ("/bin/app", 0x1000, &[1, 2, 3][..])
    );
    assert!(image.module_at(0x2000).is_none());
    let site = image.site(1).expect("a site");
    assert_eq!((site.state, site.label), (SiteState::Complete, Some("cache")));
    let hashes = [0, 1, 2, 3].map(|block| image.hash(block));
    assert_eq!((image.has_hashes(), hashes), (true, [Some(17), None, Some(18), None]));
    assert_eq!(image.skipped(), 0);
    assert_eq!(site.addresses().collect::<Vec<_>>(), [0x1010, 0x1020]);
    assert_eq!(image.site(2).expect("a site").state, SiteState::NoStack);
    let [thread] = image.threads() else { panic!("{:?}", image.threads()) };
    assert_eq!((thread.number, &*thread.name, &thread.stack), (71, "main", &(0x9000..0xa000)));
    assert_eq!(thread.registers, [1, 2, 0x5_0010]);
    let kinds: Vec<_> = image.roots().iter().map(|root| (root.range.start, root.kind)).collect();
    let expected = [
        (0x3000, RootKind::Static { module: 0 }),
        (0x9f00, RootKind::Stack { thread: 0 }),
        (0x7_0000, RootKind::ThreadLocal { thread: 0, module: 0 }),
        (0x7_0100, RootKind::ThreadRecord { thread: 0 }),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(image.unseen().collect::<Vec<_>>(), [(0xb000, 0x9_0000_0004)]);
}

#[test]
fn a_block_is_found_by_each_of_its_bytes_and_read() {
    let image = Image::read(small().build()).expect("a capture");
    let at = |address| image.block_at(address);
    assert_eq!(
        [at(0x4_ffff), at(0x5_0000), at(0x5_0013), at(0x5_0014)],
        [None, Some(0), Some(0), None]
    );
    let end = 0x5_0020 + (5 << 30);
    assert_eq!([at(0x5_0020), at(end - 1), at(end), at(u64::MAX)], [Some(1), Some(1), None, None]);
    assert_eq!(image.memory(0x5_0008, 8), Some(&0x5_0020_u64.to_le_bytes()[..]));
    assert_eq!(image.memory(0x5_0010, 8), Some(&[0; 8][..]), "filled up to a word");
    assert_eq!(image.memory(0x5_0010, 9), None);
    assert_eq!(image.memory(0x5_0020, 1), None, "its contents lead nowhere");
    assert_eq!(image.memory(0x3008, 8), Some(&0x5_0004_u64.to_le_bytes()[..]));
    assert_eq!((image.memory(0x3010, 1), image.memory(0, 1)), (None, None));
}

#[test]
fn contents_may_be_in_many_sections() {
    let whole = small().build();
    let mut image = small();
    image.contents_per_section = Some(1);
    let sections = image.sections();
    assert_eq!(sections.iter().filter(|(kind, _)| *kind == kind::CONTENTS).count(), 2);
    let (one, many) =
        (Image::read(whole).expect("one"), Image::read(assemble(&sections)).expect("two"));
    assert!(one.contents(2).is_some_and(|bytes| bytes.len() == 8) && one.contents(1).is_none());
    assert!((0..3).all(|index| one.contents(index) == many.contents(index)));
}

#[test]
fn unknown_sections_are_skipped_and_counted() {
    let mut image = small();
    image.section(99, bytes([1]));
    image.flag(process::WITHOUT_STOP | process::UNSEEN_NOT_SEARCHED);
    let image = Image::read(image.build()).expect("a capture");
    assert_eq!((image.skipped(), image.block_count()), (1, 3));
    assert!(!image.process().was_stopped && !image.process().unseen_searched);
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error() {
    let whole = small().build();
    for length in 0..whole.len() {
        match Image::read(whole[..length].to_vec()) {
            Err(LoadError::NotACapture) => assert!(length < 8),
            Err(LoadError::CutShort { at }) => assert!(length >= 8 && at <= length as u64),
            other => panic!("{length}: {other:?}"),
        }
    }
    let more = [&whole[..], &[0; 8]].concat();
    assert!(matches!(Image::read(more), Err(LoadError::Damaged { what: "an early end", .. })));
    assert!(matches!(Image::read(b"memprof\0more".to_vec()), Err(LoadError::NotACapture)));
}

#[test]
fn another_version_is_refused() {
    let mut file = small().build();
    file[8] = 2;
    assert!(matches!(Image::read(file), Err(LoadError::Version { found: 2 })));
}

#[test]
fn each_word_may_be_anything() {
    let whole = small().build();
    let wrong = [0, 1, 7, 8, 1 << 31, 1 << 47, u64::MAX / 2, u64::MAX - 7, u64::MAX];
    let (mut refused, mut read) = (0, 0);
    for at in (FIRST..whole.len()).step_by(8) {
        let was = u64::from_le_bytes(whole[at..at + 8].try_into().expect("a word"));
        let near =
            [was.wrapping_add(1), was.wrapping_sub(1), was.wrapping_add(8), was.wrapping_sub(8)];
        for word in wrong.into_iter().chain(near) {
            let mut file = whole.clone();
            file[at..at + 8].copy_from_slice(&word.to_le_bytes());
            match Image::read(file) {
                Ok(image) => read += usize::from(walk(&image) > 0),
                Err(LoadError::Damaged { at, .. } | LoadError::CutShort { at }) => {
                    assert!(at <= whole.len() as u64);
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(refused > 500 && read > 500, "{refused} refused, {read} read");
}

#[test]
fn random_bytes_do_no_harm() {
    let whole = small().build();
    let mut random = fastrand::Rng::with_seed(19);
    let mut read = 0;
    for _ in 0..20_000 {
        let mut file = whole.clone();
        for _ in 0..random.usize(1..6) {
            file[random.usize(..whole.len())] = random.u8(..);
        }
        read += Image::read(file).map_or(0, |image| usize::from(walk(&image) > 0));
    }
    assert!((1_000..19_000).contains(&read), "{read}");
}

#[test]
fn what_no_process_writes_is_named() {
    type Change = fn(&mut ImageBuilder);
    let cases: [(Change, &str); 9] = [
        (|image| _ = image.block(0x9_0000_0008, 8, 1), "two blocks in one granule"),
        (|image| _ = image.block(0x9_0000_0004, 8, 1), "a block that overlaps the one before"),
        (|image| _ = image.block(0x9_0000_0010, 0, 1), "a block without a byte"),
        (|image| _ = image.block(0x9_0000_0010, 8, 3), "a block of a site that is not there"),
        (|image| _ = image.site(0, 2, &[]), "a label that is not there"),
        (|image| _ = image.site(9, 0, &[]), "an unknown state of a stack"),
        (|image| image.statics(0x3008, &[1]), "memory that overlaps other memory"),
        (|image| image.root(root::STACK, 9, NONE, 0, &[1]), "memory of a thread that is not there"),
        (|image| image.root(root::STATIC, NONE, 1, 0, &[]), "memory of a module that is not there"),
    ];
    for (change, what) in cases {
        let mut image = small();
        change(&mut image);
        assert_eq!(damage(&image.sections()), what);
    }
}

#[test]
fn a_section_that_is_missing_twice_there_or_too_long_is_named() {
    let sections = small().sections();
    let of = |kind| move |section: &Section| section.0 == kind;
    let cases = [
        (kind::PROCESS, "no process", "a second process"),
        (kind::BLOCKS, "no list of blocks", "a second list of blocks"),
        (kind::HOLDERS, "no list of holders", "a second list of holders"),
    ];
    for (kind, none, twice) in cases {
        let without: Vec<_> =
            sections.iter().filter(|section| section.0 != kind).cloned().collect();
        assert_eq!(damage(&without), none);
        let again = sections.iter().find(|section| of(kind)(section)).cloned();
        assert_eq!(damage(&[&sections[..], &[again.expect("it")]].concat()), twice);
    }
    let longer = |kind, by: u64| {
        let mut sections = sections.clone();
        let found = sections.iter_mut().find(|section| of(kind)(section)).expect("it");
        found.1.extend(bytes([by]));
        damage(&sections)
    };
    assert_eq!(longer(kind::BLOCKS, 0), "a list that does not end in an item");
    assert_eq!(longer(kind::HOLDERS, 0), "a list of holders of another length");
    assert_eq!(longer(kind::CONTENTS, 0), "contents that no block has");
    assert_eq!(longer(kind::UNSEEN, 0), "a list that does not end in an item");
}

#[test]
fn a_mapped_file_is_read_and_a_pipe_or_folder_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.mheap");
    std::fs::write(&path, small().build()).expect("a file");
    assert_eq!(Image::open(&path).expect("a capture").block_count(), 3);
    std::fs::write(&path, "").expect("a file");
    assert!(matches!(Image::open(&path), Err(LoadError::NotACapture)));
    let error = Image::open(folder.path()).expect_err("a folder");
    assert!(matches!(error, LoadError::Io { .. }), "{error}");
}

#[test]
fn there_is_one_hash_for_each_block() {
    let mut image = ImageBuilder::new();
    image.section(kind::HASHES, bytes([1]));
    assert_eq!(damage(&image.sections()), "a list of hashes of another length");
    let mut image = ImageBuilder::new();
    image.section(kind::HASHES, bytes([]));
    image.section(kind::HASHES, bytes([]));
    assert_eq!(damage(&image.sections()), "a second list of hashes");
    let image = Image::read(ImageBuilder::new().build()).expect("a capture");
    assert_eq!((image.has_hashes(), image.hash(0)), (false, None));
}
