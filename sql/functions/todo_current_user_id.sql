-- Returns the id of the current user: the setting todo.user_id, or else sub of the claims that PostgREST sets in request.jwt.claims.
-- Returns NULL where neither is set, or both are empty. Functions with an argument user_id take this one if they can do without. A role
-- with todo_grant(role, 'isolated') sees and changes the rows of this user only.
-- Errors: 22P02 todo.user_id is not set, and request.jwt.claims is not JSON.
CREATE FUNCTION @extschema@.todo_current_user_id()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'todo_current_user_id';

COMMENT ON FUNCTION @extschema@.todo_current_user_id() IS
    'Returns the id of the current user: todo.user_id, or else sub of request.jwt.claims';

REVOKE ALL ON FUNCTION @extschema@.todo_current_user_id() FROM PUBLIC;
