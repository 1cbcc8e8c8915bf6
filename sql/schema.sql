-- What follows is made anew by every version; the Makefile puts it into the upgrade script as well, as objects.sql.
-- This schema is for helper objects that are no part of the API: tools look for changes in the application's schema.
CREATE SCHEMA todo_internal;
