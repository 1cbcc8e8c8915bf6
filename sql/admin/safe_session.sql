-- Makes PostgreSQL look up its own operators, functions and types first, whatever search_path the database or the role has set. The
-- driver of this program names some of them without a schema. Literals and definitions are as they are by default, and no session ends
-- while it waits for a program. What is committed stays, even after a crash. A database that has moved lets this program do what is left
-- to do there.
SELECT pg_catalog.set_config('standard_conforming_strings', 'on', false), pg_catalog.set_config('quote_all_identifiers', 'off', false),
    pg_catalog.set_config('idle_session_timeout', '0', false), pg_catalog.set_config('todo_admin.works', 'on', false),
    pg_catalog.set_config(
        'synchronous_commit',
        CASE WHEN pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off' THEN 'on' ELSE pg_catalog.current_setting('synchronous_commit') END,
        false
    ),
    pg_catalog.set_config(
    'search_path',
    COALESCE(
        (
            SELECT pg_catalog.string_agg(pg_catalog.quote_ident(s.name), ', ' ORDER BY s.place)
            FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS s (name, place)
            WHERE s.name OPERATOR(pg_catalog.<>) 'pg_catalog'
        ),
        ''
    ),
    false
)
