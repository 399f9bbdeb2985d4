//! The program `matchbook`: everything is in the library, see [`matchbook::cli`].

use std::process::ExitCode;

#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    matchbook::cli::main()
}
