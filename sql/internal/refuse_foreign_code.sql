-- Refuses to go on where a trigger of others could run with the rights of the owner of one of the extensions' tables, when a row
-- is written or, by a foreign key, deleted. Locks the table for writing. For functions with that owner's rights.
-- Errors: 55000.
CREATE FUNCTION todo_internal.refuse_foreign_code(
    written regclass
)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_refuse_foreign_code';

COMMENT ON FUNCTION todo_internal.refuse_foreign_code(regclass) IS
    'Refuses to go on where a trigger of others could run with the rights of a table''s owner';

REVOKE ALL ON FUNCTION todo_internal.refuse_foreign_code(regclass) FROM PUBLIC;
