//! An HTTP/1.1 server on the loopback interface: a thread per connection, kept alive, with a log of all requests.
//!
//! It knows nothing of vendors: a [`Vendor`] answers, the [`Faults`] decide what becomes of the answer.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::fault::{Faults, Refusal};
use super::message::{Reply, Request, Wire, decode, pairs, reason};

/// A request body of more than this is refused.
const MAX_BODY: u64 = 16 << 20;
/// A request whose first line and headers are longer than this is refused.
const MAX_HEAD: u64 = 64 << 10;

/// What stands behind a server.
pub trait Vendor: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(&self, request: &Request) -> Reply;

    /// The vendor's own document for a refusal that a test asks for.
    fn refuse(&self, _request: &Request, refusal: &Refusal) -> Reply {
        Reply::text(refusal.status(), refusal.text())
    }
}

impl<F: Fn(&Request) -> Reply + Send + Sync + 'static> Vendor for F {
    fn answer(&self, request: &Request) -> Reply {
        self(request)
    }
}

/// How much a server takes.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Connections at the same time; more are closed at once.
    pub connections: usize,
    /// Requests on one connection before the server closes it.
    pub requests_per_connection: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { connections: 256, requests_per_connection: usize::MAX }
    }
}

/// A request and what became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request.
    pub request: Arc<Request>,
    /// The status that was sent; nothing where the connection was dropped first.
    pub status: Option<u16>,
    /// Whether the whole answer was sent.
    pub whole: bool,
}

/// A running server. It ends when it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    vendor: Box<dyn Vendor>,
    faults: Faults,
    capacity: Capacity,
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    is_stopping: bool,
    connections: usize,
    open: BTreeMap<usize, TcpStream>,
    threads: Vec<JoinHandle<()>>,
    log: Vec<Exchange>,
    malformed: Vec<String>,
    working: usize,
    peak: usize,
}

impl Server {
    /// Starts a server that answers as `vendor` does.
    pub fn start(vendor: impl Vendor) -> Self {
        Self::with(vendor, Faults::none(), Capacity::default())
    }

    /// Starts a server with failures on schedule.
    pub fn with_faults(vendor: impl Vendor, faults: Faults) -> Self {
        Self::with(vendor, faults, Capacity::default())
    }

    /// Starts a server with failures on schedule and a capacity of its own.
    pub fn with(vendor: impl Vendor, faults: Faults, capacity: Capacity) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            vendor: Box::new(vendor),
            faults,
            capacity,
            state: Mutex::default(),
            stopped: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || own.accept(&listener));
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// Where it listens: `127.0.0.1:12345`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that paths are put behind: `http://127.0.0.1:12345`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Arc<Request>> {
        self.shared.state().log.iter().map(|exchange| Arc::clone(&exchange.request)).collect()
    }

    /// Every request so far with what became of it.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.state().log.clone()
    }

    /// The most requests that were worked on at the same time.
    pub fn peak(&self) -> usize {
        self.shared.state().peak
    }

    /// Connections that were made.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// What arrived that is no HTTP.
    pub fn malformed(&self) -> Vec<String> {
        self.shared.state().malformed.clone()
    }

    /// Failures that were planned and have not happened.
    pub fn pending_faults(&self) -> u32 {
        self.shared.faults.pending()
    }

    /// Plans a failure while the server runs; see [`Faults`].
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let threads = {
            let mut state = self.shared.state();
            state.is_stopping = true;
            for stream in state.open.values() {
                // The client may have gone already.
                let _ = stream.shutdown(Shutdown::Both);
            }
            std::mem::take(&mut state.threads)
        };
        self.shared.stopped.notify_all();
        // Wakes the acceptor, which then sees that it has to stop.
        let _ = TcpStream::connect(self.address);
        for thread in self.acceptor.take().into_iter().chain(threads) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The state. A thread that panicked leaves it whole: every change of it is one statement.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            let mut state = self.state();
            if state.is_stopping {
                return;
            }
            let Ok(stream) = stream else { continue };
            let Ok(kept) = stream.try_clone() else { continue };
            if state.open.len() >= self.capacity.connections {
                continue;
            }
            state.connections += 1;
            let connection = state.connections;
            state.open.insert(connection, kept);
            state.threads.retain(|thread| !thread.is_finished());
            let own = Arc::clone(&self);
            state.threads.push(std::thread::spawn(move || {
                own.converse(stream, connection);
                own.state().open.remove(&connection);
            }));
        }
    }

    /// Answers the requests of one connection.
    fn converse(&self, mut stream: TcpStream, connection: usize) {
        let Ok(reading) = stream.try_clone() else { return };
        // Answers are written in one piece; waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let mut reader = BufReader::new(reading);
        for served in 1.. {
            let request = match read_request(&mut reader) {
                Ok(Some(request)) => request,
                Ok(None) => break,
                Err(what) => {
                    self.state().malformed.push(what.clone());
                    let _ = send(&mut stream, &Reply::text(400, &what), false, true);
                    break;
                }
            };
            let is_last = served >= self.capacity.requests_per_connection
                || request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            if !self.serve(&mut stream, request, connection, is_last) || is_last {
                break;
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    /// Answers one request; false when the connection is of no use any more.
    fn serve(&self, stream: &mut TcpStream, mut request: Request, connection: usize, is_last: bool) -> bool {
        let (request, index) = {
            let mut state = self.state();
            request.number = state.log.len() + 1;
            request.connection = connection;
            request.at = Instant::now();
            let request = Arc::new(request);
            state.log.push(Exchange { request: Arc::clone(&request), status: None, whole: false });
            state.working += 1;
            state.peak = state.peak.max(state.working);
            (request, state.log.len() - 1)
        };
        let reply = self.faults.answer(self.vendor.as_ref(), &request);
        let goes_on = self.wait(reply.delay);
        {
            // The log is complete before the client has the answer, so that it never looks at half of it.
            let mut state = self.state();
            state.working -= 1;
            let exchange = &mut state.log[index];
            exchange.status = (goes_on && reply.wire != Wire::Nothing).then_some(reply.status);
            exchange.whole = goes_on && reply.wire == Wire::Whole;
        }
        let is_sent = goes_on && send(stream, &reply, request.takes_gzip(), is_last).is_ok();
        if !is_sent {
            self.state().log[index].whole = false;
        }
        is_sent && reply.wire == Wire::Whole
    }

    /// Waits, or returns false when the server ends meanwhile.
    fn wait(&self, delay: Duration) -> bool {
        if delay.is_zero() {
            return true;
        }
        let waited = self.stopped.wait_timeout_while(self.state(), delay, |state| !state.is_stopping);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_stopping
    }
}

/// The next request of a connection; nothing when the client closed it.
fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, String> {
    let mut head = reader.by_ref().take(MAX_HEAD);
    let Some(first) = read_line(&mut head)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
        return Err(format!("`{first}` is no request line"));
    };
    let mut headers = Vec::new();
    loop {
        let line = read_line(&mut head)?.ok_or("the connection ended in the headers")?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| format!("`{line}` is no header"))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        number: 0,
        connection: 0,
        at: Instant::now(),
        method: method.to_owned(),
        target: target.to_owned(),
        path: decode(path, false),
        query: pairs(query),
        headers,
        body: Vec::new(),
    };
    request.body =
        if request.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            read_chunks(reader)?
        } else if let Some(length) = request.header("content-length") {
            let length = length.parse().map_err(|_| format!("`{length}` is no length"))?;
            read_exactly(reader, length)?
        } else {
            Vec::new()
        };
    Ok(Some(request))
}

