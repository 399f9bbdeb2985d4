//! MAC addresses: of a field that may hold several, and of network interfaces.

use std::fmt;
use std::str;

use smallvec::SmallVec;

use super::{Dropped, Junk};
use crate::model::{PART_SEPARATOR, list_items};

/// A MAC address as a key: twelve upper-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac([u8; 12]);

impl Mac {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The address as a number.
    pub(crate) fn number(self) -> u64 {
        u64::from_str_radix(self.as_str(), 16).expect("an address is twelve hex digits")
    }

    /// True for broadcast and multicast addresses: the lowest bit of the first octet is set.
    fn is_multicast(self) -> bool {
        matches!(self.0[1], b'1' | b'3' | b'5' | b'7' | b'9' | b'B' | b'D' | b'F')
    }

    /// The one address that `piece` is, or `None`. Octets of one digit are padded.
    fn parse(piece: &str) -> Option<Self> {
        Self::parse_pairs(piece.as_bytes()).or_else(|| Self::parse_any(piece))
    }

    /// An address of six pairs of digits, with a sign between each two or none, as nearly all are.
    fn parse_pairs(piece: &[u8]) -> Option<Self> {
        let width = match piece.len() {
            12 => 2,
            17 => 3,
            _ => return None,
        };
        let mut digits = [0; 12];
        for (octet, pair) in digits.chunks_exact_mut(2).zip(piece.chunks(width)) {
            let is_one = pair[..2].iter().all(u8::is_ascii_hexdigit)
                && pair[2..].iter().all(|sign| matches!(sign, b':' | b'-' | b'.' | b' '));
            if !is_one {
                return None;
            }
            octet.copy_from_slice(&pair[..2]);
        }
        digits.make_ascii_uppercase();
        Some(Self(digits))
    }

