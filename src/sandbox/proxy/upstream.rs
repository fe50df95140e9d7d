//! The user's own proxy, through which kb's goes where there is one.

use super::address::host_and_port;
use std::net::IpAddr;

/// A proxy of the user, spoken to in plain HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct Upstream {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`: a secret.
    pub(super) authorization: Option<String>,
    except: Vec<String>,
}

/// Why a value of `HTTPS_PROXY` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamError {
    /// Not `http://`.
    #[error("kb can go through a proxy of the form `http://host:port` only")]
    Scheme,
    /// No host, or no such port.
    #[error("the value does not name a host and a port")]
    Address,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upstream({}:{})", self.host, self.port)
    }
}

impl Upstream {
    /// The values of `HTTPS_PROXY` and `NO_PROXY`; none where the first is empty.
    pub fn parse(proxy: &str, except: &str) -> Result<Option<Self>, UpstreamError> {
        let proxy = proxy.trim();
        if proxy.is_empty() {
            return Ok(None);
        }
        let rest = match proxy.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(UpstreamError::Scheme),
            None => proxy,
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, address) =
            authority.rsplit_once('@').map_or((None, authority), |(user, address)| (Some(user), address));
        let (host, port) = host_and_port(address, Some(80)).ok_or(UpstreamError::Address)?;
        let authorization = user.map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            format!("Basic {}", base64(&[unescaped(user), b":".to_vec(), unescaped(password)].concat()))
        });
        let except = except.split([',', ' ']).map(|entry| entry.trim().to_ascii_lowercase());
        Ok(Some(Self { host, port, authorization, except: except.filter(|entry| !entry.is_empty()).collect() }))
    }

    /// Whether the way to this host leads through it.
    pub(super) fn is_for(&self, host: &str, port: u16) -> bool {
        let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        !loopback && !self.except.iter().any(|entry| is_excepted(entry, host, port))
    }
}

fn is_excepted(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let plain = entry.trim_start_matches('*').trim_start_matches('.');
    let (name, only) = host_and_port(plain, Some(port)).unwrap_or_else(|| (plain.to_owned(), port));
    let below = host.strip_suffix(&name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    only == port && below
}

fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let code = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let escaped = after.get(..2).filter(|_| *first == b'%').and_then(code);
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    bytes
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            match place <= chunk.len() {
                true => text.push(char::from(LETTERS[bits >> (18 - 6 * place) & 63])),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Upstream, UpstreamError};

    #[test]
    fn a_proxy_is_read_from_the_variables() {
        let read = |proxy: &str| Upstream::parse(proxy, "").unwrap().unwrap();
        let found = read("http://us%65r:p%40ss@Proxy.example:3128/");
        assert_eq!((found.host.as_str(), found.port), ("proxy.example", 3128));
        assert_eq!(found.authorization.as_deref(), Some("Basic dXNlcjpwQHNz"));
        assert_eq!(read("http://a:b@h").authorization.as_deref(), Some("Basic YTpi"));
        assert_eq!(read("http://a@h").authorization.as_deref(), Some("Basic YTo="));
        assert_eq!(read("proxy:3128").port, 3128);
        assert!(!format!("{found:?}").contains("dXN"), "a secret");
        assert_eq!(Upstream::parse("socks5://h:1", ""), Err(UpstreamError::Scheme));
        assert_eq!(Upstream::parse("http://", ""), Err(UpstreamError::Address));
        assert_eq!(Upstream::parse(" ", ""), Ok(None));
    }

    #[test]
    fn some_hosts_are_reached_without_it() {
        let proxy = Upstream::parse("http://h", "internal.example, .lan,10.0.0.1,*.corp,box:8080").unwrap().unwrap();
        for host in
            ["internal.example", "a.internal.example", "x.lan", "10.0.0.1", "y.corp", "localhost", "127.0.0.1", "::1"]
        {
            assert!(!proxy.is_for(host, 443), "{host}");
        }
        assert!(!proxy.is_for("box", 8080) && proxy.is_for("box", 443));
        for host in ["api.example", "notinternal.example", "10.0.0.11"] {
            assert!(proxy.is_for(host, 443), "{host}");
        }
        assert!(!Upstream::parse("http://h", "*").unwrap().unwrap().is_for("api.example", 443));
    }
}
