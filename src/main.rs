//! The program `matchbook`: everything is in the library, see [`matchbook::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    matchbook::cli::main()
}
