//! What goes over the wire: a request as it was understood, and the answer to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its number at this server, from 1.
    pub number: usize,
    /// The connection that it came by, from 1.
    pub connection: usize,
    /// When it was read completely.
    pub at: Instant,
    /// The method, in capitals.
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// The decoded path.
    pub path: String,
    /// The decoded query, in the order in which it was sent.
    pub query: Vec<(String, String)>,
    /// The headers, names in small letters, in the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The path as it was sent.
    pub fn raw_path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A header; the name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query that is a number.
    pub fn number_param(&self, name: &str) -> Option<usize> {
        self.param(name)?.parse().ok()
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&String::from_utf8_lossy(&self.body))
    }

    /// A field of the form in the body.
    pub fn field(&self, name: &str) -> Option<String> {
        self.form().into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// User and password of HTTP Basic.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }

    /// The bearer token.
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Scheme and host that the client used, for links in answers.
    pub fn origin(&self) -> String {
        format!("http://{}", self.header("host").unwrap_or("127.0.0.1"))
    }

    /// The address of this request with `changes` made to its query, in percent-encoding.
    pub fn url_with(&self, changes: &[(&str, &str)]) -> String {
        let mut query = self.query.clone();
        for (name, value) in changes {
            match query.iter_mut().find(|(own, _)| own == name) {
                Some((_, own)) => (*value).clone_into(own),
                None => query.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        format!("{}{}{}", self.origin(), self.raw_path(), query_text(&query))
    }

    /// Whether the client takes compressed answers.
    pub fn takes_gzip(&self) -> bool {
        self.header("accept-encoding").is_some_and(|value| value.contains("gzip"))
    }
}

/// What becomes of an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wire {
    /// It arrives.
    #[default]
    Whole,
    /// The connection ends before the first byte.
    Nothing,
    /// The connection ends behind the headers.
    Headers,
    /// The connection ends behind so many bytes of the body.
    Bytes(usize),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers besides those of the connection and the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Arc<Vec<u8>>,
    /// What becomes of it on its way.
    pub wire: Wire,
    /// How long it takes to come.
    pub delay: Duration,
    /// Whether it goes in pieces, without a length in front.
    pub chunked: bool,
    /// Whether it is compressed for clients that take that.
    pub gzip: bool,
}

impl Reply {
    /// An answer with a body of some type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: Arc::new(body.into()),
            wire: Wire::Whole,
            delay: Duration::ZERO,
            chunked: false,
            gzip: false,
        }
    }

    /// A JSON document with status 200.
    pub fn json(value: &Value) -> Self {
        Self::new(200, "application/json; charset=utf-8", value.to_string())
    }

    /// Text.
    pub fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    /// A page such as proxies show.
    pub fn html(status: u16) -> Self {
        let reason = reason(status);
        let page = format!(
            "<!DOCTYPE html><html><head><title>{status} {reason}</title></head><body><h1>{reason}</h1></body></html>"
        );
        Self::new(status, "text/html", page)
    }

    /// The same with another status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with a header more, or with another value of it.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same in pieces.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// The same, compressed for clients that take that.
    pub fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }
}

/// What a status is called.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

/// The pairs of a query or a form, decoded.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (decode(name, true), decode(value, true))
        })
        .collect()
}

/// Percent-decoded text. A plus sign is a blank in queries and forms only.
pub fn decode(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let code = match behind {
            [high, low, ..] if *first == b'%' => digit(high).zip(digit(low)),
            _ => None,
        };
        if let Some((high, low)) = code {
            bytes.push(high * 16 + low);
            rest = &behind[2..];
        } else {
            bytes.push(if *first == b'+' && plus_is_blank { b' ' } else { *first });
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encoded text: everything but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A query with its question mark, or nothing.
pub fn query_text(query: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}
