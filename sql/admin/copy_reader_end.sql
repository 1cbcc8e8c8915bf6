-- Ends the session with the PID $1, if there is one. It may have ended by itself meanwhile, which is not worth the server's warning.
SELECT pg_catalog.pg_terminate_backend($1) FROM pg_catalog.set_config('client_min_messages', 'error', TRUE)
