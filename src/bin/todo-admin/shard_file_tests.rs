use super::*;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// The file with this text.
fn read(text: &str) -> Result<ShardFile, Error> {
    let path = std::env::temp_dir().join(format!("todo-shards-{}.json", uuid::Uuid::new_v4()));
    fs::write(&path, text).unwrap();
    let file = ShardFile::read(&path);
    fs::remove_file(&path).unwrap();
    file
}

fn name() -> impl Strategy<Value = String> {
    "[^\0]{1,12}"
}

/// A list of `2^n` shards on some servers, as JSON.
fn list() -> impl Strategy<Value = serde_json::Value> {
    let servers = prop::collection::btree_set(name(), 1..4);
    let databases = prop::collection::btree_set(name(), 17);
    (servers, databases, 0..5u32, any::<bool>(), prop::collection::vec("[a-z]{1,9}", 0..3)).prop_map(
        |(servers, databases, power, has_directory, routers)| {
            let (servers, databases): (Vec<_>, Vec<_>) = (servers.into_iter().collect(), databases.into_iter().collect());
            let place = |number: usize| {
                serde_json::json!({"database": databases[number], "server": servers[number % servers.len()]})
            };
            let mut list = serde_json::json!({
                "servers": servers.iter().map(|name| (name.clone(), "host=/tmp".into())).collect::<serde_json::Map<_, _>>(),
                "routers": routers,
                "shards": (0..1 << power).map(place).collect::<Vec<_>>(),
            });
            if has_directory {
                list["directory"] = place(16);
            }
            list
        },
    )
}

fn is_refused(list: &serde_json::Value, why: &str) -> TestCaseResult {
    let refused = read(&list.to_string()).err().map(|error| format!("{error:?}"));
    prop_assert!(refused.as_ref().is_some_and(|error| error.contains(why)), "{:?}", refused);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_list_is_written_as_it_was_read(list in list()) {
        let text = read(&list.to_string()).unwrap().text().unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        for part in ["servers", "directory", "shards"] {
            prop_assert_eq!(written.get(part), list.get(part));
        }
        let none = serde_json::json!([]);
        prop_assert_eq!(written.get("routers").unwrap_or(&none), &list["routers"]);
        prop_assert_eq!(read(&text).unwrap().text().unwrap(), text);
    }

    #[test]
    fn a_list_that_is_wrong_is_refused(list in list(), place in any::<prop::sample::Index>()) {
        let shards = list["shards"].as_array().unwrap().len();
        let place = place.index(shards);
        let changed = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut list = list.clone();
            change(&mut list);
            list
        };
        is_refused(&changed(&|list| list["shards"][place]["server"] = "nobody's server".into()), "which is not listed")?;
        is_refused(&changed(&|list| list["shards"][place]["database"] = "".into()), "no name")?;
        is_refused(&changed(&|list| list["shards"][place]["database"] = "x".repeat(64).into()), "longer than")?;
        is_refused(&changed(&|list| list["shards"][place]["port"] = 1.into()), "unknown field")?;
        is_refused(&changed(&|list| list["directory"] = list["shards"][place].clone()), "as the directory")?;
        if shards > 2 {
            let twice = changed(&|list| list["shards"][place] = list["shards"][(place + 1) % shards].clone());
            is_refused(&twice, "is listed twice")?;
            let fewer = changed(&|list| {
                list["shards"].as_array_mut().unwrap().remove(place);
            });
            is_refused(&fewer, "power of two")?;
        }
    }

    #[test]
    fn any_text_is_refused(text in "\\PC{0,40}|[\\[\\]{}\",:a0]{0,20}") {
        prop_assert!(read(&text).is_err());
    }
}
