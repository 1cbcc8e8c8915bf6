//! The objects and rows of a database, as text that can be compared.

use postgres::Client;

/// What the catalogs say about the extension's objects, a line for each fact.
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

/// Whether this server sets options (`pg_attver`) for every column, even for those of its own views. Version 1.0.0 takes them for the
/// application's.
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
