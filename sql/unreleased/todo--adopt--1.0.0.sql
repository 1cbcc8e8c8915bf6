-- From adopt to 1.0.0: adopted tables become as that version makes them, by the script that knows what 0.2.0's may have become.
\i upgrade/begin.sql
DROP EVENT TRIGGER todo_guard;
DROP SCHEMA todo_internal CASCADE;
\i unreleased/todo--0.2.0--1.0.0.sql
