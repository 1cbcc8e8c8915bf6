//! Texts of all kinds: as users write them, as long as the columns, of all planes of Unicode, and no text at all.

use crate::random::Random;
use crate::raw_text::RawText;

/// Texts that mean something in SQL, patterns, formats, text search, paths or markup.
const MEANINGFUL: [&str; 24] = [
    "'; DROP TABLE users; --",
    "\" OR 1=1 --",
    "$$; SELECT 1; $$",
    "%s %I %L %1$s",
    "\\",
    "\\'",
    "\\x00",
    "(?:a+)+$",
    "[[:alpha:]",
    "a{1000}",
    "***:x",
    "'a' & !b | c:*",
    "100%_",
    "c++ @#$^&*()[]{}|;:,.<>/?`~",
    "NULL",
    "u1",
    "{}",
    "null",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "-1",
    "1e308",
    "NaN",
    "infinity",
];

/// Combining marks, joiners, directions, fillers, surrogates' neighbours, characters that change their length in another case.
const SPECIAL: [&str; 20] = [
    "e\u{301}\u{327}\u{323}",
    "\u{301}",
    "👩\u{200d}👩\u{200d}👧",
    "\u{202e}gnp.exe",
    "\u{2066}\u{2069}\u{200f}שלום",
    "مرحبا",
    "\u{200b}\u{feff}",
    "\u{2800}\u{3164}",
    "ΑΣ ας",
    "İıŞẞß",
    "ﷺ\u{fdfa}",
    "\u{1100}\u{1161}\u{11a8}",
    "\u{d7ff}\u{e000}",
    "\u{ffff}\u{fffe}",
    "\u{10ffff}",
    "\u{7}\u{1b}[31m",
    "\u{9b}31m",
    "\u{85}\u{a0}\u{3000}",
    "a\tb\r\nc",
    "\u{e0001}\u{e0041}",
];

/// The maximum length of a column, password or search, or one more.
const LENGTHS: [usize; 16] = [1, 7, 8, 35, 36, 37, 64, 72, 73, 100, 101, 200, 201, 255, 1000, 1001];

const INVALID: [&[u8]; 6] =
    [b"caf\xe9", b"nul\0inside", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf", b"x\xe2\x82"];

/// Any character but NUL, in any plane.
fn character(random: &mut Random) -> char {
    loop {
        let code = match random.below(6) {
            0 => 1 + random.below(0x20),
            1 => 0x80 + random.below(0x780),
            2 => 1 + random.below(0xffff),
            _ => random.below(17) << 16 | random.below(0x1_0000),
        };
        if let Some(character) = char::from_u32(code as u32).filter(|&character| character != '\0') {
            return character;
        }
    }
}

/// A text of this many characters.
fn of_length(random: &mut Random, length: usize) -> String {
    let unit = random.pick(&["x", "é", "😀", "a ", "e\u{301}", "'", "\u{ad}"]);
    unit.chars().cycle().take(length).collect()
}

pub fn text(random: &mut Random) -> String {
    match random.below(20) {
        0 => String::new(),
        1 => " ".repeat(1 + random.below(3)),
        2..=6 => random.pick(&["Buy milk", "task", "first", "Note 3", "x", "a b c", "Café", "long enough"]).to_owned(),
        7..=9 => random.pick(&MEANINGFUL).to_owned(),
        10..=12 => random.pick(&SPECIAL).to_owned(),
        13..=15 => (0..1 + random.below(30)).map(|_| character(random)).collect(),
        16 | 17 => {
            let length = LENGTHS[random.below(LENGTHS.len())];
            of_length(random, length)
        }
        18 => format!("{} {}", random.pick(&SPECIAL), random.pick(&MEANINGFUL)),
        _ if random.one_in(40) => {
            let length = 10usize.pow(3 + random.below(4) as u32);
            of_length(random, length)
        }
        _ => format!("\u{3000}{} ", random.pick(&["padded", "long enough", "first"])),
    }
}

/// The same, or sometimes bytes that are not valid UTF-8.
pub fn raw(random: &mut Random) -> RawText {
    if random.one_in(60) { RawText(INVALID[random.below(INVALID.len())].to_vec()) } else { text(random).into() }
}

pub fn address(random: &mut Random) -> String {
    let part = |random: &mut Random| match random.below(8) {
        0 => random.pick(&SPECIAL).to_owned(),
        1 => text(random).chars().take(80).collect(),
        2 => random.pick(&["", "-", ".", "a.b", "127.0.0.1", "\"a b\"", "localhost"]).to_owned(),
        _ => format!("{}{}", random.pick(&["a", "john.doe", "bücher", "例え"]), random.below(500)),
    };
    let (local, domain) = (part(random), part(random));
    match random.below(8) {
        0 => text(random),
        1 => format!("{local}@{domain}"),
        _ => format!("{local}@{domain}.{}", random.pick(&["com", "example", "テスト", "c"])),
    }
}
