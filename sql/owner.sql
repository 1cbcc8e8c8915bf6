-- The role that owns the extension's tables, view and functions. It can do nothing else, so functions with its rights reach
-- only these objects. Like every role it belongs to the cluster: all databases share it, and it stays when the extension is dropped.
DO $$
DECLARE
    owner record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) 'todo_owner') THEN
        BEGIN
            CREATE ROLE todo_owner NOLOGIN;
        EXCEPTION
            -- Another database's installation made it at the same time.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;

    SELECT r.* INTO STRICT owner FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) 'todo_owner';
    IF owner.rolcanlogin OR owner.rolsuper OR owner.rolcreaterole OR owner.rolcreatedb OR owner.rolreplication OR owner.rolbypassrls
        OR EXISTS (
            SELECT
            FROM pg_catalog.pg_auth_members AS m
            JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) m.member
            WHERE m.member OPERATOR(pg_catalog.=) owner.oid
               OR (m.roleid OPERATOR(pg_catalog.=) owner.oid AND NOT r.rolsuper)
        )
    THEN
        RAISE EXCEPTION 'role todo_owner is not fit to own the tables of extension todo'
            USING ERRCODE = 'insufficient_privilege',
                DETAIL = 'It must have no attribute such as LOGIN or CREATEROLE, be a member of no role, and have only superusers as members.',
                HINT = 'Rename the role, or remove these attributes and memberships. CREATE EXTENSION creates the role if it does not exist.';
    END IF;
END
$$;
