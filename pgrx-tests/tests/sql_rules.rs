//! The rules of both editions are the same, for every character.

use todo_tests::{Database, Edition, strings};

/// Tries texts with 64 consecutive characters in place of #. If such a text breaks a rule, each of its characters is tried alone.
const TRIED: &str = r"
    WITH character AS (
        SELECT c.code, c.code / 64 AS block, chr(c.code) AS text
        FROM generate_series(1, 1114111) AS c (code)
        WHERE c.code NOT BETWEEN 55296 AND 57343
    ), block AS (
        SELECT c.block, string_agg(c.text, '' ORDER BY c.code) AS text FROM character AS c GROUP BY c.block
    ), pattern (attribute, pattern) AS (
        VALUES
            ('users.name', 'a#b'), ('tasks.title', 'a#b'), ('tasks.description', '#'),
            ('users.email', 'a#b@example.com'), ('users.email', 'ab@ex#mple.com'), ('users.email', 'ab@example.co#')
    )
    SELECT format('%s %s %s: %s; %s', p.attribute, p.pattern, b.block, r.broken, (
        SELECT string_agg(concat(c.code, ' ', todo_internal.broken_rule(p.attribute, replace(p.pattern, '#', c.text))), ', ' ORDER BY c.code)
        FROM character AS c
        WHERE c.block = b.block AND r.broken IS NOT NULL
    ))
    FROM pattern AS p
    CROSS JOIN block AS b
    CROSS JOIN LATERAL (SELECT todo_internal.broken_rule(p.attribute, replace(p.pattern, '#', b.text)) AS broken) AS r
    WHERE r.broken IS NOT NULL
    ORDER BY p.attribute, p.pattern, b.block";

/// Whether each character by itself is visible, and whether it is trimmed, in the planes that have invisible ones.
const ALONE: &str = r"
    SELECT string_agg(concat(c.code, todo_internal.broken_rule('tasks.title', chr(c.code)), length(todo_internal.trimmed(chr(c.code) || 'a'))), ',' ORDER BY c.code)
    FROM generate_series(1, 1114111) AS c (code)
    WHERE c.code NOT BETWEEN 55296 AND 57343 AND (c.code < 131072 OR c.code BETWEEN 917504 AND 983039)
    GROUP BY c.code / 1024
    ORDER BY min(c.code)";

#[test]
fn every_character_is_judged_alike() {
    let answers = |edition: Edition| {
        let mut database = Database::empty();
        let client = &mut database.client;
        client.batch_execute(&edition.install(&database.name)).unwrap();
        // A block that catches errors cannot run in a parallel worker.
        client.batch_execute("SET max_parallel_workers_per_gather = 0").unwrap();
        [TRIED, ALONE].map(|query| strings(client, query))
    };
    let (extension, sql) = std::thread::scope(|scope| {
        let extension = scope.spawn(|| answers(Edition::Extension));
        (extension.join().unwrap(), answers(Edition::Sql))
    });
    for (extension, sql) in extension.into_iter().zip(sql) {
        assert!(extension.len() > 100, "{}", extension.len());
        assert_eq!(extension.len(), sql.len());
        for (extension, sql) in extension.iter().zip(&sql) {
            assert_eq!(extension, sql);
        }
    }
}
