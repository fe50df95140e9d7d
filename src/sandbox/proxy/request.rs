//! The head of a proxied request: read within bounds, and refused unless it is plainly of one of the
//! two forms that agents use.

use super::address::host_and_port;
use std::io::{self, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The longest head, in bytes.
const LONGEST: usize = 16 << 10;
/// A head is whole after this time.
const IN_TIME: Duration = Duration::from_secs(10);

/// What a client wants, and what it has sent beyond the head.
pub(super) struct Request {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) kind: Kind,
    pub(super) rest: Vec<u8>,
}

pub(super) enum Kind {
    /// Bytes both ways, which nobody looks at.
    Tunnel,
    /// One plain request: its method, its path, and its other lines without those of the connection.
    Plain { method: String, path: String, lines: Vec<String> },
}

/// Why a head is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the head of the request is larger than 16 KiB")]
    TooLarge,
    #[error("the head of the request took longer than 10 s")]
    TooSlow,
    #[error("the connection ended before the request")]
    Cut,
    #[error("not a request to a proxy")]
    NotOne,
}

impl Malformed {
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::TooLarge => "431 Request Header Fields Too Large",
            Self::TooSlow => "408 Request Timeout",
            Self::Cut | Self::NotOne => "400 Bad Request",
        }
    }
}

impl Request {
    pub(super) fn read(client: &mut TcpStream) -> Result<Self, Malformed> {
        let (head, rest) = read_head(client)?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Malformed::NotOne);
        };
        if method == "CONNECT" {
            let (host, port) = host_and_port(target, None).ok_or(Malformed::NotOne)?;
            return Ok(Self { host, port, kind: Kind::Tunnel, rest });
        }
        let is_method = (1..=20).contains(&method.len()) && method.bytes().all(|letter| letter.is_ascii_uppercase());
        let scheme = target.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
        let (true, true) = (is_method, scheme) else { return Err(Malformed::NotOne) };
        let target = &target[7..];
        let end = target.find(['/', '?', '#']).unwrap_or(target.len());
        let (host, port) = host_and_port(&target[..end], Some(80)).ok_or(Malformed::NotOne)?;
        let path = match &target[end..] {
            path if path.starts_with('/') => path.to_owned(),
            query => format!("/{query}"),
        };
        let kind = Kind::Plain { method: method.to_owned(), path, lines: passed_on(lines)? };
        Ok(Self { host, port, kind, rest })
    }
}

/// The lines of a head that reach the server; it is told its own name, and to close afterwards.
fn passed_on<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Malformed> {
    let (mut kept, mut upgrade, mut lengths) = (Vec::new(), false, 0);
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, _) = line.split_once(':').ok_or(Malformed::NotOne)?;
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(Malformed::NotOne);
        }
        match name.to_ascii_lowercase().as_str() {
            "host" | "connection" | "keep-alive" => continue,
            name if name.starts_with("proxy-") => continue,
            "upgrade" => upgrade = true,
            "content-length" | "transfer-encoding" => lengths += 1,
            _ => {}
        }
        kept.push(line.to_owned());
    }
    kept.push(format!("Connection: {}", if upgrade { "Upgrade" } else { "close" }));
    // Two lengths are how a second request is hidden in the first.
    if lengths > 1 { Err(Malformed::NotOne) } else { Ok(kept) }
}

/// The head, without the empty line, and what came with it.
fn read_head(client: &mut TcpStream) -> Result<(String, Vec<u8>), Malformed> {
    let begun = Instant::now();
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            bytes.truncate(end);
            let text = String::from_utf8(bytes).map_err(|_| Malformed::NotOne)?;
            let is_odd = |line: &str| line.contains(|letter: char| letter.is_control() && letter != '\t');
            return if text.split("\r\n").any(is_odd) { Err(Malformed::NotOne) } else { Ok((text, rest)) };
        }
        if bytes.len() >= LONGEST {
            return Err(Malformed::TooLarge);
        }
        let left = IN_TIME.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()).ok_or(Malformed::TooSlow)?;
        client.set_read_timeout(Some(left)).map_err(|_| Malformed::Cut)?;
        match client.read(&mut chunk) {
            Ok(0) => return Err(Malformed::Cut),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Err(Malformed::TooSlow);
            }
            Err(_) => return Err(Malformed::Cut),
        }
    }
}
