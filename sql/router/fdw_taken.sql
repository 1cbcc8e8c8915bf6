-- If the router is created again, its sequence goes on after the ids that are taken. It keeps its steps, in case two routers share the ids.
SELECT setval(
    '@extschema@.tasks_id_seq',
    s.last_value + (@taken@ - s.last_value + q.seqincrement - 1) / q.seqincrement * q.seqincrement
)
FROM @extschema@.tasks_id_seq AS s
JOIN pg_sequence AS q ON q.seqrelid = '@extschema@.tasks_id_seq'::regclass
WHERE s.last_value <= @taken@;
