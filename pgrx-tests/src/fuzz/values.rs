//! Values for the arguments of functions, by their names and types.

use super::known::Known;
use super::{json, texts};
use crate::HASH;
use crate::random::Random;
use crate::raw_text::RawText;

const ORDERS: [&str; 4] = ["created", "updated", "completed", "title"];

const INTEGERS: [&str; 20] = [
    "0",
    "1",
    "2",
    "-1",
    "50",
    "1000",
    "1001",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "1e3",
    "0x10",
    "",
    " 7 ",
    "seven",
];

/// As a time, or a day.
const TIMES: [&str; 26] = [
    "2026-01-01",
    "2026-01-01 12:30:00.123456",
    "2026-02-30",
    "2024-02-29T23:59:59Z",
    "2026-01-01T24:00:00",
    "2026-12-31T23:59:60+14:00",
    "2026-01-01T00:00:00-15:59:59",
    "2026-01-01T00:00:00+99:99",
    "0001-01-01",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59.999999",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-01:00",
    "10000-01-01",
    "4713-01-01 BC",
    "4714-11-24 BC",
    "294276-12-31",
    "294277-01-01",
    "5874897-12-31",
    "5874898-01-01",
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "today or so",
    "2026-01-01 12:00 Mars/Olympus",
];

const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Berlin",
    "Asia/Tokyo",
    "America/St_Johns",
    "europe/berlin",
    "EST5EDT,M3.2.0,M11.1.0",
    "<x>+167:59:59",
    "+25",
    "-00:30",
    "posixrules",
    "localtime",
    "Mars/Olympus",
    "../../../etc/passwd",
    "UTC\n",
];

/// Hashes. Those of a high cost, which take seconds to compare, are left out. The first one is valid.
fn hash(random: &mut Random) -> String {
    let cheap = HASH.replace("$12$", "$04$");
    match random.below(9) {
        0 => "!".to_owned(),
        1 => cheap.replace("$2b$", random.pick(&["$2a$", "$2y$", "$2x$", "$2$", "$1$", "2b$"])),
        2 => HASH.replace("$12$", random.pick(&["$00$", "$03$", "$16$", "$31$", "$99$", "$-4$", "$4$"])),
        3 => cheap[..random.below(cheap.len())].to_owned(),
        4 => format!("{cheap}{}", random.pick(&["\n", "x", "é", "$"])),
        5 => crate::scrypt(),
        6 => "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaHNvbWVoYXNo".to_owned(),
        7 => cheap.replace("LQv3", random.pick(&["LQ!3", "é3", "😀", "    "])),
        _ => cheap,
    }
}

pub fn time(random: &mut Random) -> String {
    match random.below(3) {
        0 => random.pick(&TIMES).to_owned(),
        _ => format!(
            "{:04}-{:02}-{:02}{}",
            2020 + random.below(8),
            1 + random.below(12),
            1 + random.below(28),
            random.pick(&["", "T08:00:00", " 23:59:59.999999", "T00:00Z", "T12:00:00+05:30"])
        ),
    }
}

/// A row of tasks, in PostgreSQL's text form of rows.
fn row(random: &mut Random, known: &Known) -> String {
    if random.one_in(6) {
        return random.pick(&["", "()", "(,,,,,,,)", "(1,u1)", "(1,2,3,4,5,6,7,8,9)", "(\"", "null"]).to_owned();
    }
    let quoted = |text: String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""));
    let mut fields = [
        if random.one_in(6) { random.pick(&INTEGERS).to_owned() } else { (1 + random.below(60)).to_string() },
        quoted(known.user(random)),
        quoted(texts::text(random)),
        quoted(texts::text(random)),
        random.pick(&["t", "f", "t", "f", "maybe"]).to_owned(),
        quoted(time(random)),
        quoted(time(random)),
        quoted(time(random)),
    ];
    for field in &mut fields {
        if random.one_in(10) {
            field.clear();
        }
    }
    format!("({})", fields.join(","))
}

/// A value for an argument; `None` is NULL.
pub fn value(random: &mut Random, known: &Known, argument: &str, ty: &str) -> Option<RawText> {
    if random.one_in(12) {
        return None;
    }
    let text = match (argument, ty) {
        ("user_id", _) => known.user(random),
        ("email", _) if random.one_in(2) => known.address(random),
        ("email", _) => texts::address(random),
        ("password" | "current_password" | "new_password", _) if random.one_in(2) => {
            random.pick(&["long enough", "long enough", "long also", "short"]).to_owned()
        }
        ("hash", _) if !random.one_in(6) => hash(random),
        ("task_id", _) if !random.one_in(4) => (1 + random.below(known.tasks())).to_string(),
        ("page_size", _) if random.one_in(2) => (1 + random.below(60)).to_string(),
        ("sort", _) if !random.one_in(6) => random.pick(&ORDERS).to_owned(),
        ("after", _) => known.cursor(random),
        ("timezone", _) if !random.one_in(6) => random.pick(&ZONES).to_owned(),
        ("role", _) if !random.one_in(3) => known.role(random),
        ("access", _) if !random.one_in(6) => random.pick(&["api", "isolated", "tables", "API"]).to_owned(),
        ("tasks", "jsonb") if !random.one_in(6) => json::tasks(random),
        ("document", "jsonb") if !random.one_in(6) => json::document(random),
        ("old_row" | "new_row", _) if !random.one_in(3) => json::object(random),
        (_, "jsonb") => json::any(random),
        (_, "tasks") => row(random, known),
        (_, "boolean") => random.pick(&["true", "false", "t", "f", "on", "0", "2", "maybe", ""]).to_owned(),
        (_, "bigint" | "integer") => random.pick(&INTEGERS).to_owned(),
        (_, "date" | "timestamp without time zone") => time(random),
        (_, "text") => return Some(texts::raw(random)),
        (name, ty) => panic!("no values for an argument {name} of type {ty}"),
    };
    Some(text.into())
}
