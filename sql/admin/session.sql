-- What the server knows of this session: the port on which it listens, and whether the session came by a socket; the session's
-- time zone and encoding.
SELECT
    pg_catalog.current_setting('port') AS port,
    pg_catalog.inet_server_addr() IS NULL AS is_by_socket,
    pg_catalog.current_setting('TimeZone') AS time_zone,
    pg_catalog.current_setting('client_encoding') AS client_encoding
