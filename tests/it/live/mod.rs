//! Reading systems over their interfaces: every vendor's fake, from the first request to the warehouse.

mod autotask;
mod case;
mod connectwise;
mod datto_rmm;
mod increments;
mod interrupted;
mod it_glue;
mod kaseya_bms;
mod kills;
mod microsoft_365;
mod microsoft_365_changes;
mod own_system;
mod pace;
mod resume;
mod setting;
mod syncro;
mod tigerpaw;
