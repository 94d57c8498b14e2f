-- What the analytics database holds in a rehearsal: made-up rows, always the same ones.

CREATE TABLE daily_volumes (
  day date PRIMARY KEY,
  payments integer NOT NULL CHECK (payments >= 0),
  volume numeric(14, 2) NOT NULL CHECK (volume >= 0)
);

CREATE TABLE social_interactions (
  id integer PRIMARY KEY,
  user_id integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('like', 'comment', 'share')),
  created_at timestamptz NOT NULL
);

CREATE TABLE family_accounts (
  id integer PRIMARY KEY,
  parent_user integer NOT NULL,
  child_user integer NOT NULL,
  monthly_limit numeric(10, 2) NOT NULL
);

CREATE TABLE health_check (
  id integer PRIMARY KEY,
  seen_at timestamptz NOT NULL,
  status text NOT NULL
);

INSERT INTO daily_volumes (day, payments, volume)
SELECT date '2026-03-11' - n, 120 + (n * 37) % 60, 21000 + (n * 977) % 9000
FROM generate_series(0, 89) AS n;

INSERT INTO social_interactions (id, user_id, kind, created_at)
SELECT
  n,
  1 + (n * 13) % 150,
  (ARRAY['like', 'comment', 'share'])[1 + n % 3],
  timestamptz '2026-03-11 18:05:00Z' - (400 - n) * interval '9 minutes'
FROM generate_series(1, 400) AS n;

INSERT INTO family_accounts (id, parent_user, child_user, monthly_limit)
SELECT n, n, 100 + n, 50 + n
FROM generate_series(1, 40) AS n;

INSERT INTO health_check (id, seen_at, status) VALUES (1, '2026-03-11 18:06:00Z', 'write_test');
