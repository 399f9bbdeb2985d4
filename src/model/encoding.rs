//! How letters are written as bytes: the encodings of text files, and the tables of those that have one byte per letter.

/// How letters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// UTF-32, low byte first.
    Utf32Le,
    /// One byte per letter.
    OneByte(&'static CodePage),
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 10] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Utf32Le,
        Self::OneByte(&WINDOWS_1252),
        Self::OneByte(&MAC_ROMAN),
        Self::OneByte(&WINDOWS_1250),
        Self::OneByte(&ISO_8859_15),
        Self::OneByte(&IBM_437),
        Self::OneByte(&IBM_850),
    ];

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Utf32Le => "UTF-32LE",
            Self::OneByte(page) => page.name,
        }
    }

    /// The name in a pipeline: `utf-16le`, `windows-1252`, `mac-roman`.
    #[must_use]
    pub fn key(self) -> String {
        self.name().to_ascii_lowercase().replace(' ', "-")
    }
}

/// An encoding of one byte per letter. The first 128 bytes are ASCII.
#[derive(Debug, PartialEq, Eq)]
pub struct CodePage {
    /// The name for people.
    pub name: &'static str,
    /// The characters of the other 128 bytes, in their order.
    upper: &'static str,
}

impl CodePage {
    /// The characters of the bytes from 128 on.
    #[must_use]
    pub fn table(&self) -> [char; 128] {
        let mut table = [char::REPLACEMENT_CHARACTER; 128];
        table.iter_mut().zip(self.upper.chars()).for_each(|(place, c)| *place = c);
        table
    }

    /// The byte of a character, `None` when it has none.
    #[must_use]
    pub fn byte(&self, c: char) -> Option<u8> {
        if c.is_ascii() {
            return u8::try_from(c).ok();
        }
        (128..=255).zip(self.upper.chars()).find(|(_, own)| *own == c).map(|(byte, _)| byte)
    }
}

/// Western letters on Windows. Bytes that it leaves undefined are control characters.
pub static WINDOWS_1252: CodePage = CodePage {
    name: "Windows-1252",
    upper: concat!(
        "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ",
        "\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿",
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß",
        "àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
    ),
};

/// Western letters on old Macs.
pub static MAC_ROMAN: CodePage = CodePage {
    name: "Mac Roman",
    upper: concat!(
        "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü",
        "†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø",
        "¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ",
        "‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{f8ff}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ",
    ),
};

/// Central European letters on Windows.
pub static WINDOWS_1250: CodePage = CodePage {
    name: "Windows-1250",
    upper: concat!(
        "€\u{81}‚\u{83}„…†‡\u{88}‰Š‹ŚŤŽŹ\u{90}‘’“”•–—\u{98}™š›śťžź",
        "\u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż",
        "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß",
        "ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
    ),
};

/// Western letters on Unix, with the euro sign.
pub static ISO_8859_15: CodePage = CodePage {
    name: "ISO-8859-15",
    upper: concat!(
        "\u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}",
        "\u{a0}¡¢£€¥Š§š©ª«¬\u{ad}®¯°±²³Žµ¶·ž¹º»ŒœŸ¿",
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß",
        "àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
    ),
};

/// Letters and lines of DOS in America.
pub static IBM_437: CodePage = CodePage {
    name: "IBM 437",
    upper: concat!(
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ",
        "áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐",
        "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀",
        "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    ),
};

/// Western letters of DOS.
pub static IBM_850: CodePage = CodePage {
    name: "IBM 850",
    upper: concat!(
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ",
        "áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐",
        "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀",
        "ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
    ),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_character_for_every_byte() {
        for encoding in Encoding::ALL {
            if let Encoding::OneByte(page) = encoding {
                assert_eq!(page.upper.chars().count(), 128, "{}", page.name);
            }
        }
    }

    #[test]
    fn well_known_letters() {
        let at = |page: &CodePage, byte: u8| page.table()[usize::from(byte - 128)];
        assert_eq!(at(&WINDOWS_1252, 0x80), '€');
        assert_eq!(at(&WINDOWS_1252, 0xe4), 'ä');
        assert_eq!(at(&WINDOWS_1252, 0x81), '\u{81}');
        assert_eq!(at(&MAC_ROMAN, 0x8a), 'ä');
        assert_eq!(at(&MAC_ROMAN, 0xd5), '’');
        assert_eq!(at(&WINDOWS_1250, 0x8a), 'Š');
        assert_eq!(at(&IBM_850, 0x84), 'ä');
        assert_eq!(WINDOWS_1252.byte('€'), Some(0x80));
        assert_eq!(WINDOWS_1252.byte('Š'), Some(0x8a));
        assert_eq!(WINDOWS_1252.byte('ł'), None);
    }
}
