use super::*;

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
