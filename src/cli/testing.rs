//! What the tests of the subcommands share: command lines as they are parsed, and the sentence of a wrong use.

use super::{Cli, Command, WrongUse};
use clap::Parser;

fn parse(words: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("latent-studio").chain(words.split_whitespace()))
}

/// The subcommand of a command line, such as `train --out a`.
pub fn command(words: &str) -> Command {
    parse(words).unwrap_or_else(|why| panic!("{why}")).command.expect("a subcommand")
}

/// What the parser says of a command line that it refuses.
pub fn unparsed(words: &str) -> String {
    parse(words).expect_err("refused").to_string()
}

/// The sentence of a wrong use. Panics at any other end, and where it is not one line that ends with a full stop.
pub fn wrong_use_of<T>(result: anyhow::Result<T>) -> String {
    let error = result.err().expect("a wrong use");
    assert!(error.downcast_ref::<WrongUse>().is_some(), "not a wrong use: {error:#}");
    let sentence = error.to_string();
    assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
    sentence
}
