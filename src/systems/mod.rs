//! The vendor systems: what each is called, reads, syncs, requires and refuses, as data.

mod capabilities;

pub use capabilities::System;
