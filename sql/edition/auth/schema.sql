CREATE SCHEMA todo_auth;
INSERT INTO todo_internal.installed (name, version) VALUES ('todo_auth', '@version@')
ON CONFLICT ON CONSTRAINT installed_pkey DO UPDATE SET version = EXCLUDED.version;
