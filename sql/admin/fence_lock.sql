-- Waits until no transaction has changes of these tables that are not committed, and lets none begin. Users come before tasks, as in a deletion.
-- Where another order leads to a deadlock, this transaction shall be the one that ends. Others wait behind it while it waits, so that it waits for
-- a second only; the session's own setting takes precedence.
SET LOCAL deadlock_timeout = '50ms';
-- If todo-admin stands still, or cannot be reached, writes go on.
SET LOCAL idle_in_transaction_session_timeout = '60s';
SET LOCAL client_connection_check_interval = '5s';
SET LOCAL tcp_keepalives_idle = 10;
SET LOCAL tcp_keepalives_interval = 5;
SET LOCAL tcp_keepalives_count = 3;
SELECT pg_catalog.set_config(
    'lock_timeout',
    CASE WHEN pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0' THEN '1s' ELSE pg_catalog.current_setting('lock_timeout') END,
    true
);
DO $$
DECLARE
    tables pg_catalog.text;
BEGIN
    SELECT pg_catalog.string_agg(
        pg_catalog.format('%I.%I', n.nspname, c.relname), ', '
        ORDER BY c.relname OPERATOR(pg_catalog.<>) 'users', c.relname OPERATOR(pg_catalog.<>) 'tasks', n.nspname, c.relname
    )
    INTO tables
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p']::pg_catalog."char"[])
      AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
      AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid;
    EXECUTE pg_catalog.concat('LOCK TABLE ', tables, ' IN SHARE ROW EXCLUSIVE MODE');
END
$$
