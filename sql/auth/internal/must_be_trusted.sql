-- Refuses to go on where a role that is no superuser could have its own code run by a superuser: as the owner of a table of this
-- extension, or with a trigger there. For functions with the owner's rights that write the table.
-- Errors: 42501.
CREATE FUNCTION todo_auth.must_be_trusted(
    written regclass
)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_roles AS r
        WHERE NOT r.rolsuper
          AND r.rolname <> current_user
          AND r.oid IN (
              SELECT c.relowner FROM pg_class AS c WHERE c.oid = written
              UNION ALL
              SELECT p.proowner
              FROM pg_trigger AS t
              JOIN pg_proc AS p ON p.oid = t.tgfoid
              WHERE t.tgrelid = written AND NOT t.tgisinternal
          )
    ) THEN
        RAISE EXCEPTION 'a role that is no superuser owns table %, or a function that is its trigger', written
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

COMMENT ON FUNCTION todo_auth.must_be_trusted(regclass) IS
    'Refuses to go on where others could have their code run by a superuser';

REVOKE ALL ON FUNCTION todo_auth.must_be_trusted(regclass) FROM PUBLIC;
