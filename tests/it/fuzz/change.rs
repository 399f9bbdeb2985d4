//! What happens to a file: bytes are flipped, cut, repeated, put in, taken from another file.

use proptest::prelude::*;
use proptest::sample::Index;

/// Bytes that mean something to one of the readers.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"\"\"",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b",",
    b";",
    b"\t",
    b"|",
    b"=",
    b":",
    b"::",
    b":<",
    b"-\n",
    b"\n ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"true",
    b"-",
    b"0",
    b"1e999",
    b"-1e-999",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1E+14",
    b"45000.5",
    b"31/02/2024",
    b"9999-12-31T23:59:60Z",
    b"133512345678901234",
    b"\"id\":",
    b"\"data\":",
    b"\"included\":",
    b"\"id\":\"1\",",
    b"\\u0000",
    b"\\ud800",
    b"\\",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\x80\xff",
    b"\xf4\x90\x80\x80",
    b"\xe2\x80\x8e",
    b"\xc3\xa9",
    b"\xe9",
    b"\x8e",
    b"\x1a",
    b"#TYPE System.Object\n",
    b"sep=;\n",
    b"=\"0012\"",
    b"#N/A",
    b"id,name,company\n",
    b"dn: CN=a\n",
    b"changetype: modify\n",
    b"version: 1\n",
    b"objectClass: user\n",
    b"objectSid:: AQUAAAAA////////\n",
    b"<dimension ref=\"A1:XFD1048576\"/>",
    b"<c r=\"XFD1048576\"><v>1</v></c>",
    b"<row r=\"4294967295\">",
    b"<c r=\"A1\" t=\"s\"><v>4294967295</v></c>",
    b"&#0;",
    b"&lt;",
    b"&a;",
    b"<!DOCTYPE a [<!ENTITY a \"&a;\">]>",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PAR1",
    b"../",
    b"C:\\",
    b"[[source]]\n",
    b"[csv.",
    b"= [\"",
    b"'''",
    b"\"\"\"",
    b"[hub]\n",
    b"configuration,psa,1,match,2,,,\n",
];

/// The most bytes that a changed file has, so that a case stays quick.
const LARGEST: usize = 512 << 10;

/// One change of a file.
#[derive(Debug, Clone)]
pub enum Change {
    Flip { at: Index, bit: u8 },
    Put { at: Index, byte: u8 },
    Token { at: Index, token: Index, times: usize },
    Cut { from: Index, length: usize },
    End { at: Index },
    Repeat { from: Index, length: usize, to: Index, times: usize },
    Splice { other: Index, from: Index, length: usize, to: Index },
}

/// Any change.
pub fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    let length = || prop_oneof![4 => 1..16_usize, 2 => 1..200_usize, 1 => 1..20_000_usize];
    let times = || prop_oneof![12 => Just(1_usize), 2 => 2..6_usize, 1 => 100..2000_usize];
    prop_oneof![
        4 => (index(), 0..8_u8).prop_map(|(at, bit)| Change::Flip { at, bit }),
        3 => (index(), any::<u8>()).prop_map(|(at, byte)| Change::Put { at, byte }),
        6 => (index(), index(), times()).prop_map(|(at, token, times)| Change::Token { at, token, times }),
        4 => (index(), length()).prop_map(|(from, length)| Change::Cut { from, length }),
        1 => index().prop_map(|at| Change::End { at }),
        3 => (index(), length(), index(), times())
            .prop_map(|(from, length, to, times)| Change::Repeat { from, length, to, times }),
        3 => (index(), index(), length(), index())
            .prop_map(|(other, from, length, to)| Change::Splice { other, from, length, to }),
    ]
}

/// Bytes out of nothing: noise, or tokens one after the other.
pub fn noise() -> impl Strategy<Value = Vec<u8>> {
    let token = any::<Index>().prop_map(|token| token.get(TOKENS).to_vec());
    let word = prop_oneof![3 => token, 1 => proptest::collection::vec(any::<u8>(), 0..12), 1 => "[ -~]{0,12}".prop_map(String::into_bytes)];
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..300),
        3 => proptest::collection::vec(word, 0..80).prop_map(|words| words.concat()),
    ]
}

/// `content` after all changes; `others` are the files that bytes are taken from.
pub fn changed(mut content: Vec<u8>, changes: &[Change], others: &[&[u8]]) -> Vec<u8> {
    for change in changes {
        let end = content.len();
        let place = |index: &Index| index.index(end + 1);
        match change {
            Change::Flip { at, bit } if end > 0 => content[at.index(end)] ^= 1 << bit,
            Change::Put { at, byte } if end > 0 => content[at.index(end)] = *byte,
            Change::Token { at, token, times } => {
                let at = place(at);
                content.splice(at..at, token.get(TOKENS).repeat(*times));
            }
            Change::Cut { from, length } => {
                let from = place(from);
                content.drain(from..end.min(from + length));
            }
            Change::End { at } => content.truncate(place(at)),
            Change::Repeat { from, length, to, times } => {
                let from = place(from);
                let part = content[from..end.min(from + length)].repeat(*times);
                let to = place(to);
                content.splice(to..to, part);
            }
            Change::Splice { other, from, length, to } if !others.is_empty() => {
                let other = other.get(others);
                let from = from.index(other.len() + 1);
                let to = place(to);
                content.splice(to..to, other[from..other.len().min(from + length)].iter().copied());
            }
            // There is nothing to change, or nothing to take from.
            Change::Flip { .. } | Change::Put { .. } | Change::Splice { .. } => {}
        }
        content.truncate(LARGEST);
    }
    content
}

/// The members of an archive, and the archive of members: the changes of what is inside would else break the checksums.
pub fn members(archive: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).ok()?;
    (0..archive.len())
        .map(|at| {
            let mut member = archive.by_index(at).ok()?;
            let name = member.name().ok()?.into_owned();
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut member, &mut content).ok()?;
            Some((name, content))
        })
        .collect()
}

/// An archive of members.
pub fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).expect("a new member");
        std::io::Write::write_all(&mut zip, content).expect("memory takes everything");
    }
    zip.finish().expect("memory takes everything").into_inner()
}
