CREATE SCHEMA todo_guard;
-- todo_check() reads the version here.
COMMENT ON SCHEMA todo_guard IS 'todo_guard @version@';

-- What the objects of todo were like after the last command that touched them. object is a schema, relation or function.
CREATE TABLE todo_guard.fact (
    object   oid  NOT NULL,
    kind     text NOT NULL,
    name     text NOT NULL,
    -- What the fact should be. A command may always restore it.
    expected text NOT NULL,
    -- What it is, or NULL if the part is missing.
    found    text,
    CONSTRAINT fact_pkey PRIMARY KEY (object, kind, name)
);

-- Where the facts were collected. In another database, or after pg_upgrade, the objects have other OIDs.
CREATE TABLE todo_guard.origin (
    server  text NOT NULL,
    -- The schema of users and tasks.
    home    oid,
    -- All that the facts are about.
    objects oid[]
);
