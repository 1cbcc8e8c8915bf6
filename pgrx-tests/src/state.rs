//! What is in a database: objects and rows, as text to compare.

use postgres::Client;

/// All that the extension is in the catalogs, a line each.
pub fn catalog(client: &mut Client) -> Vec<String> {
    catalog_of(client, "todo")
}

/// The same for another extension.
pub fn catalog_of(client: &mut Client, extension: &str) -> Vec<String> {
    let query = include_str!("../fixtures/catalog.sql");
    strings(client, &query.replace("extname = 'todo'", &format!("extname = '{extension}'")))
}

/// Every row of both tables, as text.
pub fn rows(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT r.text FROM (
             SELECT 1 AS place, id COLLATE \"C\" AS key, users::text AS text FROM users
             UNION ALL SELECT 2, to_char(id, 'FM0000000000'), tasks::text FROM tasks
         ) AS r ORDER BY r.place, r.key",
    )
}

/// Whether the server keeps options of its own for each column (`pg_attver`), those of its own views included, which 1.0.0 takes for an application's.
pub fn keeps_options(client: &mut Client) -> bool {
    let options = "SELECT FROM pg_attribute WHERE attrelid < 16384 AND attoptions IS NOT NULL LIMIT 1";
    client.query_opt(options, &[]).expect("a catalog").is_some()
}

/// The server's major version.
pub fn major(client: &mut Client) -> i32 {
    client.query_one("SELECT current_setting('server_version_num')::int / 10000", &[]).unwrap().get(0)
}

/// The first column of a query's rows.
#[track_caller]
pub fn strings(client: &mut Client, query: &str) -> Vec<String> {
    client.query(query, &[]).unwrap_or_else(|e| panic!("{query}: {e:?}")).iter().map(|row| row.get(0)).collect()
}
