-- All rows, or an error: policies must not hide some. And nobody's limits on other sessions end long work half-way.
SET LOCAL row_security = off;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL statement_timeout = 0
