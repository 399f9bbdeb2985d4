//! HTTP/1.1 as bytes: reads a request from a connection, writes an answer to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::message::{Reply, Request, Wire, decode, pairs, reason};

/// A request body of more than this is refused.
const MAX_BODY: u64 = 16 << 20;
/// A request whose first line and headers are longer than this is refused.
const MAX_HEAD: u64 = 64 << 10;

/// The next request of a connection; nothing when the client closed it.
pub fn read_request(reader: &mut BufReader<TcpStream>) -> Result<Option<Request>, String> {
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
pub fn send(stream: &mut TcpStream, reply: &Reply, takes_gzip: bool, is_last: bool) -> std::io::Result<()> {
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
        // Half of an answer is half of what goes over the wire.
        Wire::Bytes(count) if is_packed => &body[..count.min(body.len() / 2)],
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
