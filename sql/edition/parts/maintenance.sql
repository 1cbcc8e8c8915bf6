-- PostgreSQL maintains someone's index or materialized view with functions of that role, who may be bound, but only the role of the session is
-- known. This fails then (42501), and otherwise does nothing.
IF (SELECT u.relrowsecurity FROM pg_class AS u WHERE u.oid = '@extschema@.users'::regclass) THEN
    UNLISTEN todo_isolation;
END IF;
