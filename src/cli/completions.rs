//! `matchbook completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, exit_code};
use crate::report::Printer;

/// Write the completions of a shell
#[derive(Debug, Args)]
#[command(long_about = "Write the completions of a shell to standard output.

Examples:
  matchbook completions bash > ~/.local/share/bash-completion/completions/matchbook
  matchbook completions fish > ~/.config/fish/completions/matchbook.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsArgs {
    pub(super) fn run(self, printer: &Printer) -> u8 {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "matchbook", &mut text);
        printer.data(&String::from_utf8_lossy(&text));
        exit_code::DONE
    }
}
