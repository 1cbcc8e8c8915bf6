-- These enforce the rules of src/rules.rs where triggers do not run.
ALTER TABLE @extschema@.tasks
    ADD CONSTRAINT tasks_title_check CHECK (pg_catalog.btrim(title) OPERATOR(pg_catalog.<>) ''),
    ADD CONSTRAINT tasks_description_check CHECK (pg_catalog.char_length(description) OPERATOR(pg_catalog.<=) 1000);
