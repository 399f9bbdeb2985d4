//! An HTTP/1.1 server on the loopback interface: a thread per connection, kept alive, with a log of all requests.
//!
//! It knows nothing of vendors: a [`Vendor`] answers, the [`Faults`] decide what becomes of the answer.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::fault::{Faults, Refusal};
use super::message::{Reply, Request, Wire};
use super::wire::{read_request, send};

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

/// A vendor that the test keeps a hold of.
impl<V: Vendor> Vendor for Arc<V> {
    fn answer(&self, request: &Request) -> Reply {
        self.as_ref().answer(request)
    }

    fn refuse(&self, request: &Request, refusal: &Refusal) -> Reply {
        self.as_ref().refuse(request, refusal)
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
