//! Reading systems over their interfaces: every vendor's fake, from the first request to the warehouse.

mod it_glue;
mod setting;
