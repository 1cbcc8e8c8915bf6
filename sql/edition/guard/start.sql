-- Refuses what is too late to refuse at the end of a command: DROP INDEX CONCURRENTLY has committed by then, and the other commands may
-- have dropped the guard as well. PostgreSQL does not tell what a command is about before it runs, so this reads the client's statement.
CREATE FUNCTION todo_guard.start()
RETURNS event_trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on
AS $$
DECLARE
    -- Without comments.
    query CONSTANT text := regexp_replace(current_query(), '/[*]([^*]|[*]+[^*/])*[*]+/|--[^\n\r]*', ' ', 'g');
    identifier CONSTANT text := '(?:"(?:[^"]|"")+"|(?![\d$])[\w$]+)';
    named text;
    rest text;
    problem text;
BEGIN
    IF TG_TAG = 'DROP INDEX' THEN
        named := (regexp_match(query, replace('\mdrop\s+index\s+concurrently\s+(if\s+exists\s+)?(#(\s*[.]\s*#)*)\s*(restrict)?[\s;]*$', '#', identifier), 'i'))[2];
        IF named IS NOT NULL THEN
            SELECT format('index %s, which todo needs', k.name) INTO problem
            FROM todo_guard.known() AS k
            JOIN pg_class AS c ON c.oid = k.object
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            CROSS JOIN LATERAL parse_ident(named) AS i (parts)
            WHERE k.kind = 'index' AND k.name = i.parts[cardinality(i.parts)] AND (cardinality(i.parts) = 1 OR n.nspname = i.parts[1]);
        ELSIF query ~* '\mconcurrently\M' THEN
            problem := 'an index CONCURRENTLY by a statement that the guard does not understand';
        END IF;
    ELSIF TG_TAG = 'DROP EXTENSION' THEN
        IF query ~* replace('\mdrop\s+extension\s+(if\s+exists\s+)?(#\s*,\s*)*"?plpgsql\M', '#', identifier) THEN
            problem := 'extension plpgsql, which todo needs';
        END IF;
    ELSE
        -- DROP OWNED drops this guard together with todo if both have the same owner. It is allowed if it plainly names other roles.
        rest := regexp_replace(query, replace('\mowned\s+by\s+#(\s*,\s*#)*', '#', identifier), '', 'gi');
        IF rest = query OR rest ~* '\mowned\M|&' OR EXISTS (
            SELECT
            FROM regexp_matches(query, replace('\mowned\s+by\s+(#(\s*,\s*#)*)', '#', identifier), 'gi') AS m (roles)
            CROSS JOIN LATERAL regexp_matches(m.roles[1], identifier, 'g') AS r (role)
            WHERE (parse_ident(r.role[1]))[1] IN (current_user, 'current_user', 'current_role', 'session_user')
        ) THEN
            SELECT format('the objects of role %s, which todo needs', current_user) INTO problem
            FROM pg_namespace AS n
            WHERE n.nspname = 'todo_internal' AND pg_get_userbyid(n.nspowner) = current_user;
        END IF;
    END IF;
    IF problem IS NOT NULL AND NOT todo_guard.lifted() THEN
        RAISE EXCEPTION 'cannot drop %', problem
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = format('A superuser or a member of role %s can lift the guard for the session: SET todo.guard = off.', current_user);
    END IF;
END
$$;
