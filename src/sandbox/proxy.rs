//! The only way out of the wall: a proxy outside, whose listening socket is inside. It reaches the
//! hosts that the agent needs and no others, and looks into nothing.

mod address;
mod request;
mod upstream;

pub use address::Allowed;
pub use upstream::{Upstream, UpstreamError};

use request::{Kind, Request};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Connections at one time; more are turned away.
const MOST: usize = 64;
/// How many refused hosts are remembered.
const MOST_REFUSED: usize = 64;
/// How long a server, or the user's proxy, may take to answer.
const CONNECT: Duration = Duration::from_secs(15);
/// How many addresses of a host are tried.
const MOST_ADDRESSES: usize = 4;
/// Somebody who accepts a certificate says at least this much more, in bytes; who does not, less.
const ACCEPTED: usize = 58;
/// The first byte of a connection that is encrypted by TLS; what it says then is of no concern here.
const HANDSHAKE: u8 = 0x16;
/// As often must a certificate seem to be refused before it is said.
const SUSPECTED: u32 = 2;

const PRIVATE: &str = "this host is on this machine or in a private network";

/// A running proxy; it and its connections end with this value.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    /// The listening socket itself: closing it for reading wakes who waits for connections.
    listener: TcpStream,
}

/// What a proxy has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `host:port`, sorted; the first few only.
    pub refused: Vec<String>,
    /// `host:port` whose certificate the agent seems not to accept.
    pub certificate_suspected: Option<String>,
    /// What it tried last and in vain, although it may go there.
    pub unreached: Option<Unreached>,
}

/// A host that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// `host:port`
    pub host: String,
    /// `host:port` of the user's own proxy, where it leads there.
    pub through: Option<String>,
    /// What the system or that proxy says.
    pub why: String,
}

#[derive(Debug)]
struct Shared {
    allowed: Vec<Allowed>,
    upstream: Option<Upstream>,
    ended: AtomicBool,
    serving: AtomicUsize,
    opened: AtomicU64,
    connections: Mutex<HashMap<u64, TcpStream>>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    refused: Vec<String>,
    /// How often a tunnel to this host was closed at once.
    closed: BTreeMap<String, u32>,
    unreached: Vec<Unreached>,
}

