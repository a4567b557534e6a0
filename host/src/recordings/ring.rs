//! Lines in a few files that take turns: when the newest is full, the oldest goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The lines, and where they are.
pub(super) struct Ring {
    folder: PathBuf,
    name: &'static str,
    /// Octets of one file at most, unless what is written at once is more.
    room: u64,
    files: usize,
    newest: Option<Newest>,
}

struct Newest {
    file: File,
    size: u64,
}

impl Ring {
    /// The files `name.ndjson`, `name.1.ndjson` and so on in the folder, `room` octets in all. Nothing is touched before
    /// something is written.
    pub(super) fn new(folder: &Path, name: &'static str, room: u64, files: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            name,
            room: room / u64::try_from(files.max(1)).unwrap_or(u64::MAX),
            files,
            newest: None,
        }
    }

    /// Writes whole lines. After an error the next call opens the file anew.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let mut newest = match self.newest.take() {
            Some(newest) => newest,
            None => self.open()?,
        };
        if newest.size > 0 && newest.size.saturating_add(length) > self.room {
            for age in (1..self.files).rev() {
                rename_if_there(&self.path(age - 1), &self.path(age))?;
            }
            newest = self.open()?;
        }
        newest.file.write_all(lines)?;
        newest.size = newest.size.saturating_add(length);
        self.newest = Some(newest);
        Ok(())
    }

    /// Hands out all lines, the newest first, until `enough` of them. Files that were written before `since` are passed
    /// over. One line may be half a line, where the process was killed while it wrote.
    pub(super) fn newest_first(
        &self,
        since: Option<SystemTime>,
        mut enough: impl FnMut(&str) -> bool,
    ) -> io::Result<()> {
        for age in 0..self.files {
            let path = self.path(age);
            if since.is_some_and(|since| written(&path).is_some_and(|at| at < since)) {
                return Ok(());
            }
            let octets = read_if_there(&path)?;
            for line in octets.rsplit(|&octet| octet == b'\n') {
                if let Ok(line) = str::from_utf8(line)
                    && !line.is_empty()
                    && enough(line)
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Removes the files to which nothing was written since.
    pub(super) fn forget(&mut self, before: SystemTime) -> io::Result<()> {
        for age in 0..self.files {
            let path = self.path(age);
            if written(&path).is_some_and(|at| at < before) {
                fs::remove_file(&path)?;
                if age == 0 {
                    self.newest = None;
                }
            }
        }
        Ok(())
    }

    fn open(&self) -> io::Result<Newest> {
        fs::create_dir_all(&self.folder)?;
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(0))?;
        let mut size = file.metadata()?.len();
        if size > 0 {
            // Ends a half line.
            file.write_all(b"\n")?;
            size += 1;
        }
        Ok(Newest { file, size })
    }

    fn path(&self, age: usize) -> PathBuf {
        let name = self.name;
        self.folder.join(match age {
            0 => format!("{name}.ndjson"),
            _ => format!("{name}.{age}.ndjson"),
        })
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

fn read_if_there(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => renamed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn lines(ring: &Ring) -> Vec<String> {
        let mut lines = Vec::new();
        ring.newest_first(None, |line| {
            lines.push(line.to_owned());
            false
        })
        .unwrap();
        lines
    }

    #[test]
    fn the_newest_lines_stay_within_the_files() {
        for (files, kept) in [(2, 4), (4, 8)] {
            let dir = tempfile::tempdir().unwrap();
            let folder = dir.path().join("not there yet");
            let mut ring = Ring::new(&folder, "odd", 20 * files as u64, files);
            assert!(lines(&ring).is_empty());
            for number in 100..120 {
                ring.append(format!("line {number}\n").as_bytes()).unwrap();
            }
            let expected: Vec<_> = (120 - kept..120)
                .rev()
                .map(|number| format!("line {number}"))
                .collect();
            assert_eq!(lines(&ring), expected);
            ring.append(&[b'x'; 50]).unwrap();
            assert_eq!(lines(&ring).first(), Some(&"x".repeat(50)));
            assert_eq!(fs::read_dir(&folder).unwrap().count(), files);
        }
    }

    #[test]
    fn a_half_line_spoils_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring::new(dir.path(), "odd", 2_000, 2);
        ring.append(b"whole\nha").unwrap();
        let mut after_the_kill = Ring::new(dir.path(), "odd", 2_000, 2);
        after_the_kill.append(b"next\n").unwrap();
        assert_eq!(lines(&after_the_kill), ["next", "ha", "whole"]);
    }

    #[test]
    fn who_has_enough_reads_no_further() {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring::new(dir.path(), "odd", 2_000, 2);
        ring.append(b"1\n2\n3\n").unwrap();
        let mut seen = Vec::new();
        ring.newest_first(None, |line| {
            seen.push(line.to_owned());
            seen.len() == 2
        })
        .unwrap();
        assert_eq!(seen, ["3", "2"]);
        let later = SystemTime::now() + Duration::from_secs(60);
        ring.newest_first(Some(later), |line| panic!("{line} is older"))
            .unwrap();
    }

    #[test]
    fn old_files_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring::new(dir.path(), "odd", 2_000, 2);
        ring.append(b"1\n").unwrap();
        ring.forget(SystemTime::now() - Duration::from_secs(60)).unwrap();
        assert_eq!(lines(&ring), ["1"]);
        ring.forget(SystemTime::now() + Duration::from_secs(60)).unwrap();
        assert!(lines(&ring).is_empty());
        ring.append(b"2\n").unwrap();
        assert_eq!(lines(&ring), ["2"]);
    }

    #[test]
    fn a_folder_that_could_not_be_had_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        fs::write(&folder, "in the way").unwrap();
        let mut ring = Ring::new(&folder, "odd", 2_000, 2);
        assert!(ring.append(b"lost\n").is_err());
        fs::remove_file(&folder).unwrap();
        ring.append(b"kept\n").unwrap();
        assert_eq!(lines(&ring), ["kept"]);
    }
}
