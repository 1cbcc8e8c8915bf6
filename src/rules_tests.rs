use super::*;
use pgrx::PgSqlErrorCode;
use proptest::prelude::*;

const TOO_MANY_BYTES: usize = 300_000_000;

/// Unicode's White_Space, without the controls among it.
const SPACES: &str = " \u{a0}\u{1680}\u{2000}\u{2003}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
/// White_Space that is a control character.
const CONTROL_SPACES: &str = "\t\n\u{b}\u{c}\r\u{85}";
/// Of each kind of blank characters, the first and the last one.
const BLANKS: &str = "\u{fff9}\u{fffb}\u{13430}\u{1343f}\u{2800}\u{13441}\u{13442}\u{16fe4}\u{1d159}";
const INVISIBLE: &str = "\u{ad}\u{34f}\u{61c}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\
    \u{202e}\u{2060}\u{2066}\u{3164}\u{fe0f}\u{feff}\u{e0001}";

fn code<T>(result: Result<T, Failure>) -> Option<PgSqlErrorCode> {
    result.err().map(|failure| failure.code)
}

fn any_of(characters: &'static str) -> impl Strategy<Value = char> {
    prop::sample::select(characters.chars().collect::<Vec<_>>())
}

fn string_of(characters: impl Strategy<Value = char>, length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    prop::collection::vec(characters, length).prop_map(String::from_iter)
}

fn blank() -> impl Strategy<Value = String> {
    string_of(prop_oneof![any_of(SPACES), any_of(CONTROL_SPACES)], 0..20)
}

proptest! {
    #[test]
    fn a_title_is_trimmed_of_every_unicode_space(before in blank(), core in "[\\PC&&\\PZ]{1,100}", after in blank()) {
        prop_assume!(core.chars().any(is_visible));
        let raw = format!("{before}{core}{after}");
        prop_assert_eq!(title(&raw), Ok(&*core));
    }

    #[test]
    fn what_is_accepted_is_accepted_again_unchanged(text in "\\PC{0,210}") {
        if let Ok(trimmed) = title(&text) {
            prop_assert_eq!(title(trimmed), Ok(trimmed));
            prop_assert!(!trimmed.is_empty() && trimmed.chars().count() <= 200);
        }
    }

    #[test]
    fn a_title_that_nobody_can_see_is_empty(text in string_of(prop_oneof![any_of(SPACES), any_of(INVISIBLE), any_of(BLANKS)], 0..200)) {
        prop_assert_eq!(code(title(&text)), Some(CHECK_VIOLATION));
        prop_assert_eq!(name(&text).is_ok(), false);
    }

    #[test]
    fn a_control_character_inside_is_refused(a in "\\PC{1,40}", c in 0u32..0x20, b in "\\PC{1,40}") {
        for control in [char::from_u32(c), char::from_u32(c + 0x80), Some('\u{7f}')] {
            let text = format!("x{a}{}{b}x", control.unwrap());
            prop_assert_eq!(code(title(&text)), Some(CHECK_VIOLATION));
            prop_assert_eq!(code(name(&text)), Some(CHECK_VIOLATION));
            let allowed = matches!(control, Some('\t' | '\n' | '\r'));
            prop_assert_eq!(description(&text).is_ok(), allowed);
        }
    }

    #[test]
    fn lengths_are_counted_in_characters(text in "\\PC{0,60}", max in 0usize..60) {
        prop_assert_eq!(longer_than(&text, max), text.chars().count() > max);
    }

    #[test]
    fn no_address_with_a_blank_or_invisible_character(
        c in prop_oneof![any_of(SPACES), any_of(CONTROL_SPACES), any_of(INVISIBLE), any_of(BLANKS)], place in 0usize..12,
    ) {
        let address = "jo@example.com";
        let with = format!("{}{c}{}", &address[..place], &address[place..]);
        prop_assert_eq!(code(email(&with)), Some(CHECK_VIOLATION));
    }

    #[test]
    fn what_is_an_address_has_two_parts_and_a_domain(text in "[ab.@-]{0,9}|[a-z]{1,4}@\\PC{1,4}[.]\\PC{1,4}|\\PC{0,12}") {
        let parts: Vec<&str> = text.split('@').collect();
        let dotted = |part: &str| part.split('.').all(|label| !label.is_empty());
        let might_be = text.chars().count() >= 5 && parts.len() == 2 && parts.iter().all(|part| dotted(part))
            && parts[1].contains('.') && !text.contains(char::is_whitespace);
        prop_assert!(email(&text).is_err() || might_be);
        // Where each label is of letters alone, that is all.
        if might_be && text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '@' | '.')) {
            prop_assert_eq!(email(&text), Ok(()));
        }
    }

    #[test]
    fn plain_text_is_never_a_hash(text in "\\PC{0,80}") {
        prop_assume!(text != "!");
        prop_assert_eq!(code(hashed_password(&text)), Some(CHECK_VIOLATION));
    }

    #[test]
    fn every_bcrypt_hash_of_cost_4_to_15_is_one(
        version in "[aby]", cost in 0u32..32, rest in "[./A-Za-z0-9]{53}",
    ) {
        let accepted = hashed_password(&format!("$2{version}${cost:02}${rest}")).is_ok();
        prop_assert_eq!(accepted, (4..=15).contains(&cost));
    }
}

