BEGIN;
SET LOCAL session_replication_role = local;
CREATE TABLE other (id integer, name text);
ALTER TABLE other ADD COLUMN note text;
CREATE INDEX other_name ON other (name);
DROP INDEX other_name;
DROP TABLE other;
COMMIT;
