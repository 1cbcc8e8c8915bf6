-- Returns a definition that described() printed with the name of a schema instead of @, so that it can run. A CHECK names no relation.
CREATE FUNCTION todo_internal.located(
    definition text,
    home regnamespace
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE
        WHEN definition LIKE 'CHECK %' THEN definition
        ELSE replace(replace(definition, ' @.', ' ' || home::text || '.'), '(''@.', '(''' || home::text || '.')
    END;
END;

COMMENT ON FUNCTION todo_internal.located(text, regnamespace) IS
    'Returns a definition that described() printed with the name of a schema';

REVOKE ALL ON FUNCTION todo_internal.located(text, regnamespace) FROM PUBLIC;
