use super::{Part, parts};

/// What is in no statement, and how many statements there are.
fn read(script: &str) -> (Vec<&str>, usize) {
    let parts = parts(script);
    let comments = parts.iter().filter_map(|part| if let Part::Comment(line) = part { Some(*line) } else { None });
    let comments: Vec<&str> = comments.collect();
    let statements = parts.len() - comments.len();
    (comments, statements)
}

#[test]
fn comments_are_found_between_statements() {
    assert_eq!(read(""), (vec![], 0));
    assert_eq!(read("-- a\nSELECT 1;\n\n-- b\n-- c\nSELECT 2;\n"), (vec!["-- a", "-- b", "-- c"], 2));
    assert_eq!(read("-- a\r\nSELECT 1"), (vec!["-- a"], 1));
    assert_eq!(read("SELECT 1; -- at the end of a line\n"), (vec![], 1));
    assert_eq!(read("SELECT\n-- in a statement\n1;"), (vec![], 1));
    assert_eq!(read("/* ; /* \n-- a */ \n-- b */\n-- c\nSELECT '\u{e4}';"), (vec!["-- c"], 1));
}

#[test]
fn text_is_no_comment() {
    for text in [
        "'a\n-- b\n;'",
        "'a''\n-- b'",
        "'a\\' || '\n-- b'",
        "E'a\\'\n-- b'",
        "e'a\\\\' || '\n-- b'",
        "E'a''\\'\n-- b'",
        "U&'a\n-- b'",
        "\"a\n-- \"\"\n-- b\"",
        "$$a\n-- b'$$",
        "$a1$\n-- $$ ' $a$ \n-- b;$a1$",
        "$\u{e4}$\n-- b;$\u{e4}$",
        "/* ' */ '\n-- b'",
    ] {
        let script = format!("SELECT {text};\n-- c\nSELECT 1;");
        assert_eq!(read(&script), (vec!["-- c"], 2), "{script}");
    }
    // No tag, and no E'' string.
    for text in ["$1", "a$b", "1 AS a$b$", "name'a\\'", "x.e '\\'"] {
        assert_eq!(read(&format!("SELECT {text};\n-- c\nSELECT 1;")), (vec!["-- c"], 2), "{text}");
    }
}

#[test]
fn what_has_no_end_is_read_to_the_end() {
    for text in ["'", "E'\\", "\"a", "$$ ", "$a$ $a", "/*", "/* /* */", "SELECT $", "--", "\u{e4}"] {
        read(text);
    }
}
