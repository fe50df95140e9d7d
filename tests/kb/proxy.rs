//! The proxy that is an agent's only way out: whom it reaches, whom it refuses, and that it ends.

use kb::sandbox::proxy::{Allowed, Proxy, Report, Upstream};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy for these hosts, `!` before those that the user named, and where it listens.
fn proxy(allowed: &[String], upstream: Option<Upstream>) -> (Proxy, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let allowed =
        allowed.iter().map(|text| Allowed::parse(text.trim_start_matches('!'), text.starts_with('!')).unwrap());
    (Proxy::start(listener, allowed.collect(), upstream).unwrap(), address)
}

/// A server that answers each connection with what it got until then, in one read.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            thread::spawn(move || {
                let mut chunk = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut chunk) {
                    let _ = stream.write_all(&chunk[..count]);
                }
            });
        }
    });
    port
}

fn dial(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn until(stream: &mut TcpStream, end: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(end) && stream.read(&mut byte).unwrap_or(0) == 1 {
        bytes.push(byte[0]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A tunnel, open.
fn tunnel(address: SocketAddr, target: &str) -> TcpStream {
    let mut stream = dial(address);
    write!(stream, "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").unwrap();
    assert_eq!(until(&mut stream, b"\r\n\r\n"), "HTTP/1.1 200 Connection established\r\n\r\n", "{target}");
    stream
}

/// All that a request is answered with.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = dial(address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[test]
fn a_host_that_is_allowed_is_reached_through_a_tunnel() {
    let port = echo();
    let (proxy, address) = proxy(&[format!("!127.0.0.1:{port}"), format!("!LocalHost:{port}")], None);
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let mut stream = tunnel(address, &format!("{host}:{port}"));
        stream.write_all(b"hello").unwrap();
        assert_eq!(until(&mut stream, b"hello"), "hello");
        // Who hangs up after a few bytes seems not to know the certificate.
        let long = "goes on ".repeat(20);
        stream.write_all(long.as_bytes()).unwrap();
        assert_eq!(until(&mut stream, long.as_bytes()), long);
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "half closed, then closed");
    }
    assert_eq!(proxy.report(), Report::default());
}

#[test]
fn what_came_with_the_head_is_not_lost() {
    let port = echo();
    let (_proxy, address) = proxy(&[format!("!127.0.0.1:{port}")], None);
    let mut stream = dial(address);
    write!(stream, "CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\nearly").unwrap();
    assert!(until(&mut stream, b"early").ends_with("\r\n\r\nearly"));
}

#[test]
fn a_plain_request_reaches_the_server_under_its_own_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = until(&mut stream, b"\r\n\r\n");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").unwrap();
        head
    });
    let (_proxy, address) = proxy(&[format!("!http://127.0.0.1:{port}/v1")], None);
    let request = format!(
        "GET http://127.0.0.1:{port}/v1/models?x=1 HTTP/1.1\r\nHost: other.example\r\nProxy-Authorization: x\r\nProxy-Connection: keep-alive\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\n"
    );
    assert!(ask(address, &request).ends_with("\r\n\r\nhi"));
    let expected =
        format!("GET /v1/models?x=1 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    assert_eq!(server.join().unwrap(), expected);
}

