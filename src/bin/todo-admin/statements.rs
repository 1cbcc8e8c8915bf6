//! The statements of an SQL script, and the comments between them. Text in strings, names and statements is no comment, whatever it looks
//! like.

/// One part of a script.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A line that begins with two hyphens, and is not within a statement.
    Comment(&'a str),
    /// A statement, from its first character to the semicolon.
    Statement(&'a str),
}

/// The parts of a script in which backslashes are ordinary characters, except in E'' strings.
pub fn parts(script: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    // Where the current statement begins, if there is one.
    let mut statement: Option<usize> = None;
    let mut at = 0;
    while let Some(first) = script[at..].chars().next() {
        let rest = &script[at..];
        let begins_line = at == 0 || script.as_bytes()[at - 1] == b'\n';
        let length = if rest.starts_with("--") {
            let line = rest.lines().next().unwrap_or_default();
            if statement.is_none() && begins_line {
                parts.push(Part::Comment(line));
            }
            line.len()
        } else if rest.starts_with("/*") {
            comment_length(rest)
        } else if first.is_whitespace() {
            first.len_utf8()
        } else {
            let start = *statement.get_or_insert(at);
            if first == ';' {
                parts.push(Part::Statement(&script[start..=at]));
                statement = None;
            }
            token_length(rest)
        };
        at += length;
    }
    parts.extend(statement.map(|start| Part::Statement(&script[start..])));
    parts
}

/// The length of a comment of C's kind. One can be within another.
fn comment_length(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        match text.get(at..at + 2) {
            Some("/*") => depth += 1,
            Some("*/") => depth -= 1,
            _ => {
                at += character.len_utf8();
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string, quoted name, word or other character that a text begins with.
fn token_length(text: &str) -> usize {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    match text.as_bytes() {
        [b'e' | b'E', b'\'', ..] => 1 + quoted_length(&text[1..], true),
        [b'\'' | b'"', ..] => quoted_length(text, false),
        [b'$', ..] => dollar_quoted_length(text),
        _ => match text.find(|c: char| !is_of_word(c)) {
            Some(0) => text.chars().next().map_or(0, char::len_utf8),
            Some(length) => length,
            None => text.len(),
        },
    }
}

/// The length of a text between quotes, with them. Two quotes in it stand for one.
fn quoted_length(text: &str, has_escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(1);
    let quote = text.chars().next();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && has_escapes {
            characters.next();
        } else if Some(character) == quote {
            if !text[at + 1..].starts_with(character) {
                return at + 1;
            }
            characters.next();
        }
    }
    text.len()
}

/// The length of a text between two equal tags such as $a$, with them; 1 if the dollar begins no tag.
fn dollar_quoted_length(text: &str) -> usize {
    let Some(end) = text[1..].find('$') else { return 1 };
    let tag = &text[..end + 2];
    let name = &tag[1..tag.len() - 1];
    let is_name = !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii());
    if !is_name {
        return 1;
    }
    text[tag.len()..].find(tag).map_or(text.len(), |length| length + 2 * tag.len())
}

#[cfg(test)]
#[path = "statements_tests.rs"]
mod tests;
