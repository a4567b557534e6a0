//! The WASM engine, its clock, and what every plugin is linked with.

use super::error::LoadError;
use super::imports::{self, Ctx};
use super::limits::{Limits, TICK};
use std::path::Path;
use wasmtime::component::Linker;
use wasmtime::{Cache, CacheConfig, Config, Engine, OptLevel};

/// Compiled plugins on disk, in octets and in files. What was not used for longest goes first.
const CACHE_OCTETS: u64 = 256 << 20;
const CACHE_FILES: u64 = 256;

/// What turns files into plugins. One for the process.
pub(super) struct Workshop {
    pub(super) engine: Engine,
    /// Machine code of an earlier run, or of a version that was let go.
    cache: Option<Cache>,
    pub(super) linker: Linker<Ctx>,
    pub(super) limits: Limits,
}

impl Workshop {
    pub(super) fn new(limits: Limits, cache: Option<&Path>) -> Result<Self, LoadError> {
        let mut config = Config::new();
        config
            .wasm_component_model(true)
            .epoch_interruption(true)
            .max_wasm_stack(limits.stack_bytes)
            .cranelift_opt_level(OptLevel::Speed);
        let cache = cache.and_then(open_cache);
        config.cache(cache.clone());
        let engine = Engine::new(&config).map_err(LoadError::engine)?;
        start_clock(&engine).map_err(|error| LoadError::Engine {
            reason: error.to_string(),
        })?;
        let mut linker = Linker::new(&engine);
        imports::add_to(&mut linker).map_err(LoadError::engine)?;
        Ok(Self {
            engine,
            cache,
            linker,
            limits,
        })
    }

    /// How often machine code was found on disk.
    pub(super) fn cache_hits(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::cache_hits)
    }
}

/// wasmtime's own cache: its key covers the content, the compiler's version and its settings; what cannot be read counts
/// as missing. Whoever can write into this folder can make the gateway run machine code: it is the owner's alone.
fn open_cache(folder: &Path) -> Option<Cache> {
    let opened = make_private(folder)
        .map_err(|error| error.to_string())
        .and_then(|folder| {
            let mut config = CacheConfig::new();
            config
                .with_directory(folder)
                .with_files_total_size_soft_limit(CACHE_OCTETS)
                .with_file_count_soft_limit(CACHE_FILES);
            Cache::new(config).map_err(|error| format!("{error:#}"))
        });
    opened
        .inspect_err(|error| {
            tracing::warn!(folder = %folder.display(), error, "plugins are compiled again at each start");
        })
        .ok()
}

fn make_private(folder: &Path) -> std::io::Result<std::path::PathBuf> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    folder.canonicalize()
}

/// Advances the engine's epoch each [`TICK`]. The thread holds the engine weakly and ends within a tick of its end.
fn start_clock(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new()
        .name("policy-epoch".to_owned())
        .spawn(tick)
        .map(drop)
}
