use super::{Roles, is_of_guard, is_of_subscription, is_schema_public};
use proptest::prelude::*;

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

/// What a non-superuser restores on trial.
#[test]
fn what_belongs_to_pg_database_owner_is_not_ones_own() {
    let roles = Roles(["pg_database_owner", "app", "other"].map(|role| (role.to_owned(), false)).into());
    for (line, is_own) in [
        ("5; 2615 2200 SCHEMA - public pg_database_owner", false),
        ("3400; 0 0 ACL - SCHEMA public pg_database_owner", false),
        ("221; 1259 16589 TABLE s bait pg_database_owner", false),
        ("221; 1259 16589 TABLE s mine app", true),
        ("3400; 0 0 ACL - SCHEMA other other", false),
        ("3500; 0 0 BLOBS - BLOBS ", false),
        ("2; 3079 16385 EXTENSION - todo ", true),
    ] {
        assert_eq!(roles.is_own(line, "app"), is_own, "{line}");
        assert_eq!(is_schema_public(line), line.contains(" public "), "{line}");
    }
}

/// Short names, so that one is often the end of another.
fn name() -> impl Strategy<Value = String> {
    "[ab -]{0,2}[ab-]"
}

proptest! {
    #[test]
    fn an_owner_that_is_not_trusted_is_never_missed(
        kind in "TABLE|FUNCTION|TRIGGER|VIEW", schema in name(), object in name(), owner in name(),
        others in prop::collection::vec((name(), any::<bool>()), 0..5),
    ) {
        let roles = Roles(others.into_iter().filter(|(role, _)| *role != owner).chain([(owner.clone(), false)]).collect());
        let line = format!("221; 1259 16589 {kind} {schema} {object} {owner}");
        prop_assert!(roles.to_trust(&line).is_some(), "{}", line);
    }

    #[test]
    fn what_belongs_to_another_is_never_ones_own(
        object in name(), owner in name(), others in prop::collection::vec(name(), 0..5), own in name(),
    ) {
        // The line does not say whether a word is the end of the object's name, or the beginning of its owner's.
        prop_assume!(!own.ends_with(&format!(" {owner}")) && own != owner);
        let roles = Roles(others.into_iter().chain([owner.clone(), own.clone()]).map(|role| (role, false)).collect());
        let line = format!("221; 1259 16589 TABLE s {object} {owner}");
        prop_assert!(!roles.is_own(&line, &own), "{}", line);
    }

    #[test]
    fn any_line_may_be_in_a_list(line in "\\PC{0,60}|[0-9; a-zA-Z-]{0,60}") {
        let roles = Roles(vec![("a".to_owned(), false)]);
        prop_assert_eq!(roles.to_trust(&line).is_some_and(str::is_empty), false);
        prop_assert!(!(is_of_guard(&line) && is_of_subscription(&line)));
    }
}
