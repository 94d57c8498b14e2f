-- What a rehearsal finds in the database. Nothing of it is real.
CREATE TABLE beat (id int PRIMARY KEY, at timestamptz);
CREATE TABLE readings (id int PRIMARY KEY, level numeric);
INSERT INTO readings SELECT n, n * 0.1 FROM generate_series(1, 50) n;
