//! JSON as text: tasks and documents in the form that the functions take, often with mistakes, and any other JSON.

use super::texts;
use super::values::time;
use crate::random::Random;

const FIELDS: [&str; 6] = ["title", "description", "completed", "created_at", "updated_at", "completed_at"];

/// Numbers out of range, texts that only look like JSON, and JSON that PostgreSQL cannot store.
const HOSTILE: [&str; 22] = [
    "null",
    "true",
    "0",
    "-0",
    "1e400",
    "1e131071",
    "1e131072",
    "-1e999999999",
    "123456789012345678901234567890.000000000000000001",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\"",
    "[]",
    "{}",
    "[[]]",
    "{\"\":{}}",
    "{\"a\":1,\"a\":2}",
    "[1,]",
    "{a:1}",
    "NaN",
    "",
];

pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value of any kind.
pub fn any(random: &mut Random) -> String {
    match random.below(12) {
        0..=3 => random.pick(&HOSTILE).to_owned(),
        4 | 5 => quoted(&texts::text(random)),
        6 => {
            let depth = [10, 1_000, 4_000, 6_000, 100_000][random.below(5)];
            if random.one_in(2) {
                format!("{}{}", "[".repeat(depth), "]".repeat(depth))
            } else {
                format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth))
            }
        }
        7 => list(random.below(30), || any_flat(random)),
        8 => object(random),
        9 => tasks(random),
        _ => document(random),
    }
}

fn any_flat(random: &mut Random) -> String {
    if random.one_in(2) { quoted(&texts::text(random)) } else { random.pick(&HOSTILE).to_owned() }
}

fn list(length: usize, mut element: impl FnMut() -> String) -> String {
    let elements: Vec<String> = (0..length).map(|_| element()).collect();
    format!("[{}]", elements.join(","))
}

/// An object whose keys are names of columns, other names, or repeated.
pub fn object(random: &mut Random) -> String {
    let fields: Vec<String> = (0..random.below(6))
        .map(|_| {
            let key = if random.one_in(3) { texts::text(random) } else { random.pick(&FIELDS).to_owned() };
            format!("{}:{}", quoted(&key), any_flat(random))
        })
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn task(random: &mut Random) -> String {
    let mut fields = vec![format!("\"title\":{}", quoted(&texts::text(random)))];
    for field in &FIELDS[1..] {
        if random.one_in(3) {
            let value = match *field {
                _ if random.one_in(15) => any_flat(random),
                "description" => quoted(&texts::text(random)),
                "completed" => random.pick(&["true", "false", "null"]).to_owned(),
                _ => quoted(&time(random)),
            };
            fields.push(format!("\"{field}\":{value}"));
        }
    }
    if random.one_in(15) {
        fields.push(format!("{}:1", quoted(&texts::text(random))));
    }
    format!("{{{}}}", fields.join(","))
}

/// A list of tasks. It is mostly short, because a single bad task is enough to refuse it.
pub fn tasks(random: &mut Random) -> String {
    match random.below(20) {
        0 => any_flat(random),
        1 if random.one_in(10) => list(500, || "{\"title\":\"one of many\"}".to_owned()),
        2 => list(3, || if random.one_in(3) { any_flat(random) } else { task(random) }),
        _ => list(random.below(4), || task(random)),
    }
}

/// A document like the export of a user, often with mistakes.
pub fn document(random: &mut Random) -> String {
    let version = match random.below(10) {
        0 => random.pick(&HOSTILE),
        1 => random.pick(&["2", "\"1\"", "1.0", "[1]"]),
        _ => "1",
    };
    let tasks = if random.one_in(12) { any_flat(random) } else { tasks(random) };
    let user = if random.one_in(4) { any_flat(random) } else { "{\"id\":\"u1\"}".to_owned() };
    format!("{{\"user\":{user},\"version\":{version},\"tasks\":{tasks}}}")
}
