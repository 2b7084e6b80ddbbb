//! Snapshots in files.

use std::io;
use std::path::Path;

use crate::data::{Data, Head, VERSION};
use crate::query::snapshot::Snapshot;
use mem_profile_names::build_id;
use mem_profile_runtime::internal::Quiet;
use mem_profile_runtime::internal::write_report;

impl Snapshot {
    /// Writes it to a file, which [`Snapshot::load`] reads when the program is gone.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let _quiet = Quiet::enter();
        let text = miniserde::json::to_string(self.data());
        write_report(path.as_ref(), text.as_bytes())
    }

    /// Reads what [`Snapshot::save`] wrote. Names are looked up in the program's file as it was
    /// then; [`Snapshot::with_symbols`] gives another.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or was written by another version
    /// (`InvalidData`).
    pub fn load(path: impl AsRef<Path>) -> io::Result<Self> {
        let _quiet = Quiet::enter();
        let text = std::fs::read_to_string(path)?;
        let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
        let unknown = |_| invalid("not a snapshot, or damaged".to_owned());
        // First, because other versions have other fields.
        let Head { mem_profile_trace_version: version } =
            miniserde::json::from_str(&text).map_err(unknown)?;
        if version != VERSION {
            return Err(invalid(format!(
                "a snapshot of version {version}, but this reads version {VERSION}: read it with \
                 the mem-profile that saved it, or take it again"
            )));
        }
        let data: Data = miniserde::json::from_str(&text).map_err(unknown)?;
        match data.fault() {
            Some(fault) => Err(invalid(format!("a damaged snapshot: {fault}"))),
            None => Ok(Self::of(data)),
        }
    }

    /// Takes names from this file where its build id is that of the program or of one of its
    /// libraries: the unstripped one, if the program was stripped.
    ///
    /// # Errors
    /// When the file cannot be read, is no program, or has no build id (`InvalidData`), or one
    /// that nothing in the snapshot has (`NotFound`).
    pub fn with_symbols(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let _quiet = Quiet::enter();
        let path = path.as_ref();
        let id = build_id(path)?;
        if !self.data().modules.iter().any(|module| module.build_id == id) {
            let reason = format!("nothing in the snapshot has the build id {id}");
            return Err(io::Error::new(io::ErrorKind::NotFound, reason));
        }
        self.add_symbols(id, path.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Address, ModuleData, Trace};
    use crate::query::statistic::By;

    fn plain() -> Data {
        let trace = Trace { frames: vec![0, 1], live_bytes: 10, ..Default::default() };
        let address = Address { address: 0x10, module: Some(0), is_own: false };
        Data {
            mem_profile_trace_version: VERSION,
            frames: 9,
            modules: vec![ModuleData { path: "/dev/zero".into(), ..Default::default() }],
            addresses: vec![address.clone(), address],
            threads: vec!["main".into()],
            traces: vec![trace.clone(), trace],
            ..Default::default()
        }
    }

    #[test]
    fn what_no_program_has_written_is_found() {
        let fault = |change: fn(&mut Data)| {
            let mut data = plain();
            change(&mut data);
            data.fault()
        };
        assert_eq!(fault(|_| {}), None);
        assert_eq!(fault(|data| data.traces[1].thread = 1), Some("a thread is missing"));
        assert_eq!(fault(|data| data.traces[1].frames[1] = 2), Some("an address is missing"));
        assert_eq!(fault(|data| data.addresses[1].module = Some(1)), Some("a module is missing"));
        let large = Some("figures are too large");
        assert_eq!(fault(|data| data.traces[1].live_bytes = i64::MIN), large);
        assert_eq!(fault(|data| data.traces[0].temporary = u64::MAX), large);
    }

    /// Its content has other fields, so it is the version that says what is wrong.
    #[test]
    fn a_snapshot_of_another_version_is_refused_by_its_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved");
        let refusal = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Snapshot::load(&path).unwrap_err().to_string()
        };
        for version in [1, VERSION + 1] {
            let text = format!(r#"{{"mem_profile_trace_version":{version},"heap":[{{"a":1}}]}}"#);
            assert_eq!(
                refusal(&text),
                format!(
                    "a snapshot of version {version}, but this reads version {VERSION}: read it \
                     with the mem-profile that saved it, or take it again"
                )
            );
        }
        assert_eq!(refusal(r#"{"mem_profile_trace_version":2}"#), "not a snapshot, or damaged");
        assert_eq!(refusal("[]"), "not a snapshot, or damaged");
    }

    #[test]
    fn a_damaged_file_is_an_error_or_a_snapshot_but_never_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved");
        let text = miniserde::json::to_string(&plain()).into_bytes();
        let (mut state, mut errors) = (7_u64, 0);
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..500 {
            let mut damaged = text.clone();
            for _ in 0..=random(3) {
                let signs = b"0129-\"[]{},:x\xff";
                let place = random(damaged.len());
                damaged[place] = signs[random(signs.len())];
            }
            damaged.truncate(damaged.len() - random(2) * random(text.len()));
            std::fs::write(&path, damaged).unwrap();
            match Snapshot::load(&path) {
                Ok(snapshot) => {
                    let _ = (snapshot.to_text(9), snapshot.to_json(), snapshot.to_dhat());
                    let _ = snapshot.compare_to(&snapshot, By::Traceback, true);
                }
                Err(_) => errors += 1,
            }
        }
        assert!((100..500).contains(&errors), "{errors} errors");
    }
}
