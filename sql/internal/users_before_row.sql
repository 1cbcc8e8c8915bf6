CREATE FUNCTION todo_internal.users_before_row()
RETURNS trigger
LANGUAGE c
AS 'MODULE_PATHNAME', 'todo_users_before_row';

COMMENT ON FUNCTION todo_internal.users_before_row() IS
    'Normalizes a new row of users and refuses one that breaks a rule';

REVOKE ALL ON FUNCTION todo_internal.users_before_row() FROM PUBLIC;
