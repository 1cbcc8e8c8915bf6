use super::*;
use crate::transfer::{Task, User, write_line};
use chrono::NaiveDateTime;
use proptest::prelude::*;

/// What the tables accept, and a day more on each side.
fn time() -> impl Strategy<Value = NaiveDateTime> {
    let [first, last] =
        ["0001-01-01T00:00:00", "9999-12-31T23:59:59"].map(|time| time.parse::<NaiveDateTime>().unwrap());
    let microseconds = |time: NaiveDateTime| time.and_utc().timestamp_micros();
    let day = 24 * 60 * 60 * 1_000_000;
    (microseconds(first) - day..microseconds(last) + day)
        .prop_map(|time| chrono::DateTime::from_timestamp_micros(time).expect("a time that chrono has").naive_utc())
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

fn user() -> impl Strategy<Value = Record> {
    (text(), text(), text(), prop::option::of(text()), time(), time(), any::<(bool, bool)>()).prop_map(
        |(id, email, name, hashed_password, created_at, updated_at, (is_active, email_verified))| {
            Record::User(User { id, email, name, hashed_password, created_at, updated_at, is_active, email_verified })
        },
    )
}

fn task() -> impl Strategy<Value = Record> {
    (any::<(i32, bool)>(), text(), text(), prop::option::of(text()), time(), time(), prop::option::of(time())).prop_map(
        |((id, completed), user_id, title, description, created_at, updated_at, completed_at)| {
            Record::Task(Task { id, user_id, title, description, completed, created_at, updated_at, completed_at })
        },
    )
}

fn line(record: &Record) -> Vec<u8> {
    let mut line = Vec::new();
    write_line(&mut line, record).unwrap();
    line.trim_ascii_end().to_vec()
}

/// Whether it can be in a file: all times are in the years 1 to 9999, and no text has a NUL.
fn is_valid(record: &Record) -> bool {
    let (times, texts) = match record {
        Record::User(u) => {
            let texts = vec![&u.id, &u.email, &u.name].into_iter().chain(&u.hashed_password).collect::<Vec<_>>();
            (vec![u.created_at, u.updated_at], texts)
        }
        Record::Task(t) => {
            let times = [t.created_at, t.updated_at].into_iter().chain(t.completed_at).collect();
            (times, [&t.user_id, &t.title].into_iter().chain(&t.description).collect())
        }
    };
    times.into_iter().all(crate::transfer::is_readable) && texts.into_iter().all(|text| !text.contains('\0'))
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(record in prop_oneof![user(), task()]) {
        let written = line(&record);
        match parse(&written) {
            Ok(read) => {
                prop_assert!(is_valid(&record));
                prop_assert_eq!(String::from_utf8(line(&read)).unwrap(), String::from_utf8(written).unwrap());
            }
            Err(reason) => prop_assert!(!is_valid(&record), "{}", reason),
        }
    }

    #[test]
    fn a_record_with_a_field_more_or_less_is_none(record in prop_oneof![user(), task()], field in 1..6usize, name in "[a-z_]{1,9}") {
        prop_assume!(is_valid(&record));
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&line(&record)).unwrap();
        let mut more = object.clone();
        prop_assume!(more.insert(name, true.into()).is_none());
        prop_assert!(parse(&serde_json::to_vec(&more).unwrap()).is_err());
        // Those that may be missing.
        let optional = ["description", "completed_at", "hashed_password"];
        let required: Vec<&String> = object.keys().filter(|key| !optional.contains(&key.as_str())).collect();
        let mut less = object.clone();
        less.remove(required[field % required.len()]);
        prop_assert!(parse(&serde_json::to_vec(&less).unwrap()).is_err());
    }

    #[test]
    fn a_damaged_line_is_a_record_or_has_a_reason(record in prop_oneof![user(), task()], place in any::<prop::sample::Index>(), byte: u8) {
        let mut damaged = line(&record);
        let place = place.index(damaged.len());
        damaged[place] = byte;
        prop_assert!(parse(&damaged).err().is_none_or(|reason| !reason.is_empty()));
        prop_assert!(parse(&damaged[..place]).is_err());
    }

    #[test]
    fn any_bytes_have_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(parse(&bytes).is_err_and(|reason| !reason.is_empty()));
        prop_assert!(check_header(&bytes, "file").is_err());
    }

    #[test]
    fn a_header_may_have_any_numbers(users: u64, tasks: u64) {
        let mut header = Vec::new();
        write_line(&mut header, &Header::new(users, tasks)).unwrap();
        let records = check_header(&header, "file").unwrap().records();
        prop_assert!(records >= users.max(tasks));
        prop_assert_eq!(records == 0, users == 0 && tasks == 0);
    }
}
