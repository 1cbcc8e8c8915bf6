use super::Roles;

/// The owners that have to be trusted, in lines of an archive's list.
#[test]
fn owners_are_at_the_ends_of_lines() {
    let roles = ["postgres", "todo_owner", "super admin"].map(|role| (role.to_owned(), true));
    let others = ["app", "x postgres", "-", "a b", "admin"].map(|role| (role.to_owned(), false));
    let roles = Roles(roles.into_iter().chain(others).collect());
    for (line, owner) in [
        ("221; 1259 16589 TABLE public users todo_owner", None),
        ("3345; 0 16589 TABLE DATA public users postgres", None),
        ("2; 3079 16385 EXTENSION - todo ", None),
        ("5; 2615 2200 SCHEMA - public pg_database_owner", None),
        ("3400; 0 0 ACL - SCHEMA app app", None),
        ("3401; 826 16600 DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES app", None),
        ("221; 1259 16589 TABLE s bait app", Some("app")),
        ("221; 1259 16589 TABLE s bait -", Some("-")),
        ("221; 1259 16589 TABLE s bait x postgres", Some("x postgres")),
        ("221; 1259 16589 TABLE s a b", Some("a b")),
        ("221; 1259 16589 TABLE s a super admin", Some("admin")),
        ("221; 1259 16589 TABLE s bait nobody", Some("nobody")),
        ("221; 1259 16589 TABLE s bait pg_database_owner", Some("pg_database_owner")),
        ("230; 1255 16600 AGGREGATE s worst(integer) app", Some("app")),
    ] {
        assert_eq!(roles.to_trust(line), owner, "{line}");
    }
}
