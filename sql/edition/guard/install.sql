-- The objects of the guard, in their order. Nothing here may run or read what belongs to the owner of todo: the guard runs for everyone who
-- runs DDL, and its owner may be a superuser.
\i edition/guard/schema.sql
\i internal/described.sql
\i edition/guard/facts.sql
\i edition/guard/known.sql
\i edition/guard/keep.sql
\i edition/guard/remember.sql
\i edition/guard/lifted.sql
\i edition/guard/start.sql
\i edition/guard/judge.sql
SELECT todo_guard.remember();
\i edition/guard/triggers.sql
