-- Returns a definition of described() with the name of the schema in place of @, so that it can run. A CHECK stays as it is, because it
-- names no relation.
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
    'Returns a definition of described(), with the name of the schema in place of @';

REVOKE ALL ON FUNCTION todo_internal.located(text, regnamespace) FROM PUBLIC;