impl Proxy {
    /// Begins to answer on this socket: these hosts, through the user's own proxy if there is one.
    pub fn start(listener: TcpListener, allowed: Vec<Allowed>, upstream: Option<Upstream>) -> io::Result<Self> {
        listener.set_nonblocking(false)?;
        let handle = TcpStream::from(OwnedFd::from(listener.try_clone()?));
        let shared = Arc::new(Shared {
            allowed,
            upstream,
            ended: AtomicBool::new(false),
            serving: AtomicUsize::new(0),
            opened: AtomicU64::new(0),
            connections: Mutex::default(),
            seen: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        std::thread::Builder::new().name("proxy".to_owned()).spawn(move || accept(&listener, &accepting))?;
        Ok(Self { shared, listener: handle })
    }

    /// What it has seen until now.
    pub fn report(&self) -> Report {
        let seen = held(&self.shared.seen);
        let mut refused = seen.refused.clone();
        refused.sort();
        let suspected = seen.closed.iter().find(|(_, times)| **times >= SUSPECTED);
        let certificate_suspected = suspected.map(|(host, _)| host.clone());
        Report { refused, certificate_suspected, unreached: seen.unreached.last().cloned() }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        let _ = self.listener.shutdown(Shutdown::Both);
        for stream in held(&self.shared.connections).values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// What a thread that panicked left is as good as ever: each change is whole.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.ended.load(Ordering::SeqCst) {
        let Ok((mut client, _)) = listener.accept() else {
            // A client that went away meanwhile, or no descriptor left for a moment.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        let slot = Slot::take(shared);
        if shared.serving.load(Ordering::SeqCst) > MOST {
            say(&mut client, "503 Service Unavailable", "too many connections at one time");
            continue;
        }
        // A thread that cannot be started costs this one connection.
        let _ = std::thread::Builder::new().name("proxied".to_owned()).spawn(move || slot.serve(client));
    }
}

/// One of the connections that are served at one time.
struct Slot(Arc<Shared>);

impl Slot {
    fn take(shared: &Arc<Shared>) -> Self {
        shared.serving.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }

    fn serve(&self, mut client: TcpStream) {
        let Ok(_kept) = Kept::new(&self.0, &client) else { return };
        let request = match Request::read(&mut client) {
            Ok(request) => request,
            Err(why) => return dismiss(&mut client, why.status(), &why.to_string()),
        };
        let _ = client.set_read_timeout(None);
        match self.0.reach(&request) {
            Ok(mut server) => {
                self.0.note_reached(&request);
                let _ = server.set_nodelay(true);
                let _ = client.set_nodelay(true);
                let Ok(_kept) = Kept::new(&self.0, &server) else { return };
                if self.0.begin(&request, &mut client, &mut server).is_ok() {
                    self.0.pass(&request, &client, &server);
                }
            }
            Err(NoWay::Refused(why)) => {
                self.0.note_refused(&request);
                dismiss(&mut client, "403 Forbidden", why);
            }
            Err(NoWay::Failed(error)) => {
                self.0.note_unreached(&request, &error);
                dismiss(&mut client, "502 Bad Gateway", &error.to_string());
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.serving.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A connection that ends with the proxy.
struct Kept<'a>(&'a Shared, u64);

impl<'a> Kept<'a> {
    fn new(shared: &'a Shared, stream: &TcpStream) -> io::Result<Self> {
        let number = shared.opened.fetch_add(1, Ordering::SeqCst);
        held(&shared.connections).insert(number, stream.try_clone()?);
        let kept = Self(shared, number);
        match shared.ended.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::Interrupted.into()),
            false => Ok(kept),
        }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        held(&self.0.connections).remove(&self.1);
    }
}

/// Why a host was not reached.
enum NoWay {
    Refused(&'static str),
    Failed(io::Error),
}

impl From<io::Error> for NoWay {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Shared {
    /// A connection to what the request names, or to the user's proxy that leads there.
    fn reach(&self, request: &Request) -> Result<TcpStream, NoWay> {
        let Request { host, port, .. } = request;
        let matching = || self.allowed.iter().filter(|allowed| allowed.is(host, *port));
        if matching().next().is_none() {
            return Err(NoWay::Refused("this agent may not reach this host and port"));
        }
        let private_ok = matching().any(|allowed| allowed.private_ok);
        let is_refused = |address: &SocketAddr| !private_ok && address::is_private(address.ip());
        if let Some(upstream) = self.upstream_for(request) {
            // Its proxy looks names up; an address needs no looking up.
            let literal = host.parse().map(|address| SocketAddr::new(address, *port));
            if literal.is_ok_and(|address| is_refused(&address)) || (host == "localhost" && !private_ok) {
                return Err(NoWay::Refused(PRIVATE));
            }
            let mut stream = connect((upstream.host.as_str(), upstream.port).to_socket_addrs()?)?;
            if let Kind::Tunnel = request.kind {
                upstream.tunnel(&mut stream, host, *port)?;
            }
            return Ok(stream);
        }
        let found: Vec<SocketAddr> = (host.as_str(), *port).to_socket_addrs()?.collect();
        if !found.is_empty() && found.iter().all(is_refused) {
            return Err(NoWay::Refused(PRIVATE));
        }
        Ok(connect(found.into_iter().filter(|address| !is_refused(address)))?)
    }

    fn upstream_for(&self, request: &Request) -> Option<&Upstream> {
        self.upstream.as_ref().filter(|upstream| upstream.is_for(&request.host, request.port))
    }

    /// The first words to each side.
    fn begin(&self, request: &Request, client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
        if let Kind::Plain { method, path, lines } = &request.kind {
            let name = authority(&request.host, request.port);
            let name = name.strip_suffix(":80").unwrap_or(&name);
            let upstream = self.upstream_for(request);
            let origin = upstream.map(|_| format!("http://{name}")).unwrap_or_default();
            let mut head = format!("{method} {origin}{path} HTTP/1.1\r\nHost: {name}\r\n");
            for line in lines {
                head.push_str(line);
                head.push_str("\r\n");
            }
            head.push_str(&upstream.map(Upstream::authorization_line).unwrap_or_default());
            head.push_str("\r\n");
            server.write_all(head.as_bytes())?;
        } else {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        }
        server.write_all(&request.rest)
    }

    /// Bytes both ways, until both sides have nothing more to say.
    fn pass(&self, request: &Request, client: &TcpStream, server: &TcpStream) {
        let (heard, said_since) = (AtomicBool::new(false), AtomicUsize::new(0));
        let encrypted = AtomicBool::new(request.rest.first() == Some(&HANDSHAKE));
        let begun = AtomicBool::new(!request.rest.is_empty());
        std::thread::scope(|scope| {
            let up = std::thread::Builder::new().spawn_scoped(scope, || {
                pump(client, server, &|said| {
                    if !begun.swap(true, Ordering::SeqCst) {
                        encrypted.store(said.first() == Some(&HANDSHAKE), Ordering::SeqCst);
                    }
                    if heard.load(Ordering::SeqCst) {
                        said_since.fetch_add(said.len(), Ordering::SeqCst);
                    }
                });
            });
            match up {
                Ok(_) => pump(server, client, &|_| heard.store(true, Ordering::SeqCst)),
                Err(_) => {
                    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
                }
            }
        });
        if let Kind::Tunnel = request.kind
            && encrypted.into_inner()
            && heard.into_inner()
            && !self.ended.load(Ordering::SeqCst)
        {
            self.note_tunnel(request, said_since.into_inner() < ACCEPTED);
        }
    }

    fn note_refused(&self, request: &Request) {
        let name = authority(&request.host, request.port);
        let refused = &mut held(&self.seen).refused;
        if refused.len() < MOST_REFUSED && !refused.contains(&name) {
            refused.push(name);
        }
    }

    fn note_unreached(&self, request: &Request, error: &io::Error) {
        let host = authority(&request.host, request.port);
        let through = self.upstream_for(request).map(|upstream| authority(&upstream.host, upstream.port));
        let unreached = &mut held(&self.seen).unreached;
        unreached.retain(|other| other.host != host);
        unreached.push(Unreached { host, through, why: error.to_string() });
        if unreached.len() > MOST_REFUSED {
            unreached.remove(0);
        }
    }

    fn note_reached(&self, request: &Request) {
        let host = authority(&request.host, request.port);
        held(&self.seen).unreached.retain(|other| other.host != host);
    }

    fn note_tunnel(&self, request: &Request, closed_at_once: bool) {
        let mut seen = held(&self.seen);
        let times = seen.closed.entry(authority(&request.host, request.port)).or_default();
        *times = if closed_at_once { times.saturating_add(1) } else { 0 };
    }
}

impl Upstream {
    fn authorization_line(&self) -> String {
        self.authorization.as_ref().map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default()
    }

    /// Asks it for a way to this host.
    fn tunnel(&self, stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
        let name = authority(host, port);
        let head = format!("CONNECT {name} HTTP/1.1\r\nHost: {name}\r\n{}\r\n", self.authorization_line());
        stream.write_all(head.as_bytes())?;
        stream.set_read_timeout(Some(CONNECT))?;
        let mut answer = Vec::new();
        // Byte by byte: what follows the empty line is the server's.
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if answer.len() > 8192 || stream.read(&mut byte)? == 0 {
                return Err(io::Error::other("the proxy of this machine did not answer"));
            }
            answer.push(byte[0]);
        }
        stream.set_read_timeout(None)?;
        let status = String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned();
        match status.len() == 3 && status.starts_with('2') {
            true => Ok(()),
            false => Err(io::Error::other(format!("the proxy of this machine refused with {status:.20}"))),
        }
    }
}

fn connect(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses.take(MOST_ADDRESSES) {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Copies until there is no more, then says so to the other side. A side that is gone ends both.
fn pump(mut from: &TcpStream, mut to: &TcpStream, seen: &dyn Fn(&[u8])) {
    let mut chunk = vec![0; 16 << 10];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Ok(length) => {
                seen(&chunk[..length]);
                if to.write_all(&chunk[..length]).is_err() {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn say(client: &mut TcpStream, status: &str, why: &str) {
    let body = format!("kb: {why}\n");
    let length = body.len();
    let _ = client.set_write_timeout(Some(Duration::from_secs(1)));
    let head = "Content-Type: text/plain; charset=utf-8\r\nConnection: close";
    let _ = write!(client, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
}

/// Says it, and waits a moment for the client to hear it: what it still sends would cut off the answer.
fn dismiss(client: &mut TcpStream, status: &str, why: &str) {
    say(client, status, why);
    let _ = client.shutdown(Shutdown::Write);
    let _ = client.set_read_timeout(Some(Duration::from_millis(200)));
    let mut chunk = [0; 4096];
    for _ in 0..64 {
        if !client.read(&mut chunk).is_ok_and(|count| count > 0) {
            return;
        }
    }
}
