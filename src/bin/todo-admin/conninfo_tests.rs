use super::*;
use proptest::prelude::*;

fn parsed(text: &str) -> Vec<(String, String)> {
    Conninfo::parse(text).unwrap().0.into_iter().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[test]
fn addresses_are_libpqs() {
    assert_eq!(parsed("app"), pairs(&[("dbname", "app")]));
    assert_eq!(
        parsed("postgresql://me:p%40ss%3A@db.example:6432/app?sslmode=verify-full&options=-c%20x%3D1"),
        pairs(&[
            ("dbname", "app"),
            ("host", "db.example"),
            ("options", "-c x=1"),
            ("password", "p@ss:"),
            ("port", "6432"),
            ("sslmode", "verify-full"),
            ("user", "me"),
        ])
    );
    assert_eq!(parsed("postgres:///app?host=/run/db"), pairs(&[("dbname", "app"), ("host", "/run/db")]));
    assert_eq!(parsed("postgresql://%2Frun%2Fdb/app"), pairs(&[("dbname", "app"), ("host", "/run/db")]));
    assert_eq!(parsed("postgresql+asyncpg://a,[::1]:6432/"), pairs(&[("host", "a,::1"), ("port", "5432,6432")]));
    assert_eq!(parsed("postgresql://me@/?ssl=true"), pairs(&[("sslmode", "require"), ("user", "me")]));
}

#[test]
fn pairs_may_be_quoted() {
    assert_eq!(
        parsed(r"host = /tmp  password='it\'s a \\ = b' dbname=a\ b user=''"),
        pairs(&[("dbname", "a b"), ("host", "/tmp"), ("password", r"it's a \ = b"), ("user", "")])
    );
}

#[test]
fn malformed_addresses_are_refused() {
    for text in
        ["host=a b", "host='a", "=a", "nothing=x", "mysql://a/b", "postgresql://%4", "postgresql://a/?nothing=x"]
    {
        assert!(Conninfo::parse(text).is_err(), "{text}");
    }
}

#[test]
fn password_lines_match_by_field() {
    let wanted = ["localhost", "5432", "app", "me"];
    for (line, password) in [
        ("localhost:5432:app:me:secret", Some("secret")),
        ("*:*:*:me:a:b", Some("a:b")),
        (r"*:*:*:*:a\:b\\", Some(r"a:b\")),
        ("other:5432:app:me:secret", None),
        ("localhost:5432:app:me", None),
        ("#localhost:5432:app:me:secret", None),
    ] {
        assert_eq!(password_of(line, &wanted).as_deref(), password, "{line}");
    }
}

/// A field of a password file, or a value.
fn field() -> impl Strategy<Value = String> {
    prop_oneof!["[^\0\r\n]{1,12}", "[:\\\\*#' =a]{1,12}"]
}

fn escaped(field: &str) -> String {
    field.replace('\\', "\\\\").replace(':', "\\:")
}

proptest! {
    #[test]
    fn what_another_server_is_told_is_read_back(host in field(), dbname in field(), user in field(), timeout in field()) {
        let pairs = [("connect_timeout", timeout), ("dbname", dbname), ("host", host), ("user", user)];
        let conninfo = Conninfo(pairs.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
        prop_assert_eq!(Conninfo::parse(&conninfo.text()).unwrap().0, conninfo.0);
    }

    #[test]
    fn a_line_of_a_password_file_is_for_one_connection(
        wanted in [field(), field(), field(), field()], password in field(), star in prop::option::of(0..4usize), other in field(),
    ) {
        prop_assume!(!wanted[0].starts_with('#') && !wanted.contains(&"*".to_owned()));
        let mut fields = wanted.clone().map(|field| escaped(&field));
        if let Some(place) = star {
            "*".clone_into(&mut fields[place]);
        }
        let line = format!("{}:{}", fields.join(":"), password.replace('\\', "\\\\"));
        let texts = wanted.each_ref().map(String::as_str);
        prop_assert_eq!(password_of(&line, &texts), Some(password));
        for place in (0..4).filter(|place| star != Some(*place) && wanted[*place] != other) {
            let mut elsewhere = texts;
            elsewhere[place] = &other;
            prop_assert_eq!(password_of(&line, &elsewhere), None);
        }
    }

    #[test]
    fn any_line_may_stand_in_a_password_file(line in "\\PC{0,40}|[:\\\\*#a]{0,12}") {
        if let Some(password) = password_of(&line, &["a", "a", "a", "a"]) {
            prop_assert!(password.len() + 4 < line.len());
        }
    }

    #[test]
    fn parameters_that_nobody_knows_are_refused(key in "[a-z_]{1,20}|\\PC{1,5}", value in field()) {
        let known = VARIABLES.iter().any(|(_, name)| *name == key) || OTHERS.contains(&&*key);
        prop_assert_eq!(Conninfo::parse(&format!("{key}={}", value.replace(['\\', '\'', ' '], "x"))).is_ok(), known);
    }
}
