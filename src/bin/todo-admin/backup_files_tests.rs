use super::*;
use chrono::DateTime;
use proptest::prelude::*;

/// A database's name: any text of up to 63 bytes.
fn database() -> impl Strategy<Value = String> {
    let texts = prop_oneof!["[^\0]{1,20}", "[-%. /…0-9a-fT\u{a0}\u{2d12}]{1,20}"];
    texts.prop_filter("it is too long", |name| name.len() <= 63)
}

/// The name that [`file_name`] has written.
fn read(name: &str) -> String {
    let mut bytes = name.bytes();
    let mut read = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16)).expect("a digit") as u8;
        read.push(if byte == b'%' { digit() * 16 + digit() } else { byte });
    }
    String::from_utf8_lossy(&read).into_owned()
}

proptest! {
    #[test]
    fn a_file_name_is_that_of_one_database(database in database()) {
        let name = file_name(&database);
        prop_assert_eq!(read(&name), database);
        prop_assert!(name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '%'));
        let longest = format!("{name}-20260101T000000Z-4294967295{}", extras::SUFFIX);
        prop_assert!(longest.len() <= 255, "{}", longest);
    }

    #[test]
    fn a_backup_has_its_time_and_database(
        database in database(), other in database(), seconds in 0i64..253_402_300_800, number in prop::option::of(2u32..),
    ) {
        let time = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
        let number = number.map_or(String::new(), |number| format!("-{number}"));
        let archive = PathBuf::from(format!("/backups/{}-{}{number}.dump", file_name(&database), time.format(STAMP)));
        for path in [&archive, &extras::path(&archive)] {
            prop_assert_eq!(time_of(path, &database), Some(time));
            prop_assert_eq!(time_of(path, &other).is_some(), database == other);
        }
        prop_assert_eq!(time_of(&archive.with_extension("txt"), &database), None);
    }

    #[test]
    fn other_files_are_no_backups(name in "[^\0/]{0,40}|app-[-0-9TZ.a-z]{0,30}") {
        let time = time_of(Path::new(&name), "app");
        let end = name.strip_prefix("app-").and_then(|rest| rest.get(..16));
        prop_assert!(time.is_none_or(|time| end == Some(&time.format(STAMP).to_string())), "{} is {:?}", name, time);
    }
}

#[test]
fn names_that_look_alike_are_told_apart() {
    assert_ne!(file_name("a 26"), file_name("a\u{2026}"));
}
