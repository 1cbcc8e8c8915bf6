-- For work that must see all rows and may take a long time. A policy that would hide rows raises an error, and no timeout applies.
SET LOCAL row_security = off;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL statement_timeout = 0
