//! Identifiers that identify nothing, and what is left of those that do: the lists that tools for inventories and MSPs
//! publish, value by value.

use matchbook::normalize::{Junk, hostname_key, ip_key, mac_keys, serial_key};
use matchbook::pipeline::JunkAdditions;

fn junk() -> Junk {
    Junk::new(&JunkAdditions::default())
}

#[test]
fn serial_numbers_that_firmware_and_programs_make_up() {
    let junk = junk();
    for raw in [
        // Texts of firmware.
        "To Be Filled By O.E.M.",
        "to be filled by o.e.m",
        "TobefilledbyO.E.M.",
        "System Serial Number",
        "SystemSerialNumber",
        "SystemSerialNumb",
        "Default string",
        "Serial Number xxxxxx",
        "SerialNumber",
        "OEM_Serial",
        "Not Specified",
        "Not Applicable",
        "Not Available",
        "None",
        "N/A",
        "NA",
        "(null string)",
        "null",
        "INVALID",
        "empty",
        "Unknow",
        "Unknown",
        "EVAL",
        "IATPASS",
        "Tulip Computers",
        "Chassis Serial Number",
        "Base Board Serial Number",
        // Counting.
        "0123456789",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "1234567890",
        "123456789000",
        "12345678901234567",
        "123456789ABCDEF",
        // Templates.
        "SYS-1234567890",
        "SYS-9876543210",
        "SN-12345",
        "SN-1234567890",
        "SN-123456fvgv3i0b8o5n6n7k",
        "MB-1234567890",
        // One character, and zeros and ones.
        "000000",
        "1111111",
        "NNNNNNN",
        "xxxxxxxxxxx",
        "............",
        "--",
        "0101",
        "10000001",
        // Monitors.
        "16843009",
        "16780800",
        "1513576258",
        "0000000000001",
        "VIZIO00001",
        "demoset-1",
        // Universally unique ones that boards share.
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009",
        "6AB5B300-538D-1014-9FB5-B0684D007B53",
        "01010101-0101-0101-0101-010101010101",
    ] {
        for spelling in [raw.to_owned(), raw.to_lowercase(), format!(" {raw} "), format!("S/N: {raw}")] {
            assert_eq!(serial_key(&spelling, &junk), None, "{spelling}");
        }
    }
}

#[test]
fn serial_numbers_that_are_some() {
    let junk = junk();
    for (raw, key) in [
        (" 5cg 1234\tabc ", "5CG1234ABC"),
        ("S/N: 7QX1ZZ3", "7QX1ZZ3"),
        ("sn:7QX1ZZ3", "7QX1ZZ3"),
        ("Serial: 7QX1ZZ3", "7QX1ZZ3"),
        ("AB-12-cd", "AB-12-CD"),
        ("0048812", "0048812"),
        ("1234E12", "1234E12"),
        ("0503E000", "0503E000"),
        // Decomposed letters and composed ones are one.
        ("Mu\u{308}-1", "M\u{dc}-1"),
        ("SN-1234", "SN-1234"),
        ("NASA01", "NASA01"),
    ] {
        assert_eq!(serial_key(raw, &junk).as_deref(), Some(key), "{raw}");
    }
    for damaged in
        ["6.37702E+15", "5,02E+18", "4E+11", "5.03E+02", "1.2E-05", "12-Mar", "1-Mar", "1-Mar-24", "AB", "7"]
    {
        assert_eq!(serial_key(damaged, &junk), None, "{damaged}");
    }
}

#[test]
fn network_addresses_that_are_none_or_many_machines() {
    let junk = junk();
    for raw in [
        "000000000000",
        "FF:FF:FF:FF:FF:FF",
        "FEFFFFFFFFFF",
        "01:00:5E:7F:FF:FA",
        "33:33:00:00:00:01",
        "00:50:56:C0:00:01",
        "005056C00008",
        "0A-00-27-00-00-00",
        "33506F453030",
        "505054503030",
        "204153594EFF",
        "24B620524153",
        "02004E435049",
        "00A0C6000000",
        "028037EC0200",
        "000BCAFE0000",
        "E2E616200A35",
        "D20A2DA004BE",
        "D26B252F2CE7",
        // Eight octets, ten digits, and letters that are no digits.
        "00:1A:2B:3C:4D:5E:6F:70",
        "1A2B3C4D5F",
        "I9:H7:00:00:00:00",
    ] {
        assert_eq!(mac_keys(raw, &junk), [""; 0], "{raw}");
    }
    // An address that someone made up is one.
    assert_eq!(mac_keys("5A:1A:2B:3C:4D:5E", &junk), ["5A1A2B3C4D5E"]);
    assert_eq!(
        mac_keys("00:1A:2B:3C:4D:5E / 0:1a:2b:3c:4d:5f\n001a2b-3c4d60", &junk),
        ["001A2B3C4D5E", "001A2B3C4D5F", "001A2B3C4D60"]
    );
}

#[test]
fn names_of_machines() {
    let junk = junk();
    for raw in [
        "localhost",
        "DESKTOP-PC",
        "pc",
        "Laptop",
        "MacBook-Pro",
        "macbook-air.local",
        "iMac",
        "Mac-mini",
        "iPhone",
        "10.1.0.11",
        "fe80::1",
        "",
        "$",
    ] {
        assert_eq!(hostname_key(raw, &junk), None, "{raw}");
    }
    for (raw, key) in [
        ("\\\\srv01", "SRV01"),
        ("srv01.corp.example", "SRV01"),
        ("SRV01$", "SRV01"),
        ("WIN-4KQ0T8", "WIN-4KQ0T8"),
        ("DESKTOP-PC1", "DESKTOP-PC1"),
    ] {
        assert_eq!(hostname_key(raw, &junk).as_deref(), Some(key), "{raw}");
    }
}

#[test]
fn placeholders_of_other_fields() {
    let junk = junk();
    for model in [
        "Unknow",
        "To Be Filled By O.E.M.",
        "System Product Name",
        "product name",
        "System Name",
        "All Series",
        "*",
    ] {
        assert!(junk.has_model(model), "{model}");
    }
    assert!(!junk.has_model("Latitude 5540"));
    assert!(junk.has_manufacturer("System manufacturer"));
    assert!(!junk.has_manufacturer("Dell Inc."));
    for ip in ["", " ", "0.0.0.0", "127.0.0.1", "::1", "169.254.3.9"] {
        assert_eq!(ip_key(ip, &junk), None, "{ip}");
    }
    assert_eq!(ip_key("10.1.0.11", &junk).as_deref(), Some("10.1.0.11"));
    assert_eq!(ip_key("FE80:0:0:0:0:0:0:1", &junk).as_deref(), Some("fe80::1"));
}
