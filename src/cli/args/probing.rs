//! What is probed, and how.

/// What is probed, and how.
#[derive(clap::Args, Debug)]
pub struct Probing {
    /// Only this recipient domain; repeatable
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Vec<String>,
    /// Only what differs from what is deployed
    #[arg(long, conflicts_with = "domain")]
    pub changed: bool,
    /// The name to greet servers with; without it that of this host
    #[arg(long, value_name = "NAME")]
    pub helo: Option<String>,
    /// Seconds for each step of a conversation; all steps together have three times as long
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
    /// Seconds for everything together; what was found until then is told
    #[arg(long, value_name = "SECONDS")]
    pub deadline: Option<u64>,
    /// Next hops that are probed at once; each address is spoken with by one at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 64)]
    pub connections: u16,
}

impl Probing {
    /// What changes, within ten minutes.
    pub fn changes() -> Self {
        Self {
            domain: Vec::new(),
            changed: true,
            helo: None,
            timeout: 10,
            deadline: Some(600),
            connections: 64,
        }
    }
}
