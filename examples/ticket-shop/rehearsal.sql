-- What a rehearsal finds in the database of orders. Nothing of it is real.
CREATE TABLE heartbeat (id integer PRIMARY KEY, seen_at timestamptz NOT NULL);
CREATE TABLE orders (
  id integer PRIMARY KEY,
  ordered_at timestamptz NOT NULL,
  total_cents integer NOT NULL
);
INSERT INTO orders
SELECT n, timestamptz '2026-03-10T16:00:00Z' - n * interval '7 minutes', 1000 + n * 250
FROM generate_series(1, 200) n;
