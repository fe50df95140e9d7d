//! Hosts that may be reached, and addresses that are nobody's on the internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host that may be reached, at one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// In small letters; `*.example.com` is any host below it; IPv6 without brackets.
    pub host: String,
    /// The only port.
    pub port: u16,
    /// The user named it: it may be on this machine or in its network.
    pub private_ok: bool,
}

impl std::fmt::Display for Allowed {
    /// As a configuration names it: `host`, or `host:port` where the port is not 443.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            443 => write!(f, "{host}"),
            port => write!(f, "{host}:{port}"),
        }
    }
}

impl Allowed {
    /// `host`, `host:port` or the URL of a service. The port is 443 unless named, or 80 for `http://`.
    pub fn parse(text: &str, private_ok: bool) -> Option<Self> {
        let (text, port) = match text.split_once("://") {
            Some(("https" | "wss", rest)) => (rest, 443),
            Some(("http" | "ws", rest)) => (rest, 80),
            Some(_) => return None,
            None => (text, 443),
        };
        let authority = text.split(['/', '?', '#']).next()?;
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (star, authority) = authority.strip_prefix("*.").map_or(("", authority), |rest| ("*.", rest));
        let (host, port) = host_and_port(authority, Some(port))?;
        Some(Self { host: format!("{star}{host}"), port, private_ok })
    }

    /// Whether it is this host and port, both as [`host_and_port`] gives them.
    pub(super) fn is(&self, host: &str, port: u16) -> bool {
        let same_host = match self.host.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end) && host.parse::<IpAddr>().is_err(),
            None => self.host == host,
        };
        same_host && self.port == port
    }
}

/// `host:port` in parts, the host in small letters and IPv6 without brackets; none for anything that
/// is not plainly a host: user names, dots at the end, letters that no host name has.
pub(super) fn host_and_port(authority: &str, usual: Option<u16>) -> Option<(String, u16)> {
    let number = |port: &str| {
        let plain = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
        port.parse().ok().filter(|port| plain && *port != 0)
    };
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        let port = match port {
            "" => usual?,
            port => number(port.strip_prefix(':')?)?,
        };
        return Some((host.parse::<Ipv6Addr>().ok()?.to_string(), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, number(port)?),
        None => (authority, usual?),
    };
    let is_label = |label: &str| {
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    (host.len() <= 253 && host.split('.').all(is_label)).then(|| (host.to_ascii_lowercase(), port))
}

/// Whether an address is this machine's, a private network's, or otherwise no single public host's.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || matches!(first, 0 | 224..)
        || (first == 100 && second & 0xc0 == 64)
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && second & 0xfe == 18)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inner = |high: u16, low: u16| {
        let [first, second] = high.to_be_bytes();
        let [third, fourth] = low.to_be_bytes();
        is_private_v4(Ipv4Addr::new(first, second, third, fourth))
    };
    match parts {
        // IPv4 in the old ways of writing it (loopback and unspecified among them), and through translators.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => inner(high, low),
        // Translators of one network, Teredo, documentation.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0 | 0xdb8, ..] => true,
        // Unique local, link-local, site-local, multicast.
        [first, ..] => first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80 || first & 0xff00 == 0xff00,
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, host_and_port, is_private};

    #[test]
    fn addresses_that_are_nobodys_on_the_internet() {
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "198.19.0.1",
            "192.0.0.8",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:0:127.0.0.1",
        ] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "2a00::1",
        ] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_host_is_a_host_and_nothing_else() {
        let is = |text: &str, expected: Option<(&str, u16)>| {
            let found = host_and_port(text, Some(443));
            assert_eq!(found, expected.map(|(host, port)| (host.to_owned(), port)), "{text}");
        };
        is("Example.COM:8443", Some(("example.com", 8443)));
        is("[::1]:80", Some(("::1", 80)));
        is("[0:0::1]", Some(("::1", 443)));
        for text in [
            "example.com.",
            ".example.com",
            "a..b",
            "a b",
            "user@example.com",
            "a:b@c:443",
            "example.com:",
            "example.com:0",
            "example.com:65536",
            "example.com:+443",
            "example.com:443:443",
            "[::1",
            "[::1]x",
            "[fe80::1%eth0]",
            "",
            "é.com",
            "a/b",
            "a\\b",
            "a%2eb",
            "a\0b",
        ] {
            is(text, None);
        }
    }

    #[test]
    fn what_is_allowed_can_be_written_in_several_ways() {
        let is = |text: &str, host: &str, port: u16| {
            let expected = Allowed { host: host.to_owned(), port, private_ok: false };
            assert_eq!(Allowed::parse(text, false), Some(expected), "{text}");
        };
        is("api.example.com", "api.example.com", 443);
        is("api.example.com:8443", "api.example.com", 8443);
        is("http://localhost:11434/v1", "localhost", 11434);
        is("http://box", "box", 80);
        is("https://u:p@Host/v1", "host", 443);
        is("*.example.com", "*.example.com", 443);
        for text in ["ftp://a", "*", "*.*", "a*.b", "https://", "a b"] {
            assert_eq!(Allowed::parse(text, false), None, "{text}");
        }
        let below = Allowed::parse("*.example.com", false).unwrap();
        assert!(below.is("a.b.example.com", 443) && !below.is("example.com", 443));
        assert!(!below.is("evilexample.com", 443) && !below.is(".example.com", 443) && !below.is("a.example.com", 80));
    }
}
