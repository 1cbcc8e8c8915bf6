-- Run this file after you have restored the archive of the same name. It restores what pg_dump leaves out because the tables
-- belong to an extension, such as policies, indexes and triggers. "todo-admin restore --with-extras" runs it; so does
--     psql -X -v ON_ERROR_STOP=1 --single-transaction -f FILE
-- It runs with all your rights: trust it as much as the archive.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_min_messages = error;
