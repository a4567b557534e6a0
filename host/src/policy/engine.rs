//! The WASM engine, its clock, and what every plugin is linked with.

use super::error::LoadError;
use super::imports::{self, Ctx};
use super::limits::{Limits, TICK};
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, OptLevel};

/// What turns files into plugins. One for the process.
pub(super) struct Workshop {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Ctx>,
    pub(super) limits: Limits,
}

impl Workshop {
    pub(super) fn new(limits: Limits) -> Result<Self, LoadError> {
        let mut config = Config::new();
        config
            .wasm_component_model(true)
            .epoch_interruption(true)
            .max_wasm_stack(limits.stack_bytes)
            .cranelift_opt_level(OptLevel::Speed);
        let engine = Engine::new(&config).map_err(LoadError::engine)?;
        start_clock(&engine).map_err(|error| LoadError::Engine {
            reason: error.to_string(),
        })?;
        let mut linker = Linker::new(&engine);
        imports::add_to(&mut linker).map_err(LoadError::engine)?;
        Ok(Self {
            engine,
            linker,
            limits,
        })
    }
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
