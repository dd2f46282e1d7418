//! `mxward lock`

use super::update::refresh_lock;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::resolve::Scope;
use jiff::civil::Date;

pub(super) fn run(context: &mut Context<'_, '_>, today: Option<Date>) -> Result<Exit, Exit> {
    refresh_lock(context, &Scope::Missing, today)
}
