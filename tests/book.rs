//! The documentation: what it shows is run, and what it links to is there.

mod breakglass;
mod page;
