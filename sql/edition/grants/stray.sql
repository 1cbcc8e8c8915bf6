              WHEN g.privileges && ARRAY['TRIGGER', 'TRUNCATE', 'REFERENCES'] THEN true