#[test]
fn limits_are_exact() {
    for (character, accepted) in [("x", 200), ("é", 200), ("😀", 200)] {
        assert!(title(&character.repeat(accepted)).is_ok());
        assert_eq!(code(title(&character.repeat(accepted + 1))), Some(TOO_LONG));
        assert!(name(&character.repeat(100)).is_ok());
        assert_eq!(code(name(&character.repeat(101))), Some(TOO_LONG));
        assert!(description(&character.repeat(1000)).is_ok());
        assert_eq!(code(description(&character.repeat(1001))), Some(CHECK_VIOLATION));
    }
    assert!(description_bytes(4000).is_ok());
    assert_eq!(code(description_bytes(TOO_MANY_BYTES)), Some(CHECK_VIOLATION));
    assert!(description("").is_ok());
    assert_eq!(code(user_id("")), Some(CHECK_VIOLATION));
    for too_long in ["x".repeat(37), "é".repeat(37), format!("{} ", "x".repeat(36))] {
        assert_eq!(code(user_id(&too_long)), Some(TOO_LONG));
        assert!(is_impossible_user_id(&too_long));
    }
    assert!(is_impossible_user_id(""));
    for possible in ["x", " ", "\n", &"😀".repeat(36)] {
        assert!(user_id(possible).is_ok() && !is_impossible_user_id(possible));
    }
}

