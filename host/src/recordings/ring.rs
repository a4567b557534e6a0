//! Lines in two files that take turns: when the newer is full, the older one goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The lines, and where they are.
pub(super) struct Ring {
    folder: PathBuf,
    name: &'static str,
    /// Octets of one file at most, unless what is written at once is more.
    room: u64,
    newest: Option<Newest>,
}

struct Newest {
    file: File,
    size: u64,
}

impl Ring {
    /// The files `name.ndjson` and `name.1.ndjson` in the folder. Nothing is touched before something is written.
    pub(super) fn new(folder: &Path, name: &'static str, room: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            name,
            room,
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
            fs::rename(self.path(""), self.path(".1"))?;
            newest = self.open()?;
        }
        newest.file.write_all(lines)?;
        newest.size = newest.size.saturating_add(length);
        self.newest = Some(newest);
        Ok(())
    }

    /// All lines, the oldest first. One may be half a line, where the process was killed while it wrote.
    pub(super) fn read(&self) -> io::Result<String> {
        Ok(read_if_there(&self.path(".1"))? + &read_if_there(&self.path(""))?)
    }

    fn open(&self) -> io::Result<Newest> {
        fs::create_dir_all(&self.folder)?;
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(""))?;
        let mut size = file.metadata()?.len();
        if size > 0 {
            // Ends a half line.
            file.write_all(b"\n")?;
            size += 1;
        }
        Ok(Newest { file, size })
    }

    fn path(&self, age: &str) -> PathBuf {
        self.folder.join(format!("{}{age}.ndjson", self.name))
    }
}

fn read_if_there(path: &Path) -> io::Result<String> {
    match fs::read(path) {
        Ok(octets) => Ok(String::from_utf8_lossy(&octets).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_stay_within_two_files() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("not there yet");
        let mut ring = Ring::new(&folder, "odd", 20);
        assert_eq!(ring.read().unwrap(), "");
        for number in 100..120 {
            ring.append(format!("line {number}\n").as_bytes()).unwrap();
        }
        let read = ring.read().unwrap();
        let lines: Vec<_> = read.lines().collect();
        assert_eq!(lines, ["line 116", "line 117", "line 118", "line 119"]);
        ring.append(&[b'x'; 50]).unwrap();
        let read = ring.read().unwrap();
        assert!(read.ends_with(&format!("line 119\n{}", "x".repeat(50))), "{read}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[test]
    fn a_half_line_spoils_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring::new(dir.path(), "odd", 1_000);
        ring.append(b"whole\nha").unwrap();
        let mut after_the_kill = Ring::new(dir.path(), "odd", 1_000);
        after_the_kill.append(b"next\n").unwrap();
        assert_eq!(after_the_kill.read().unwrap(), "whole\nha\nnext\n");
    }

    #[test]
    fn a_folder_that_could_not_be_had_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("data");
        fs::write(&folder, "in the way").unwrap();
        let mut ring = Ring::new(&folder, "odd", 1_000);
        assert!(ring.append(b"lost\n").is_err());
        fs::remove_file(&folder).unwrap();
        ring.append(b"kept\n").unwrap();
        assert_eq!(ring.read().unwrap(), "kept\n");
    }
}
