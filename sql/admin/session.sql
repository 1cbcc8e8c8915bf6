-- What the server knows about this session: the port on which the server listens, whether the session uses a Unix socket, and the
-- session's time zone and encoding.
SELECT
    pg_catalog.current_setting('port') AS port,
    pg_catalog.inet_server_addr() IS NULL AS is_by_socket,
    pg_catalog.current_setting('TimeZone') AS time_zone,
    pg_catalog.current_setting('client_encoding') AS client_encoding
