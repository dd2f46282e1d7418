//! The templates that are compiled into the program.

/// The text of the built-in template `name`; `None` means that there is none.
pub fn text(name: &str) -> Option<&'static str> {
    let at = BUILTIN.binary_search_by(|(built_in, _)| (*built_in).cmp(name)).ok()?;
    Some(BUILTIN[at].1)
}

/// The names of all built-in templates in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, _)| *name)
}

/// Adds one pair for each name; the file has the same name.
macro_rules! templates {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../../providers/", $name, ".yaml"))),)*]
    };
}

/// Every file of `providers/` by name, sorted.
const BUILTIN: &[(&str, &str)] = templates![
    "a1",
    "all-inkl",
    "aws-ses",
    "barracuda",
    "bluehost",
    "bluewin",
    "cisco",
    "cloudflare-routing",
    "comcast",
    "dfn-mailsupport",
    "disroot",
    "dogado",
    "dreamhost",
    "fastmail",
    "fortimail",
    "forwardemail",
    "free-fr",
    "freenet",
    "gandi",
    "gmx",
    "godaddy",
    "google",
    "google-gmail",
    "google-workspace",
    "greennet",
    "hetzner-webhosting",
    "hornetsecurity",
    "hostedemail",
    "hostinger",
    "hostpoint",
    "icloud",
    "improvmx",
    "infomaniak",
    "ionos",
    "ispgateway",
    "kpn",
    "laposte",
    "libero",
    "loopia",
    "mail-com",
    "mail-de",
    "mail-ru",
    "mailbox-org",
    "mailchannels",
    "mailfence",
    "mailgun",
    "messagelabs",
    "microsoft",
    "microsoft-365",
    "microsoft-consumer",
    "migadu",
    "mimecast",
    "namecheap-forward",
    "namecheap-privateemail",
    "netcup",
    "netease",
    "o2-pl",
    "one-com",
    "orange",
    "ovh",
    "posteo",
    "proofpoint",
    "proofpoint-essentials",
    "proton",
    "purelymail",
    "rackspace",
    "retarus",
    "riseup",
    "runbox",
    "sendgrid",
    "seppmail",
    "seznam",
    "simply",
    "siteground",
    "sophos",
    "soverin",
    "spamexperts",
    "startmail",
    "strato",
    "swisscom",
    "t-online",
    "tencent",
    "titan",
    "transip",
    "trendmicro",
    "tuta",
    "web-de",
    "wp-pl",
    "yahoo",
    "yandex",
    "ziggo",
    "zoho",
];
