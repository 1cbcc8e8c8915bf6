-- For a transaction that changes what names mean, and compares definitions. PostgreSQL prints them with every schema. A
-- lock that takes longer fails, rather than making everyone wait behind it; the session's own setting takes precedence.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
    pg_catalog.set_config('lock_timeout', CASE pg_catalog.current_setting('lock_timeout') WHEN '0' THEN '10s' ELSE pg_catalog.current_setting('lock_timeout') END, true)
