-- For a transaction that compares rows as text: a value always looks the same.
SET LOCAL DateStyle = ISO;
SET LOCAL TimeZone = 'UTC';
SET LOCAL IntervalStyle = postgres;
SET LOCAL bytea_output = hex;
SET LOCAL extra_float_digits = 1;
SET LOCAL lc_monetary = 'C';
SET LOCAL search_path = pg_catalog
