              WHEN g.privileges && ARRAY['TRIGGER', 'TRUNCATE'] THEN true
