-- From adopt to 1.0.0. The script for 0.2.0 does this as well, because it has to accept tables that have been changed.
\i upgrade/begin.sql
DROP EVENT TRIGGER todo_guard;
DROP SCHEMA todo_internal CASCADE;
\i unreleased/todo--0.2.0--1.0.0.sql
