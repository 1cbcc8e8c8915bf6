-- Sets the time before which claims are old: $1 minutes ago.
INSERT INTO pg_temp.todo_cutoff (cutoff)
SELECT pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(mins => $1::pg_catalog.int4)
