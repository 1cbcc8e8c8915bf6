-- Fails if a trigger of someone else could run with the rights of the owner of an extension's table when a row is written, or is deleted
-- by a foreign key. Locks the table for writing. Functions that run with that owner's rights call it.
-- Errors: 55000.
CREATE FUNCTION todo_internal.refuse_foreign_code(
    written regclass
)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'todo_refuse_foreign_code';

COMMENT ON FUNCTION todo_internal.refuse_foreign_code(regclass) IS
    'Fails if a trigger of someone else could run with the rights of a table''s owner';

REVOKE ALL ON FUNCTION todo_internal.refuse_foreign_code(regclass) FROM PUBLIC;
