CREATE EXTENSION IF NOT EXISTS plproxy SCHEMA todo_router;

-- The roles that may use the router now. They keep this right.
CREATE TEMPORARY TABLE todo_roles ON COMMIT DROP AS
    SELECT DISTINCT pg_get_userbyid(a.grantee)::text AS role
    FROM pg_proc AS p
    CROSS JOIN LATERAL aclexplode(p.proacl) AS a
    WHERE p.proname = 'todo_current_user_id'
      AND p.pronamespace = '@extschema@'::regnamespace
      AND a.grantee NOT IN (0, p.proowner);

-- The functions of the router that it passes on, without its own helpers.
CREATE TEMPORARY TABLE todo_functions (name name, arguments text, result text) ON COMMIT DROP;
