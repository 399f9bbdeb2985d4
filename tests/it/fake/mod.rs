//! Vendors' systems in the small: servers on the loopback interface that answer as the vendors' pages say.
//!
//! [`server`] speaks HTTP and keeps a log of what was asked, [`fault`] makes it fail on schedule, [`spec`] checks what was
//! asked against the vendor's description, [`estate`] takes the rows from the samples. There is one module per vendor.
//! A fake decides nothing for the program: it refuses what the vendor would refuse and tells what it saw.

#![allow(dead_code, reason = "the fakes offer more than every test uses")]

pub mod atera;
pub mod autotask;
#[cfg(test)]
mod client;
pub mod connectwise;
pub mod datto_rmm;
pub mod estate;
pub mod fault;
pub mod graph;
pub mod it_glue;
pub mod kaseya_bms;
pub mod limits;
pub mod lists;
pub mod message;
pub mod ninja_one;
pub mod paging;
pub mod server;
pub mod spec;
pub mod syncro;
#[cfg(test)]
mod tests;
pub mod tigerpaw;
mod wire;

/// What a test changes in a vendor's behaviour. The default is a system on a good day. A vendor that does not know
/// something, such as tokens, leaves it alone.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Rows per page at most, where it is less than what the vendor allows.
    pub page_size: Option<usize>,
    /// A token is refused after so many requests.
    pub token_life: Option<usize>,
    /// So many requests in a window; more are refused as the vendor refuses them.
    pub rate: Option<limits::Rate>,
    /// What happens to the rows of a list while it is read for the first time.
    pub shift: paging::Shift,
    /// Whether every list of more than one page has an empty one that still names a next one.
    pub empty_page: bool,
    /// Which ids the rows have.
    pub ids: estate::Ids,
}
