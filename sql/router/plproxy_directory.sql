
-- The directory, in which each address has one user. Each of these calls commits by itself.
CREATE OR REPLACE FUNCTION todo_router.claim(address text, user_id text)
RETURNS text
LANGUAGE plproxy VOLATILE
AS $proxy$
    CLUSTER 'todo_directory';
    RUN ON 0;
    SELECT "todo_directory"."claim"($1, $2)::"text" AS "result";
$proxy$;

CREATE OR REPLACE FUNCTION todo_router.find(address text)
RETURNS text
LANGUAGE plproxy VOLATILE
AS $proxy$
    CLUSTER 'todo_directory';
    RUN ON 0;
    SELECT "todo_directory"."find"($1) AS "result";
$proxy$;

CREATE OR REPLACE FUNCTION todo_router.release(address text, user_id text)
RETURNS boolean
LANGUAGE plproxy VOLATILE
AS $proxy$
    CLUSTER 'todo_directory';
    RUN ON 0;
    SELECT "todo_directory"."release"($1, $2) AS "result";
$proxy$;

CREATE OR REPLACE FUNCTION todo_router.addresses(user_id text)
RETURNS SETOF text
LANGUAGE plproxy VOLATILE
AS $proxy$
    CLUSTER 'todo_directory';
    RUN ON 0;
    SELECT "result" FROM "todo_directory"."addresses"($1) AS "result";
$proxy$;

-- Releases addresses that a change has left without use. The change stands, so a failure is no more than a warning.
CREATE OR REPLACE FUNCTION todo_router.release_all(addresses text[], user_id text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text;
BEGIN
    FOREACH address IN ARRAY addresses LOOP
        PERFORM todo_router.release(address, user_id);
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'an address that user % has no more stays taken: %', user_id, SQLERRM;
END
$$;

-- Releases an address that was claimed for a change that has failed, unless the user has it. If the connection was lost, the change may
-- have been made, and the address stays taken.
CREATE OR REPLACE FUNCTION todo_router.release_unused(address text, user_id text, code text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF left(code, 2) IN ('08', '57', '58', 'XX') THEN
        RETURN;
    END IF;
    IF NOT EXISTS (
        SELECT
        FROM @extschema@.todo_get_user(user_id) AS u
        WHERE lower(u.email COLLATE "C") = lower(address COLLATE "C")
    ) THEN
        PERFORM todo_router.release(address, user_id);
    END IF;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'an address that user % does not have stays taken: %', user_id, SQLERRM;
END
$$;

