//! What the maps do not say.

use crate::model::MapType;
use crate::postfix::{NextHop, SecurityLevel, Version};
use jiff::civil::Date;

/// What the level `none` is meant to say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoneMeans {
    /// That no policy is needed: the entry is left out.
    Absent,
    /// What Postfix does with it: mail goes out in plain text.
    Keep,
}

/// Where a map lives, as `targets` names it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Placed {
    /// The URL of the transport map.
    pub transport: Option<String>,
    /// The URL of the policy map.
    pub tls_policy: Option<String>,
    /// The environment variable with the password of a database.
    pub password_env: Option<String>,
}

/// What the maps do not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The version of Postfix that reads the maps.
    pub version: Version,
    /// Whether somebody said so.
    pub version_given: bool,
    /// `smtp_tls_security_level`; `None` takes it from a row `_default`, else `may` is assumed.
    pub security_level: Option<SecurityLevel>,
    /// The type of the maps.
    pub map_type: MapType,
    /// Whether somebody said so.
    pub map_type_given: bool,
    /// `relayhost`.
    pub relayhost: Option<NextHop>,
    /// What `none` means; nobody said so without it.
    pub none: Option<NoneMeans>,
    /// Whether what cannot be expressed stays in the maps as a foreign entry, instead of being an error.
    pub keep_foreign: bool,
    /// Whether the maps may hold keys with U-labels.
    pub unicode: bool,
    /// Where the maps are deployed.
    pub placed: Placed,
    /// Today, for facts in the lock.
    pub today: Date,
}
