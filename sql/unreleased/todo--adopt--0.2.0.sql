-- From adopt to 0.2.0: adopted tables become as that version makes them. Every row stays as it is.
\i unreleased/begin.sql

DROP EVENT TRIGGER todo_guard;
DROP EVENT TRIGGER todo_guard_end;
DROP FUNCTION todo_internal.guard();
DROP FUNCTION todo_internal.state(boolean);
DROP SCHEMA todo_internal;

\i unreleased/shape.sql
\i unreleased/trusted.sql
\i unreleased/normalise.sql
