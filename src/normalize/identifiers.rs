//! Keys made of identifiers: serial numbers and host names.

use std::borrow::Cow;
use std::net::IpAddr;

use icu_casemap::CaseMapper;

use super::Junk;
use super::text::nfc;

/// Why a value gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dropped {
    /// It is on the junk list.
    Junk,
    /// It is shorter than three characters.
    TooShort,
    /// A spreadsheet turned it into scientific notation; the digits are lost.
    ScientificNotation,
    /// A spreadsheet turned it into a date.
    Date,
    /// It is not a MAC address.
    NoMac,
    /// It is a broadcast or multicast address.
    Multicast,
    /// The interface travels: a dock, a USB or VPN adapter.
    TravellingInterface,
    /// It is an IP address, not a host name.
    IpAddress,
    /// It is not an e-mail address.
    NoEmail,
}

impl Dropped {
    /// The code in `data_quality`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Junk => "junk",
            Self::TooShort => "too_short",
            Self::ScientificNotation => "excel_scientific",
            Self::Date => "excel_date",
            Self::NoMac => "no_mac",
            Self::Multicast => "multicast_mac",
            Self::TravellingInterface => "travelling_interface",
            Self::IpAddress => "ip_address",
            Self::NoEmail => "no_email",
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Junk => "the value is on the junk list and identifies nothing",
            Self::TooShort => "the value is shorter than three characters",
            Self::ScientificNotation => {
                "a spreadsheet turned the value into scientific notation and its digits are lost"
            }
            Self::Date => "a spreadsheet turned the value into a date",
            Self::NoMac => "the value is not a MAC address of twelve hex digits",
            Self::Multicast => "the value is a broadcast or multicast address",
            Self::TravellingInterface => {
                "the interface belongs to a dock or an adapter that travels between devices"
            }
            Self::IpAddress => "the value is an IP address and not a host name",
            Self::NoEmail => "the value is not an e-mail address",
        }
    }
}

/// Simple (one character to one) Unicode upper-casing.
pub(super) fn upper(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|b| b.is_ascii_lowercase()) {
            Cow::Owned(text.to_ascii_uppercase())
        } else {
            Cow::Borrowed(text)
        }
    } else {
        let mapper = CaseMapper::new();
        Cow::Owned(text.chars().map(|c| mapper.simple_uppercase(c)).collect())
    }
}

/// The key of a serial number: NFC, upper-case, no white space, without a leading `S/N:`, `SN:` or `SERIAL:`.
///
/// # Errors
/// Why the value gives none: junk, shorter than three characters, or damaged by a spreadsheet.
pub fn serial<'a>(raw: &'a str, junk: &Junk) -> Result<Cow<'a, str>, Dropped> {
    let trimmed = raw.trim();
    if is_scientific(trimmed) {
        return Err(Dropped::ScientificNotation);
    }
    if is_excel_date(trimmed) {
        return Err(Dropped::Date);
    }
    let mut key = match nfc(trimmed) {
        Cow::Borrowed(text) => upper(text),
        Cow::Owned(text) => Cow::Owned(upper(&text).into_owned()),
    };
    if key.contains(char::is_whitespace) {
        key = Cow::Owned(key.chars().filter(|c| !c.is_whitespace()).collect());
    }
    for prefix in ["S/N:", "SN:", "SERIAL:"] {
        if key.starts_with(prefix) {
            key = match key {
                Cow::Borrowed(text) => Cow::Borrowed(&text[prefix.len()..]),
                Cow::Owned(text) => Cow::Owned(text[prefix.len()..].to_owned()),
            };
            break;
        }
    }
    if junk.has_serial(&key) {
        return Err(Dropped::Junk);
    }
    if key.chars().take(3).count() < 3 {
        return Err(Dropped::TooShort);
    }
    Ok(key)
}

/// Scientific notation as a spreadsheet writes it, with a sign: `6.37702E+15`, `4,88E+11`. `1234E12` without
/// a sign is a legitimate serial number.
pub(crate) fn is_scientific(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let rest = &bytes[1..];
    let rest = match rest.first() {
        Some(b'.' | b',') => {
            let digits = rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            &rest[1 + digits..]
        }
        _ => rest,
    };
    let [b'E' | b'e', b'+' | b'-', exponent @ ..] = rest else { return false };
    (1..=3).contains(&exponent.len()) && exponent.iter().all(u8::is_ascii_digit)
}

