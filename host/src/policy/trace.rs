//! A failed call as its plugin's author reads it: the plugin's own functions by their names, the innermost first.

use super::imports::printable;
use wasmtime::WasmBacktrace;

/// Octets of a trace that is written to the log.
const LENGTH: usize = 4_096;
/// How a panic travels from where it happens to its trap: the same in every plugin in Rust, and no news.
const PANICKING: [&str; 4] = [
    "__rustc::",
    "std::panicking::",
    "std::sys::backtrace::",
    "core::panicking::panic_fmt",
];

/// What went wrong, and where.
pub(super) fn of(error: &wasmtime::Error) -> String {
    let cause = error.root_cause();
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return printable(&format!("{error:?}"), LENGTH);
    };
    let functions = trace.frames().iter().map(|frame| match frame.func_name() {
        Some(name) => function(name),
        None => format!("function {}", frame.func_index()),
    });
    printable(&format!("{cause}, in {}", joined(functions)), LENGTH)
}

fn joined(functions: impl Iterator<Item = String>) -> String {
    let own = functions.skip_while(|name| PANICKING.iter().any(|start| name.starts_with(start)));
    own.collect::<Vec<_>>().join(" <- ")
}

/// A function's name as it was written. Those of other languages stay as they are.
fn function(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_they_were_written_and_the_way_of_a_panic_is_not() {
        let names = [
            "_RNvCsfLfy6EI15iL_7___rustc12___rust_abort",
            "_RNvNtCsebHcaeoSrxy_3std9panicking15panic_with_hook",
            "_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt",
            "_ZN7hostile8misdeeds6commit17h4dfe4df668b8274eE",
            "JS_CallInternal",
            "smpp:operator-policy/encoding@1.0.0#choose",
        ];
        assert_eq!(
            joined(names.into_iter().map(function)),
            "hostile::misdeeds::commit <- JS_CallInternal <- smpp:operator-policy/encoding@1.0.0#choose"
        );
    }
}