/// A line without its end; nothing at the end of the connection.
fn read_line(reader: &mut impl BufRead) -> Result<Option<String>, String> {
    let mut line = Vec::new();
    match reader.read_until(b'\n', &mut line) {
        // A client that goes away between requests may do so with a reset.
        Ok(0) | Err(_) => return Ok(None),
        Ok(_) => {}
    }
    if line.pop() != Some(b'\n') {
        return Err("a line of the request is not ended".to_owned());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| "a header is not UTF-8".to_owned())
}

fn read_exactly(reader: &mut impl Read, length: u64) -> Result<Vec<u8>, String> {
    if length > MAX_BODY {
        return Err(format!("a body of {length} bytes"));
    }
    let mut body = Vec::new();
    let read = reader.take(length).read_to_end(&mut body).map_err(|error| error.to_string())?;
    if read as u64 == length { Ok(body) } else { Err("the body is shorter than its length".to_owned()) }
}

fn read_chunks(reader: &mut BufReader<TcpStream>) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        let size = read_line(reader)?.ok_or("the connection ended in the body")?;
        let digits = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(digits, 16).map_err(|_| format!("`{size}` is no chunk size"))?;
        if size + body.len() as u64 > MAX_BODY {
            return Err("a body without end".to_owned());
        }
        body.extend(read_exactly(reader, size)?);
        // Behind a chunk the line ends; behind the last one there may be trailers in front of the blank line.
        while read_line(reader)?.is_some_and(|line| size == 0 && !line.is_empty()) {}
        if size == 0 {
            return Ok(body);
        }
    }
}

/// Sends as much of an answer as its fault lets through.
fn send(stream: &mut TcpStream, reply: &Reply, takes_gzip: bool, is_last: bool) -> std::io::Result<()> {
    let packed;
    let (body, is_packed) = if reply.gzip && takes_gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&reply.body)?;
        packed = encoder.finish()?;
        (packed.as_slice(), true)
    } else {
        (reply.body.as_slice(), false)
    };
    let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason(reply.status));
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if is_packed {
        head.push_str("content-encoding: gzip\r\n");
    }
    if is_last {
        head.push_str("connection: close\r\n");
    }
    if reply.chunked {
        head.push_str("transfer-encoding: chunked\r\n\r\n");
    } else {
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    }
    let mut bytes = head.into_bytes();
    let sent = match reply.wire {
        Wire::Nothing => return Ok(()),
        Wire::Headers => &[],
        Wire::Bytes(count) => &body[..count.min(body.len())],
        Wire::Whole => body,
    };
    if reply.chunked {
        for chunk in sent.chunks(4096) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend(b"\r\n");
        }
        if reply.wire == Wire::Whole {
            bytes.extend(b"0\r\n\r\n");
        }
    } else {
        bytes.extend_from_slice(sent);
    }
    stream.write_all(&bytes)?;
    stream.flush()
}
