use super::*;
use proptest::prelude::*;
use std::collections::HashMap;
use unicode_normalization::char::{compose, decompose_canonical};

fn every_char() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

fn nfd(text: &str) -> String {
    text.nfd().collect()
}

#[test]
fn limits_count_the_nfc() {
    for (text, outcome) in [
        // Eight characters as one keyboard sends them, four as the other one does.
        ("e\u{301}".repeat(4), Some(Broken::TooShort)),
        ("e\u{301}".repeat(8), None),
        // 108 bytes become 72.
        ("e\u{301}".repeat(36), None),
        ("e\u{301}".repeat(37), Some(Broken::TooLong)),
        // 252 bytes become 72: the most that can.
        ("\u{1fbe}\u{308}\u{301}".repeat(36), None),
        ("\u{1fbe}\u{308}\u{301}".repeat(37), Some(Broken::TooLong)),
        (nfd("각").repeat(24), None),
        (nfd("각").repeat(25), Some(Broken::TooLong)),
        ("\u{212a}".repeat(72), None),
        ("\u{212a}".repeat(73), Some(Broken::TooLong)),
        // 72 bytes become 144.
        ("\u{958}".repeat(12), None),
        ("\u{958}".repeat(24), Some(Broken::TooLong)),
        ("x".repeat(300_000_000), Some(Broken::TooLong)),
    ] {
        let start: String = text.chars().take(4).collect();
        assert_eq!(prepare(&text).err(), outcome, "{start:?}..., {} bytes", text.len());
    }
}

/// No text of more than four times the bytes has this NFC, so that a limit on the text may come first.
#[test]
fn no_nfc_is_shorter_than_a_quarter() {
    // The longest character that is canonically equivalent to each one that has no decomposition.
    let mut longest: HashMap<char, usize> = HashMap::new();
    for c in every_char() {
        let decomposed: Vec<char> = c.nfd().collect();
        if let [one] = decomposed[..] {
            let length = longest.entry(one).or_default();
            *length = c.len_utf8().max(*length);
        }
    }
    for c in every_char().filter(|c| c.nfc().eq([*c])) {
        let mut parts = 0;
        decompose_canonical(c, |part| parts += longest[&part]);
        assert!(parts <= 4 * c.len_utf8(), "U+{:04X} of up to {parts} bytes", u32::from(c));
    }
    assert_eq!(compose('K', '\u{327}'), Some('\u{136}'), "the crate's tables are there");
}

proptest! {
    /// Of texts that are NFC, so that their characters and bytes are those that count.
    #[test]
    fn the_limits_are_8_characters_and_72_bytes(text in "[a-zé한😀]{0,80}") {
        let expected = if text.chars().count() < 8 {
            Err(Broken::TooShort)
        } else if text.len() > 72 {
            Err(Broken::TooLong)
        } else {
            Ok(())
        };
        prop_assert_eq!(check(&text), expected);
        prop_assert_eq!(prepare(&text).map(Cow::into_owned), expected.map(|()| text));
    }

    #[test]
    fn every_form_of_a_password_is_the_same(text in "[\\PC]{0,40}") {
        let prepared = prepare(&text).map(Cow::into_owned);
        for form in [text.nfd().collect::<String>(), text.nfc().collect()] {
            prop_assert_eq!(prepare(&form).map(Cow::into_owned), prepared.clone());
        }
        if let Ok(nfc) = prepared {
            prop_assert!(is_nfc(&nfc) && check(&nfc).is_ok());
        }
    }

    #[test]
    fn what_is_nfc_stays_as_it_is(text in "[ -~]{0,80}|[à-üа-яぁ-ん一-丐😀-😏]{0,40}") {
        prop_assert_eq!(nfc(&text), Some(Cow::Borrowed(&*text)));
        prop_assert_eq!(prepare(&text).is_ok(), check(&text).is_ok());
    }
}
