//! A client of a few lines, to test the servers without the program's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::message::decode;
use super::server::Server;

/// An answer as it arrived.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the body is as long as was said.
    pub is_whole: bool,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }
}

/// A connection that is kept.
pub struct Connection {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
}

impl Connection {
    /// Connects.
    pub fn to(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).expect("the server listens");
        Self { stream: BufReader::new(stream), host: server.address() }
    }

    /// Sends a request as it is written, and reads the answer; nothing when the connection ended without one.
    pub fn send(&mut self, text: &str) -> Option<Answer> {
        self.stream.get_mut().write_all(text.as_bytes()).ok()?;
        self.read()
    }

    /// Asks for a path.
    pub fn get(&mut self, target: &str, headers: &[(&str, &str)]) -> Option<Answer> {
        self.ask("GET", target, headers, "")
    }

    /// Asks with a body.
    pub fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Option<Answer> {
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        self.send(&format!("{text}\r\n{body}"))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    fn read(&mut self) -> Option<Answer> {
        let status = self.line()?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new(), is_whole: true };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.is_whole = self.chunks(&mut answer.body).is_some();
        } else if let Some(length) = answer.header("content-length") {
            let length: u64 = length.parse().expect("a length is a number");
            let read = self.stream.by_ref().take(length).read_to_end(&mut answer.body);
            answer.is_whole = read.is_ok_and(|read| read as u64 == length);
        }
        Some(answer)
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> Option<()> {
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).ok()?;
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..]).ok()?;
            self.line()?;
            if size == 0 {
                return Some(());
            }
        }
    }
}

/// Path and query of an address in an answer.
pub fn target(url: &str) -> String {
    let behind = url.split_once("//").map_or(url, |(_, behind)| behind);
    behind.find('/').map_or_else(|| "/".to_owned(), |start| behind[start..].to_owned())
}

/// An address, readable.
pub fn readable(url: &str) -> String {
    decode(&target(url), true)
}
