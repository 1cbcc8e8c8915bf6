-- The roles that row-level security binds to the rows of the current user. These rows are data, so that dumps include them: as soon as they
-- are back, keep_isolation() makes the policies again, which belong to tables of an extension and are in no dump. The table has no key: a
-- restore may find a row that complete_isolation() has added, and must not fail.
CREATE TABLE todo_internal.isolated_roles (
    role name NOT NULL
);

-- So that a publication of all tables does not keep rows from being deleted.
ALTER TABLE todo_internal.isolated_roles REPLICA IDENTITY FULL;

REVOKE ALL ON TABLE todo_internal.isolated_roles FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_internal.isolated_roles', '');
