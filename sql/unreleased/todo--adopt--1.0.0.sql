-- From adopt to 1.0.0: the script for tables of 0.2.0, which may have changed as well, accepts adopted tables too.
\i upgrade/begin.sql
DROP EVENT TRIGGER todo_guard;
DROP SCHEMA todo_internal CASCADE;
\i unreleased/todo--0.2.0--1.0.0.sql
