-- Waits until no other transaction has uncommitted changes in this database, and keeps others from changing tables. Users come before
-- tasks, as in a deletion. If another order leads to a deadlock, this transaction should be the one that fails. Others wait behind it
-- while it waits, so it waits only for a second. A setting of the session takes precedence.
SET LOCAL deadlock_timeout = '50ms';
-- If todo-admin hangs, or its connection is lost, this transaction ends, and writes go on.
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
    other pg_catalog.int4;
    until pg_catalog.timestamptz;
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
    -- What has no lock on these tables, and changes that are not committed: DDL, large objects.
    until := pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) pg_catalog.current_setting('lock_timeout')::pg_catalog.interval;
    LOOP
        PERFORM pg_catalog.pg_stat_clear_snapshot();
        SELECT a.pid
        INTO other
        FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
          AND a.backend_xid IS NOT NULL
          AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
          AND a.backend_type OPERATOR(pg_catalog.<>) 'autovacuum worker';
        EXIT WHEN NOT FOUND;
        IF pg_catalog.clock_timestamp() OPERATOR(pg_catalog.>) until THEN
            RAISE EXCEPTION USING
                ERRCODE = 'lock_not_available',
                MESSAGE = pg_catalog.format('process %s has changes that are not committed', other);
        END IF;
        PERFORM pg_catalog.pg_sleep(0.005);
    END LOOP;
END
$$
