//! The documentation: what it shows is run, and what it links to is there.

mod breakglass;
mod how_to;
mod page;
mod reference;
mod shown;
mod tutorial;
