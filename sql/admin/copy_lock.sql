-- Whether this session is the only one that copies this database now. The first number is "todo" in ASCII.
SELECT pg_catalog.pg_try_advisory_lock(1953457263, 1)