#[test]
fn everything_else_is_refused() {
    let port = echo();
    let other = echo();
    // The agent's own hosts may not lead to this machine, whatever the name server says.
    let allowed = [
        format!("!127.0.0.1:{port}"),
        "api.example.com".to_owned(),
        "*.example.org".to_owned(),
        format!("localhost:{other}"),
        format!("127.0.0.2:{other}"),
        format!("[::1]:{other}"),
        format!("[::ffff:127.0.0.1]:{other}"),
        "169.254.169.254".to_owned(),
        "10.0.0.1".to_owned(),
    ];
    let (proxy, address) = proxy(&allowed, None);
    let connect = |target: &str| ask(address, &format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"));
    for target in [
        format!("127.0.0.1:{other}"),
        "127.0.0.1:22".to_owned(),
        format!("127.1:{port}"),
        format!("2130706433:{port}"),
        format!("0x7f000001:{port}"),
        format!("0.0.0.0:{port}"),
        format!("localhost:{port}"),
        format!("localhost:{other}"),
        format!("LOCALHOST:{other}"),
        format!("127.0.0.2:{other}"),
        format!("[::1]:{port}"),
        format!("[::1]:{other}"),
        format!("[0:0:0:0:0:0:0:1]:{other}"),
        format!("[::ffff:127.0.0.1]:{other}"),
        format!("[::ffff:7f00:1]:{other}"),
        "169.254.169.254:443".to_owned(),
        "169.254.169.254:80".to_owned(),
        "10.0.0.1:443".to_owned(),
        "10.0.0.2:443".to_owned(),
        "192.168.1.1:443".to_owned(),
        "100.64.0.1:443".to_owned(),
        "example.com:443".to_owned(),
        "evil-api.example.com:443".to_owned(),
        "api.example.com.evil.example:443".to_owned(),
        "api.example.com:80".to_owned(),
        "API.EXAMPLE.COM:8443".to_owned(),
        "example.org:443".to_owned(),
        "evilexample.org:443".to_owned(),
    ] {
        assert_eq!(status(&connect(&target)), "403", "{target}");
    }
    for target in [
        format!("127.0.0.1.:{port}"),
        "api.example.com.:443".to_owned(),
        "api.example.com".to_owned(),
        "api.example.com:".to_owned(),
        "api.example.com:0443x".to_owned(),
        "api.example.com:443@evil.example:443".to_owned(),
        "api.example.com@evil.example:443".to_owned(),
        "user:pass@api.example.com:443".to_owned(),
        "api.example.com:443:443".to_owned(),
        "api.example.com\\@evil:443".to_owned(),
        "api%2eexample.com:443".to_owned(),
        "http://api.example.com:443".to_owned(),
        ":443".to_owned(),
        "[::1:443".to_owned(),
        format!("127.0.0.1:{port} x"),
    ] {
        assert_eq!(status(&connect(&target)), "400", "{target}");
    }
    for request in [
        "GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n".to_owned(),
        "GET https://api.example.com/ HTTP/1.1\r\n\r\n".to_owned(),
        format!("GET file:///etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
        format!("GET http://u:p@127.0.0.1:{port}/ HTTP/1.1\r\n\r\n"),
        format!("GET http://127.0.0.1:{port}/ HTTP/2\r\n\r\n"),
        format!("GET http://127.0.0.1:{port}/ HTTP/1.1\nX: y\r\n\r\n"),
        format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\nX y\r\n\r\n"),
        format!("POST http://127.0.0.1:{port}/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        "\u{16}\u{3}\u{1}\r\n\r\n".to_owned(),
        "\r\n\r\n".to_owned(),
    ] {
        assert_eq!(status(&ask(address, &request)), "400", "{request}");
    }
    let refused = format!("GET http://127.0.0.1:{other}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    assert_eq!(status(&ask(address, &refused)), "403");
    let long = format!("GET http://127.0.0.1:{port}/ HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    assert_eq!(status(&ask(address, &long)), "431");
    let report = proxy.report();
    assert!(report.refused.contains(&"evil-api.example.com:443".to_owned()), "{report:?}");
    assert!(report.refused.contains(&format!("[::1]:{port}")), "{report:?}");
    assert!(connect("example.com:443").contains("kb: this agent may not reach this host and port"));
}

#[test]
fn the_list_of_refused_hosts_is_bounded() {
    let (proxy, address) = proxy(&[], None);
    for number in 0..70 {
        assert_eq!(status(&ask(address, &format!("CONNECT h{number}.example:443 HTTP/1.1\r\n\r\n"))), "403");
    }
    assert_eq!(proxy.report().refused.len(), 64);
}

#[test]
fn a_head_that_comes_drop_by_drop_is_cut_off() {
    let (_proxy, address) = proxy(&[], None);
    let mut stream = dial(address);
    let mut writer = stream.try_clone().unwrap();
    let begun = Instant::now();
    thread::spawn(move || {
        while writer.write_all(b"G").is_ok() && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(100));
        }
    });
    assert_eq!(status(&until(&mut stream, b"\r\n\r\n")), "408");
    assert!((9..19).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[test]
fn connections_are_bounded_and_freed_again() {
    let port = echo();
    let (_proxy, address) = proxy(&[format!("!127.0.0.1:{port}")], None);
    let target = format!("127.0.0.1:{port}");
    let mut held: Vec<_> = (0..64).map(|_| tunnel(address, &target)).collect();
    assert_eq!(status(&until(&mut dial(address), b"\r\n\r\n")), "503");
    drop(held.pop());
    let begun = Instant::now();
    let request = format!("CONNECT {target} HTTP/1.1\r\n\r\n");
    let again = || {
        let mut stream = dial(address);
        stream.write_all(request.as_bytes()).unwrap();
        until(&mut stream, b"\r\n\r\n").contains("200")
    };
    while !again() {
        assert!(begun.elapsed() < PATIENCE, "the place of a closed connection is free");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_ends_with_its_value() {
    let port = echo();
    let (proxy, address) = proxy(&[format!("!127.0.0.1:{port}")], None);
    let mut open = tunnel(address, &format!("127.0.0.1:{port}"));
    let mut idle = dial(address);
    drop(proxy);
    assert_eq!(open.read(&mut [0]).unwrap_or(0), 0);
    let begun = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begun.elapsed() < PATIENCE, "nobody listens any more");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_certificate_that_is_refused_again_and_again_is_named() {
    let port = echo();
    let target = format!("127.0.0.1:{port}");
    let (proxy, address) = proxy(&[format!("!{target}")], None);
    // Its hello, the server's answer, an alert of seven bytes, the end.
    let refuse_after = |hello: &[u8]| {
        let mut stream = tunnel(address, &target);
        stream.write_all(hello).unwrap();
        until(&mut stream, b"hello");
        stream.write_all(b"\x15\x03\x03\x00\x02\x02\x30").unwrap();
    };
    let refuse = || refuse_after(b"\x16\x03\x01hello");
    let wait = |suspected: bool| {
        let begun = Instant::now();
        while proxy.report().certificate_suspected.is_some() != suspected {
            assert!(begun.elapsed() < PATIENCE, "{:?}", proxy.report());
            thread::sleep(Duration::from_millis(10));
        }
    };
    // A request in the clear, answered at once.
    (0..3).for_each(|_| refuse_after(b"GET / hello"));
    refuse();
    thread::sleep(Duration::from_millis(200));
    assert_eq!(proxy.report().certificate_suspected, None, "once may be chance");
    refuse();
    wait(true);
    assert_eq!(proxy.report().certificate_suspected, Some(target.clone()));
    let mut stream = tunnel(address, &target);
    stream.write_all(b"\x16\x03\x01hello").unwrap();
    until(&mut stream, b"hello");
    stream.write_all(&[b'x'; 100]).unwrap();
    drop(stream);
    wait(false);
}

/// A proxy of the user's that wants a name and a password: what it was asked, one a connection.
fn users_proxy(answer: &'static str) -> (u16, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, heads) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map(Result::unwrap) {
            sender.send(until(&mut stream, b"\r\n\r\n")).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (port, heads)
}

#[test]
fn the_users_own_proxy_is_gone_through() {
    let (port, heads) = users_proxy("HTTP/1.1 200 OK\r\n\r\nserver speaks");
    let direct = echo();
    let upstream =
        Upstream::parse(&format!("http://us%65r:secret@127.0.0.1:{port}"), "direct.example,127.0.0.1").unwrap();
    let allowed = [
        "api.example.com".to_owned(),
        "!http://plain.example".to_owned(),
        format!("!127.0.0.1:{direct}"),
        "10.0.0.1".to_owned(),
    ];
    let (_proxy, address) = proxy(&allowed, upstream);
    let mut stream = tunnel(address, "api.example.com:443");
    assert_eq!(until(&mut stream, b"speaks"), "server speaks");
    assert_eq!(
        heads.recv_timeout(PATIENCE).unwrap(),
        "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"
    );
    let answer = ask(address, "GET http://plain.example/x HTTP/1.1\r\nHost: plain.example\r\n\r\n");
    assert!(answer.ends_with("server speaks"), "{answer}");
    assert_eq!(
        heads.recv_timeout(PATIENCE).unwrap(),
        "GET http://plain.example/x HTTP/1.1\r\nHost: plain.example\r\nConnection: close\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"
    );
    let mut stream = tunnel(address, &format!("127.0.0.1:{direct}"));
    stream.write_all(b"hello").unwrap();
    assert_eq!(until(&mut stream, b"hello"), "hello");
    assert_eq!(status(&ask(address, "CONNECT 10.0.0.1:443 HTTP/1.1\r\n\r\n")), "403");
    assert!(heads.try_recv().is_err(), "neither went through it");
}

#[test]
fn a_refusal_of_the_users_own_proxy_is_told() {
    let (port, _heads) = users_proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    let upstream = Upstream::parse(&format!("127.0.0.1:{port}"), "").unwrap();
    let (proxy, address) = proxy(&["api.example.com".to_owned()], upstream);
    let answer = ask(address, "CONNECT api.example.com:443 HTTP/1.1\r\n\r\n");
    assert_eq!(status(&answer), "502");
    assert!(answer.ends_with("kb: the proxy of this machine refused with 407\n"), "{answer}");
    let unreached = proxy.report().unreached.unwrap();
    assert_eq!(
        (unreached.host.as_str(), unreached.through),
        ("api.example.com:443", Some(format!("127.0.0.1:{port}")))
    );
}
