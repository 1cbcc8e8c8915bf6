-- The last step of every script that makes these objects.
SELECT todo_internal.own('todo');
SELECT todo_internal.grant_to_owner('todo');

-- Where adopted tables have kept their owner, that role's rights on users are behind the view.
DO $$
BEGIN
    EXECUTE (
        SELECT pg_catalog.format(
            'ALTER VIEW %s OWNER TO %s', '@extschema@.todo_users'::pg_catalog.regclass, c.relowner::pg_catalog.regrole
        )
        FROM pg_catalog.pg_class AS c
        WHERE c.oid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass
    );
    REVOKE ALL ON TABLE @extschema@.todo_users FROM PUBLIC;
END
$$;
