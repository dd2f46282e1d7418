//! A mail log of any size, the same bytes every time.
//!
//! Each message has the lines that Postfix writes for it: those of smtpd(8), cleanup(8) and qmgr(8), then of
//! smtp(8), with or without TLS. A few domains get most of the mail, one message in twenty waits.
#![expect(clippy::disallowed_methods, reason = "writes a file for the program to read")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes about `size` bytes; gives how many domains there are in them.
pub(crate) fn write(path: &Path, size: u64) -> io::Result<usize> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (mut written, mut number, mut seed) = (0, 0_u64, 1_u64);
    let mut domains = BTreeSet::new();
    let mut text = Vec::new();
    while written < size {
        // A generator after Lehmer; its upper half is random enough.
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let random = seed >> 33;
        let domain = if random.is_multiple_of(4) { random % 100_000 } else { random % 50 };
        domains.insert(domain);
        text.clear();
        message(&mut text, number, random, domain)?;
        file.write_all(&text)?;
        written += text.len() as u64;
        number += 1;
    }
    file.flush()?;
    Ok(domains.len())
}

fn message(text: &mut Vec<u8>, number: u64, random: u64, domain: u64) -> io::Result<()> {
    let seconds = number / 20;
    let (day, hour) = (1 + seconds / 86_400 % 28, seconds / 3600 % 24);
    let stamp = format!("Nov {day:2} {hour:02}:{:02}:{:02} mx1", seconds / 60 % 60, seconds % 60);
    let id = format!("4{number:010X}");
    let pid = 1000 + number % 97;
    let host = format!("mx{}.d{domain}.example", 1 + random % 2);
    let peer = format!("{host}[198.18.{}.{}]:25", domain / 256 % 256, domain % 256);
    writeln!(
        text,
        "{stamp} postfix/smtpd[{}]: {id}: client=relay.example[192.0.2.7], sasl_method=PLAIN, sasl_username=user{}",
        pid + 200,
        random % 500
    )?;
    writeln!(
        text,
        "{stamp} postfix/cleanup[{}]: {id}: message-id=<{number}.{random}@relay.example>",
        pid + 400
    )?;
    writeln!(
        text,
        "{stamp} postfix/qmgr[900]: {id}: from=<user{}@sender.example>, size={}, nrcpt=1 (queue active)",
        random % 500,
        1000 + random % 90_000
    )?;
    let level = ["Trusted", "Verified", "Untrusted", "Trusted", "Trusted"][(domain % 5) as usize];
    if domain % 10 != 9 {
        writeln!(
            text,
            "{stamp} postfix/smtp[{pid}]: {level} TLS connection established to {peer}: TLSv1.3 with cipher \
             TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) \
             server-digest SHA256"
        )?;
    }
    let (dsn, status) = if random.is_multiple_of(20) {
        ("4.2.0", "deferred (host said: 450 4.2.0 try again later (in reply to RCPT TO command))")
    } else {
        ("2.0.0", "sent (250 2.0.0 Ok: queued as 4XyZ1B0A2C)")
    };
    writeln!(
        text,
        "{stamp} postfix/smtp[{pid}]: {id}: to=<person{}@d{domain}.example>, relay={peer}, delay=1.2, \
         delays=0.1/0.01/0.5/0.6, dsn={dsn}, status={status}",
        random % 10_000
    )?;
    writeln!(text, "{stamp} postfix/qmgr[900]: {id}: removed")
}
