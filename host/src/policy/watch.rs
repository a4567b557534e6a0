//! Notices that a plugin's file is another one, however that was done, and waits until it holds still.
//!
//! File events are a hint only: any of them means "look at every configured file again". The truth is what the path
//! leads to. So `cp`, `mv`, an editor's rename dance, `ln -sfn` and the `..data` swap of a Kubernetes ConfigMap (in whose
//! events the plugin's own name never appears) are all the same; and where events are lost or do not exist, a look each
//! few seconds finds the change too.

mod settle;

pub(super) use settle::{Seen, Stamp};

use super::error::LoadError;
use super::host::PolicyHost;
use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use settle::{FileState, Outcome, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The floor under lost events and file systems that have none.
const POLL: Duration = Duration::from_secs(5);
/// Between two looks at trials and budgets: so long may a version do harm beyond its budget.
const TEND: Duration = Duration::from_millis(200);
/// Events come in bursts; one look is enough for a burst.
const BURST: Duration = Duration::from_millis(10);

impl PolicyHost {
    /// Watches the files of all operators that are loaded, also of those loaded later, and looks after their versions, until
    /// cancelled. Cancel safe: a
    /// file that is being loaded meanwhile becomes active or not, whole.
    pub async fn watch(self: Arc<Self>, cancel: CancellationToken) {
        tokio::join!(self.watch_files(&cancel), self.tend(&cancel));
    }

    /// Ends trials that have had their time, and takes back versions that break their budget.
    async fn tend(&self, cancel: &CancellationToken) {
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(TEND) => {}
            }
            for (operator, due) in self.shared.due() {
                let shared = Arc::clone(&self.shared);
                // It writes files, and may make an instance.
                let done = tokio::task::spawn_blocking(move || shared.tend(&operator, due)).await;
                if let Err(error) = done {
                    tracing::error!(
                        panicked = error.is_panic(),
                        "a policy version was not looked after"
                    );
                }
            }
        }
    }

    async fn watch_files(&self, cancel: &CancellationToken) {
        let changed = Arc::new(Notify::new());
        let mut directories = Directories::new(Arc::clone(&changed));
        let mut states = BTreeMap::new();
        while !cancel.is_cancelled() {
            let round = async {
                let pause = self.look(&mut directories, &mut states).await;
                tokio::select! {
                    () = changed.notified() => tokio::time::sleep(BURST).await,
                    () = self.shared.entered.notified() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                () = round => {}
            }
        }
    }

    /// Looks at every file once, loads those that changed and hold still, and says when to look again.
    async fn look(
        &self,
        directories: &mut Directories,
        states: &mut BTreeMap<PathBuf, FileState>,
    ) -> Duration {
        let files = self.shared.files();
        // First watch, then look: a change in between is seen by one of the two.
        directories.follow(&files);
        let mut pause = POLL;
        for file in files {
            let state = states.entry(file.clone()).or_default();
            let stamp = Stamp::of(&file).ok();
            match state.observe(crate::clock::now(), stamp, self.shared.handled(&file)) {
                Step::Rest => {}
                Step::LookAgain(after) => pause = pause.min(after),
                Step::Gone => self.shared.gone(&file),
                Step::Load(seen) => {
                    let outcome = match self.reload_seen(&file, seen).await {
                        Ok(()) => Outcome::Done,
                        Err(LoadError::Superseded) => Outcome::Superseded,
                        Err(_) => Outcome::Failed,
                    };
                    let after = state.finished(crate::clock::now(), outcome);
                    pause = pause.min(after.unwrap_or(POLL));
                }
            }
        }
        pause
    }
}

/// Watches on directories, never on files: a watch on a file follows the inode, and a rename over it ends it for good.
struct Directories {
    watcher: Option<RecommendedWatcher>,
    /// With the inode that is watched: a directory that was replaced is watched anew.
    watched: BTreeMap<PathBuf, u64>,
}

impl Directories {
    fn new(changed: Arc<Notify>) -> Self {
        let handler = move |event: notify::Result<notify::Event>| {
            // An error may mean lost events: look too.
            if event.map_or(true, |event| concerns(event.kind)) {
                changed.notify_one();
            }
        };
        let watcher = notify::recommended_watcher(handler);
        if let Err(error) = &watcher {
            tracing::warn!(%error, "no file events: plugin files are looked at every 5 s");
        }
        Self {
            watcher: watcher.ok(),
            watched: BTreeMap::new(),
        }
    }

    /// Watches the directory of each path, and of the file that it leads to.
    fn follow(&mut self, files: &[PathBuf]) {
        let Some(watcher) = &mut self.watcher else { return };
        let targets = files.iter().filter_map(|file| file.canonicalize().ok());
        let wanted: BTreeSet<PathBuf> = files
            .iter()
            .cloned()
            .chain(targets)
            .filter_map(|file| directory_of(&file))
            .collect();
        let wanted: BTreeMap<PathBuf, u64> = wanted
            .into_iter()
            .filter_map(|path| Some((path.clone(), std::fs::metadata(&path).ok()?.ino())))
            .collect();
        if wanted == self.watched {
            return;
        }
        for path in self
            .watched
            .keys()
            .filter(|path| self.watched.get(*path) != wanted.get(*path))
        {
            // The watch of a directory that is gone went with it.
            watcher.unwatch(path).ok();
        }
        self.watched.retain(|path, inode| wanted.get(path) == Some(inode));
        for (path, inode) in wanted {
            if self.watched.contains_key(&path) {
                continue;
            }
            match watcher.watch(&path, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(path, inode)),
                Err(error) => {
                    tracing::debug!(%error, path = %path.display(), "directory not watched; it is polled")
                }
            }
        }
    }
}

fn directory_of(file: &Path) -> Option<PathBuf> {
    let parent = file.parent()?;
    Some(if parent.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        parent.to_owned()
    })
}

/// Reading a file is an event too. Our own reads must not wake us.
fn concerns(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_wake_nobody() {
        use notify::event::{CreateKind, ModifyKind, RenameMode};
        assert!(!concerns(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!concerns(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(concerns(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(concerns(EventKind::Modify(ModifyKind::Name(RenameMode::To))));
        assert!(concerns(EventKind::Create(CreateKind::Folder)));
    }

    #[test]
    fn a_bare_file_name_lies_in_the_current_directory() {
        assert_eq!(directory_of(Path::new("acme.wasm")), Some(PathBuf::from(".")));
        assert_eq!(
            directory_of(Path::new("plugins/acme.wasm")),
            Some(PathBuf::from("plugins"))
        );
    }
}
