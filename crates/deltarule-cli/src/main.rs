//! The command `deltarule`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(deltarule_cli::main_with(std::env::args_os()))
}