/// Blank characters are a closed list: all others show, alone and with blanks around, also where no font has them.
#[test]
fn what_shows_is_a_title() {
    let blanks = format!("{BLANKS}{INVISIBLE}");
    for c in [
        // Next to a blank one.
        '\u{27ff}',
        '\u{2801}',
        '\u{fffc}',
        '\u{fffd}',
        '\u{1342f}',
        '\u{13440}',
        '\u{13443}',
        '\u{16fe3}',
        '\u{1d158}',
        '\u{1d15a}',
        // Signs of blanks, format characters with a glyph, a lone accent, private use, unassigned ones.
        '\u{2422}',
        '\u{2423}',
        '\u{303f}',
        '\u{600}',
        '\u{6dd}',
        '\u{70f}',
        '\u{110bd}',
        '\u{301}',
        '\u{e000}',
        '\u{10ffff}',
        '\u{378}',
    ] {
        for text in [c.to_string(), format!("{BLANKS}{c}"), format!("{blanks}{c}{blanks}")] {
            assert_eq!(title(&text), Ok(&*text), "U+{:04X}", u32::from(c));
        }
        assert_eq!(email(&format!("{c}@b.cd")), Ok(()), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn what_is_inside_a_title_stays() {
    for text in ["👩\u{200d}💻 work", "مرحبا \u{200f}שלום", "Cafe\u{301}", "Café", "a \u{3000} b"] {
        assert_eq!(title(text), Ok(text));
    }
}

#[test]
fn addresses() {
    let long = format!("{}@example.com", "x".repeat(243));
    for address in [
        "a@b.c",
        "John.Doe+tag@Example.COM",
        "o'hara!#$%&*/=?^_`{|}~-@example.co.uk",
        "user@bücher.example",
        "user@例え.テスト",
        "用户@例子.广告",
        "x@1.example",
        "x@a-b.c-d",
        &long,
    ] {
        assert_eq!(email(address), Ok(()), "{address}");
    }
    for address in [
        "",
        "a@b.",
        "@b.cd",
        "a.b.cd",
        "a@@b.cd",
        "a@b@c.de",
        "a@bcd",
        ".a@b.cd",
        "a.@b.cd",
        "a..b@c.de",
        "a@.b.cd",
        "a@b..cd",
        "a@-b.cd",
        "a@b-.cd",
        "a@b.cd.",
        "a@b_c.de",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "\"a b\"@c.de",
        "a b@c.de",
        " a@b.cd",
        "a@b.cd ",
        "a@b.cd\n",
        "a@b.cd\r\nBcc: x@y.zz",
        "a,b@c.de",
        "a(b)@c.de",
        "<a@b.cd>",
        "a\\b@c.de",
    ] {
        assert_eq!(code(email(address)), Some(CHECK_VIOLATION), "{address:?}");
    }
    assert_eq!(code(email(&format!("x{long}"))), Some(TOO_LONG));
    assert!(is_same_address("A@b.cd", "a@B.CD") && !is_same_address("a@b.cd", "á@b.cd"));
}

#[test]
fn failures_name_their_column_and_only_a_violated_constraint() {
    let empty = title("").unwrap_err().column.unwrap();
    assert_eq!(empty, TITLE);
    let long = title(&"x".repeat(201)).unwrap_err().column.unwrap();
    assert_eq!(long, Column::new(c"tasks", c"title"));
}

#[test]
fn passwords_have_8_characters_to_72_bytes() {
    for (text, code_of) in [
        ("1234567".to_owned(), Some(ERRCODE_INVALID_PARAMETER_VALUE)),
        ("12345678".to_owned(), None),
        ("ééééééé".to_owned(), Some(ERRCODE_INVALID_PARAMETER_VALUE)),
        ("éééééééé".to_owned(), None),
        ("x".repeat(71), None),
        ("x".repeat(72), None),
        ("x".repeat(73), Some(TOO_LONG)),
        ("é".repeat(36), None),
        ("é".repeat(37), Some(TOO_LONG)),
    ] {
        assert_eq!(code(password(&text)), code_of, "{} bytes", text.len());
    }
}

#[test]
fn times_are_of_the_years_1_to_9999() {
    let (first, last) = (*TIMES.start(), *TIMES.end());
    for time_ in [first, -1, 0, last] {
        assert_eq!(time(time_, TASK_CREATED_AT), Ok(()));
    }
    for time_ in [first - 1, last + 1, i64::MIN, i64::MAX] {
        assert_eq!(code(time(time_, TASK_CREATED_AT)), Some(CHECK_VIOLATION));
    }
    assert_eq!(time(last + 1, COMPLETED_AT).unwrap_err().column, Some(COMPLETED_AT), "without a constraint");
}

proptest! {
    #[test]
    fn time_goes_forward(before in TIMES, now in TIMES) {
        let after = time_after(before, now);
        prop_assert!(TIMES.contains(&after) && after >= now && (after > before || before == *TIMES.end()));
        prop_assert!(after == now || after == before + 1 || before == *TIMES.end());
        for spoilt in [i64::MIN, i64::MAX, TIMES.end() + 1, TIMES.start() - 1] {
            prop_assert_eq!(time_after(spoilt, now), now);
        }
    }
}