    fn parse_any(piece: &str) -> Option<Self> {
        let piece = piece.trim();
        let is_separator = |c: char| matches!(c, ':' | '-' | '.') || c.is_whitespace();
        let mut digits = SmallVec::<[u8; 16]>::new();
        let groups = || piece.split(is_separator).filter(|group| !group.is_empty());
        let pads = groups().clone().count() == 6;
        for group in groups() {
            if pads && group.len() == 1 {
                digits.push(b'0');
            }
            for byte in group.bytes() {
                if !byte.is_ascii_hexdigit() || digits.len() == 12 {
                    return None;
                }
                digits.push(byte.to_ascii_uppercase());
            }
        }
        digits.as_slice().try_into().ok().map(Self)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What several addresses in one cell stand apart by, besides white space.
const SEPARATORS: [char; 7] = [',', ';', '/', '|', '\t', '\n', '\r'];

/// The address that a cell begins with, `None` when it begins with something else, or with one that is not usable.
pub(crate) fn leading_mac(cell: &str, junk: &Junk) -> Option<Mac> {
    let mac = Mac::parse_pairs(cell.as_bytes()).or_else(|| Mac::parse(cell.split(SEPARATORS).next()?))?;
    judge(mac, junk).ok()
}

/// Calls `each` with every piece of a cell and the address it is, or why it is none.
///
/// The cell is split at comma, semicolon, slash, bar, tab and line break, and at spaces where a piece is not one
/// address.
pub fn each_mac<'a>(cell: &'a str, junk: &Junk, mut each: impl FnMut(&'a str, Result<Mac, Dropped>)) {
    // Most cells are one address.
    if let Some(mac) = Mac::parse_pairs(cell.as_bytes()) {
        return each(cell, judge(mac, junk));
    }
    for piece in cell.split(SEPARATORS) {
        let piece = piece.trim();
        if piece.is_empty() {
            continue;
        }
        if let Some(mac) = Mac::parse(piece) {
            each(piece, judge(mac, junk));
            continue;
        }
        for word in piece.split_whitespace() {
            each(word, Mac::parse(word).ok_or(Dropped::NoMac).and_then(|mac| judge(mac, junk)));
        }
    }
}

fn judge(mac: Mac, junk: &Junk) -> Result<Mac, Dropped> {
    if junk.has_mac(mac.as_str()) {
        Err(Dropped::Junk)
    } else if mac.is_multicast() {
        Err(Dropped::Multicast)
    } else {
        Ok(mac)
    }
}

/// Calls `each` with the raw text and the outcome for every MAC address of an `interfaces` cell. The address of an
/// interface that travels is dropped whole.
pub fn each_interface_mac<'a>(
    cell: &'a str,
    junk: &Junk,
    mut each: impl FnMut(&'a str, Result<Mac, Dropped>),
) {
    for interface in list_items(cell) {
        let mut parts = interface.split(PART_SEPARATOR);
        let name = parts.next().unwrap_or_default();
        let mac = parts.next().unwrap_or_default();
        if mac.trim().is_empty() {
            continue;
        }
        if junk.has_interface(name) {
            each(mac, Err(Dropped::TravellingInterface));
        } else {
            each_mac(mac, junk, &mut each);
        }
    }
}

/// The keys of a cell, in order, without those that are dropped.
#[must_use]
pub fn mac_keys(cell: &str, junk: &Junk) -> Vec<String> {
    let mut keys = Vec::new();
    each_mac(cell, junk, |_, mac| keys.extend(mac.ok().map(|mac| mac.as_str().to_owned())));
    keys
}

/// The first usable MAC address of a record in its own spelling: of the field, else of its interfaces.
#[must_use]
pub fn first_usable_mac(cell: Option<&str>, interfaces: Option<&str>, junk: &Junk) -> Option<String> {
    let mut first = None;
    if let Some(cell) = cell {
        each_mac(cell, junk, |piece, mac| {
            if mac.is_ok() && first.is_none() {
                first = Some(piece.to_owned());
            }
        });
    }
    if let (None, Some(interfaces)) = (&first, interfaces) {
        each_interface_mac(interfaces, junk, |piece, mac| {
            if mac.is_ok() && first.is_none() {
                first = Some(piece.to_owned());
            }
        });
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(cell: &str) -> Vec<String> {
        mac_keys(cell, &Junk::new(&crate::pipeline::JunkAdditions::default()))
    }

    #[test]
    fn every_spelling_is_one_address() {
        for cell in [
            "00:1A:2B:3C:4D:5E",
            "00-1a-2b-3c-4d-5e",
            "001a.2b3c.4d5e",
            "001A2B3C4D5E",
            "00 1A 2B 3C 4D 5E",
            "0:1a:2b:3c:4d:5e",
            "001a2b-3c4d5e",
        ] {
            assert_eq!(keys(cell), ["001A2B3C4D5E"], "{cell}");
        }
    }

    #[test]
    fn a_cell_may_hold_several() {
        assert_eq!(
            keys("00155D0A0101, 00155D0A0102;00-15-5D-0A-01-03"),
            ["00155D0A0101", "00155D0A0102", "00155D0A0103"]
        );
        assert_eq!(keys("00155D0A0101 00155D0A0102"), ["00155D0A0101", "00155D0A0102"]);
        assert_eq!(keys("00155D0A0101, 00155D0A01"), ["00155D0A0101"]);
    }

    #[test]
    fn a_cell_begins_with_an_address_or_not() {
        let junk = Junk::new(&crate::pipeline::JunkAdditions::default());
        let leading = |cell| leading_mac(cell, &junk).map(Mac::number);
        assert_eq!(leading("00:1a:2B:3C:4D:5E"), Some(0x001a_2b3c_4d5e));
        assert_eq!(leading(" 001A2B3C4D5E , 00-15-5D-0A-01-02"), Some(0x001a_2b3c_4d5e));
        assert_eq!(leading("00:00:00:00:00:00, 001A2B3C4D5E"), None);
        assert_eq!(leading("00155D0A0101 00155D0A0102"), None);
        assert_eq!(leading(""), None);
    }

    #[test]
    fn worthless_addresses_give_no_key() {
        for cell in [
            "00:00:00:00:00:00",
            "FF:FF:FF:FF:FF:FF",
            "01:00:5E:00:00:01",
            "00:50:56:C0:00:08",
            "I9:H7:00:00:00:00",
            "1A2B3C4D5F",
            "0011223344556677",
        ] {
            assert_eq!(keys(cell), [""; 0], "{cell}");
        }
    }

    #[test]
    fn adapters_that_travel_do_not_count() {
        let junk = Junk::new(&crate::pipeline::JunkAdditions::default());
        let cell = "Dell USB-C Dock\u{1e}001A2B3C4D5E\u{1e}\u{1f}Wi-Fi\u{1e}00:1A:2B:3C:4D:5F\u{1e}10.0.0.1";
        let mut seen = Vec::new();
        each_interface_mac(cell, &junk, |raw, mac| seen.push((raw, mac.map(|mac| mac.as_str().to_owned()))));
        assert_eq!(
            seen,
            [
                ("001A2B3C4D5E", Err(Dropped::TravellingInterface)),
                ("00:1A:2B:3C:4D:5F", Ok("001A2B3C4D5F".to_owned())),
            ]
        );
        assert_eq!(first_usable_mac(None, Some(cell), &junk).as_deref(), Some("00:1A:2B:3C:4D:5F"));
    }
}
