-- Lets only one transaction at a time write any number of this user's tasks, so that two such calls do not deadlock.
PERFORM pg_catalog.pg_advisory_xact_lock(1953457263, pg_catalog.hashtext($1) OPERATOR(pg_catalog.&) 1023);
