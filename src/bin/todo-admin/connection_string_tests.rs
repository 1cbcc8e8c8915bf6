use super::*;
use proptest::prelude::*;

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// Anything but NUL, which no argument of a program can hold.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[^\0]{0,20}", "[ \t\u{b}\u{a0}\u{3000}\\\\'=%@:/?&,\\[\\]a]{0,20}"]
}

fn key() -> impl Strategy<Value = String> {
    "[a-z_]{1,12}"
}

fn in_quotes(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn escaped(value: &str) -> String {
    value.chars().flat_map(|c| ['\\', c]).collect()
}

/// As a URL has it.
fn in_percents(value: &str) -> String {
    let of = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(of).collect()
}

proptest! {
    #[test]
    fn pairs_are_read_as_they_were_written(
        pairs in prop::collection::vec((key(), text()), 1..5), space in "[ \t\n\u{b}\r\u{c}]{1,3}", quoted in any::<bool>(),
    ) {
        let value = |value: &str| if quoted || value.is_empty() { in_quotes(value) } else { escaped(value) };
        let written: Vec<String> = pairs.iter().map(|(key, text)| format!("{key}{space}={space}{}", value(text))).collect();
        prop_assert_eq!(parse(&format!("{space}{}{space}", written.join(&space))).unwrap(), pairs);
    }

    /// libpq knows the spaces of ASCII only.
    #[test]
    fn a_value_without_quotes_ends_at_a_space(key in key(), value in "[^\0 \t\n\u{b}\u{c}\r\\\\'][^\0 \t\n\u{b}\u{c}\r\\\\]{0,12}") {
        prop_assume!(!value.contains("://"));
        prop_assert_eq!(parse(&format!("{key}={value} b=c")).unwrap(), [pair(&key, &value), pair("b", "c")]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_refused(key in key(), value in text()) {
        let open = in_quotes(&value);
        let is_refused = parse(&format!("{key}={}", &open[..open.len() - 1])).is_err();
        prop_assert!(is_refused);
    }

    #[test]
    fn urls_are_read_as_they_were_written(
        user in "[^\0]{1,8}", password in "[^\0]{1,8}", hosts in prop::collection::vec(("[a-z0-9.-]{1,9}", 1u16..), 1..4),
        dbname in "[^\0]{1,8}", others in prop::collection::vec((key(), "[^\0]{1,8}"), 0..3),
    ) {
        let [names, ports]: [Vec<String>; 2] =
            [hosts.iter().map(|(name, _)| name.clone()).collect(), hosts.iter().map(|(_, port)| port.to_string()).collect()];
        let places: Vec<String> = hosts.iter().map(|(name, port)| format!("{name}:{port}")).collect();
        let query: Vec<String> = others.iter().map(|(key, value)| format!("{key}={}", in_percents(value))).collect();
        let url = format!(
            "postgresql://{}:{}@{}/{}?{}",
            in_percents(&user), in_percents(&password), places.join(","), in_percents(&dbname), query.join("&"),
        );
        let mut expected =
            vec![pair("user", &user), pair("password", &password), pair("dbname", &dbname), pair("host", &names.join(","))];
        expected.push(pair("port", &ports.join(",")));
        expected.extend(others);
        prop_assert_eq!(parse(&url).unwrap(), expected);
    }

    #[test]
    fn percents_without_two_digits_are_refused(before in "[a-z]{0,4}", bad in "%(|[0-9a-f]|[g-zG-Z ][0-9]|[0-9][g-z])") {
        let is_refused = parse(&format!("postgresql://host/{before}{bad}")).is_err();
        prop_assert!(is_refused);
    }

    #[test]
    fn other_urls_are_refused_and_not_shown(scheme in "[a-oq-z]{1,8}", secret in "[A-Z]{6,9}") {
        let refused = format!("{:?}", parse(&format!("{scheme}://me:{secret}@host/app")).unwrap_err());
        prop_assert!(!refused.contains(&secret), "{}", refused);
    }

    #[test]
    fn whatever_is_read_has_no_nul(text in prop_oneof![text(), text().prop_map(|text| format!("postgres://{text}"))]) {
        if let Ok(pairs) = parse(&text) {
            prop_assert!(pairs.iter().all(|(key, value)| !key.contains('\0') && !value.contains('\0')), "{:?}", pairs);
        }
    }
}

#[test]
fn no_url_holds_a_nul() {
    assert!(parse("postgresql://host/a%00b").is_err());
}
