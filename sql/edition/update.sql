-- Brings the tables of an older version into the form of this one. expected_todo() describes that form, by the patterns that the script
-- has made.
\i edition/target.sql
\i upgrade/complete.sql
DROP FUNCTION todo_internal.target();
