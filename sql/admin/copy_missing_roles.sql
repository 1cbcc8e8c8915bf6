-- Which of the roles $1 this server does not have.
SELECT n.name
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS n (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) n.name::pg_catalog.name)
