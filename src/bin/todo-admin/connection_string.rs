//! Connection strings as libpq reads them, into pairs of a parameter and its value.

use crate::error::Error;

/// Reads a URL, `key=value` pairs, or the name of a database.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, Error> {
    match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => parse_url(rest),
        // The text may contain a password, so no part of it is shown.
        Some((scheme, _)) if !scheme.contains('=') => {
            Err(Error::usage("this is not the URL of a PostgreSQL database", "write postgresql://..."))
        }
        _ if text.contains('=') => parse_pairs(text),
        _ => Ok(vec![("dbname".to_owned(), text.to_owned())]),
    }
}

/// `postgresql` or `postgres`, as in libpq; or with the name of a driver, as in SQLAlchemy: `postgresql+asyncpg`.
fn is_scheme(scheme: &str) -> bool {
    matches!(scheme.split('+').next(), Some("postgresql" | "postgres"))
}

/// Whether a character separates pairs: only ASCII's white space does. Any other may be part of a password.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// `key = value` pairs. A value may be quoted, and a backslash keeps the next character as it is.
fn parse_pairs(text: &str) -> Result<Vec<(String, String)>, Error> {
    let malformed = |what: &str| Error::usage(format!("malformed connection string: {what}"), "write key=value pairs");
    let mut pairs = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(|| malformed("there is a word without ="))?;
        let (key, after) = (key.trim_end_matches(is_space), after.trim_start_matches(is_space));
        if key.is_empty() || key.contains(is_space) {
            return Err(malformed("there is a word without ="));
        }
        let quoted = after.starts_with('\'');
        let mut value = String::new();
        let mut closed = !quoted;
        let mut end = after.len();
        let mut characters = after.char_indices().skip(usize::from(quoted));
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                '\'' if quoted => {
                    (closed, end) = (true, at + 1);
                    break;
                }
                c if !quoted && is_space(c) => {
                    end = at;
                    break;
                }
                c => value.push(c),
            }
        }
        if !closed {
            return Err(malformed("a quote is not closed"));
        }
        pairs.push((key.to_owned(), value));
        rest = after[end..].trim_start_matches(is_space);
    }
    Ok(pairs)
}

/// `[user[:password]@][host[:port][,...]][/dbname][?key=value[&...]]`
fn parse_url(rest: &str) -> Result<Vec<(String, String)>, Error> {
    let mut parameters = Vec::new();
    let mut add = |key: &str, value: &str| -> Result<(), Error> {
        if !value.is_empty() {
            parameters.push((key.to_owned(), decode(value)?));
        }
        Ok(())
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, dbname) = rest.split_once('/').unwrap_or((rest, ""));
    let (credentials, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    add("user", user)?;
    add("password", password)?;
    add("dbname", dbname)?;
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((address, port)) => (address, port.strip_prefix(':').unwrap_or("")),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(name);
        ports.push(port);
    }
    add("host", &names.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        add(
            "port",
            &ports.iter().map(|port| if port.is_empty() { "5432" } else { port }).collect::<Vec<_>>().join(","),
        )?;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // JDBC's spelling, which libpq accepts in URLs.
        match (key, value) {
            ("ssl", "true") => add("sslmode", "require")?,
            _ => add(key, value)?,
        }
    }
    Ok(parameters)
}

/// Decodes `%41` to `A`. Refuses `%00`, because no parameter can contain a NUL.
fn decode(text: &str) -> Result<String, Error> {
    let malformed = || Error::usage("malformed URL: % is not followed by two hexadecimal digits", "write % as %25");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).ok_or_else(malformed);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    if bytes.contains(&0) {
        return Err(Error::usage("malformed URL: %00 stands for no character", "write % as %25"));
    }
    String::from_utf8(bytes).map_err(|_| malformed())
}

#[cfg(test)]
#[path = "connection_string_tests.rs"]
mod tests;
