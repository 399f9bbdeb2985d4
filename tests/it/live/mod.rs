//! Reading systems over their interfaces: every vendor's fake, from the first request to the warehouse.

mod case;
mod connectwise;
mod datto_rmm;
mod it_glue;
mod setting;
mod syncro;
