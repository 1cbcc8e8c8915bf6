-- What the example needs in its database. To be run by a superuser.
CREATE EXTENSION todo;
CREATE EXTENSION todo_auth;

-- This role reads and writes tasks. It sees the rows of the current user alone.
CREATE ROLE example_web LOGIN;
SELECT todo_grant('example_web', 'isolated');
-- Requests share few connections, so none may wait for long.
ALTER ROLE example_web SET lock_timeout = '5s';
ALTER ROLE example_web SET statement_timeout = '10s';

-- Better Auth needs another one: who signs in is not known before.
CREATE ROLE example_auth LOGIN;
SELECT todo_auth.grant('example_auth');
ALTER ROLE example_auth SET search_path = todo_auth, public;