/// A date as a spreadsheet writes it: `12-Mar`, `1-Mar-24`.
pub(crate) fn is_excel_date(text: &str) -> bool {
    // Most values are told from dates at a glance.
    if text.len() > "31-Dec-2024".len() || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = text.split('-');
    let digits = |part: &str, count: std::ops::RangeInclusive<usize>| {
        count.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let day = parts.next().is_some_and(|part| digits(part, 1..=2));
    let month = parts.next().is_some_and(|part| {
        let b = part.as_bytes();
        b.len() == 3 && b[0].is_ascii_uppercase() && b[1..].iter().all(u8::is_ascii_lowercase)
    });
    let year = parts.next().is_none_or(|part| digits(part, 2..=4));
    day && month && year && parts.next().is_none()
}

/// The key of a host name: without the prefix `\\` and the suffix `$`, the first DNS label, upper-case.
///
/// # Errors
/// Why the value gives none: an IP address, a generic name, or nothing left ([`Dropped::TooShort`]).
pub fn hostname<'a>(raw: &'a str, junk: &Junk) -> Result<Cow<'a, str>, Dropped> {
    let text = raw.trim();
    let text = text.trim_start_matches('\\');
    let text = text.strip_suffix('$').unwrap_or(text);
    if text.parse::<IpAddr>().is_ok() {
        return Err(Dropped::IpAddress);
    }
    let label = text.split('.').next().unwrap_or_default().trim();
    if label.is_empty() {
        return Err(Dropped::TooShort);
    }
    let key = upper(label);
    if junk.has_hostname(&key) {
        return Err(Dropped::Junk);
    }
    Ok(key)
}

/// True when a display name may stand in for a host name: letters, digits, `-`, `_` and dots only.
#[must_use]
pub fn is_host_like(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The key of a serial number, or `None`.
#[must_use]
pub fn serial_key(raw: &str, junk: &Junk) -> Option<String> {
    serial(raw, junk).ok().map(Cow::into_owned)
}

/// The key of a host name, or `None`.
#[must_use]
pub fn hostname_key(raw: &str, junk: &Junk) -> Option<String> {
    hostname(raw, junk).ok().map(Cow::into_owned)
}

/// An IP address in canonical text, the text itself when it is none; `None` for blank and placeholder ones.
#[must_use]
pub fn ip_key(raw: &str, junk: &Junk) -> Option<String> {
    let text = raw.trim();
    let key = text.parse::<IpAddr>().map_or_else(|_| text.to_lowercase(), |ip| ip.to_string());
    (!key.is_empty() && !junk.has_ip(&key)).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn junk() -> Junk {
        Junk::new(&crate::pipeline::JunkAdditions::default())
    }

    #[test]
    fn serial_numbers_lose_space_case_and_prefix() {
        let junk = junk();
        assert_eq!(serial(" 5cg 0417xyz ", &junk).as_deref(), Ok("5CG0417XYZ"));
        assert_eq!(serial("S/N: AB-12", &junk).as_deref(), Ok("AB-12"));
        assert_eq!(serial("serial:7QX1ZZ3", &junk).as_deref(), Ok("7QX1ZZ3"));
        assert_eq!(serial("1.2.3", &junk).as_deref(), Ok("1.2.3"));
        assert_eq!(serial("1234E12", &junk).as_deref(), Ok("1234E12"));
    }

    #[test]
    fn worthless_serial_numbers_give_no_key() {
        let junk = junk();
        for raw in [
            "To be filled by O.E.M.",
            "(null string)",
            "1234567890123",
            "000000",
            "xxxxxxxxxxx",
            "0101",
            "............",
            "n/a",
            "$",
        ] {
            assert_eq!(serial(raw, &junk), Err(Dropped::Junk), "{raw}");
        }
        assert_eq!(serial("A1", &junk), Err(Dropped::TooShort));
        assert_eq!(serial("6.37702E+15", &junk), Err(Dropped::ScientificNotation));
        assert_eq!(serial("4,88E+11", &junk), Err(Dropped::ScientificNotation));
        assert_eq!(serial("12-Mar", &junk), Err(Dropped::Date));
    }

    #[test]
    fn host_names_are_a_label_in_upper_case() {
        let junk = junk();
        assert_eq!(hostname("\\\\pc01.corp.local", &junk).as_deref(), Ok("PC01"));
        assert_eq!(hostname("PC01$", &junk).as_deref(), Ok("PC01"));
        assert_eq!(hostname("WIN-4KQ0T8", &junk).as_deref(), Ok("WIN-4KQ0T8"));
        assert_eq!(hostname("10.0.0.5", &junk), Err(Dropped::IpAddress));
        assert_eq!(hostname("fe80::1", &junk), Err(Dropped::IpAddress));
        assert_eq!(hostname("localhost", &junk), Err(Dropped::Junk));
        assert_eq!(hostname("iMac.local", &junk), Err(Dropped::Junk));
        assert_eq!(hostname("  ", &junk), Err(Dropped::TooShort));
    }

    #[test]
    fn a_display_name_must_look_like_a_host_name() {
        assert!(is_host_like("BL-LT-014"));
        assert!(!is_host_like("Front desk"));
    }

    #[test]
    fn placeholder_addresses_are_blank() {
        let junk = junk();
        assert_eq!(ip_key("169.254.3.9", &junk), None);
        assert_eq!(ip_key("0.0.0.0", &junk), None);
        assert_eq!(ip_key(" 10.20.4.61 ", &junk).as_deref(), Some("10.20.4.61"));
    }
}
