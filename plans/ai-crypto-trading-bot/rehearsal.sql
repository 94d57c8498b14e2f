-- What the database holds in a rehearsal: made-up rows in the shape of the trading bot's own tables, always the same
-- ones. It runs on an embedded Postgres before the first query of the rehearsal.

CREATE TABLE users (
  id integer PRIMARY KEY,
  email text NOT NULL UNIQUE,
  account_balance numeric(16, 2) NOT NULL,
  password_reset_required boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);

CREATE TABLE positions (
  id integer PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id),
  symbol text NOT NULL,
  quantity numeric(18, 8) NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'closed')),
  opened_at timestamptz NOT NULL
);

-- A buy has a positive quantity, a sale a negative one.
CREATE TABLE trade_executions (
  id integer PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id),
  symbol text NOT NULL,
  quantity numeric(18, 8) NOT NULL CHECK (quantity <> 0),
  price numeric(16, 2) NOT NULL CHECK (price > 0),
  executed_at timestamptz NOT NULL
);
CREATE INDEX trade_executions_by_user ON trade_executions (user_id, executed_at);

CREATE TABLE audit_logs (
  id integer PRIMARY KEY,
  actor text NOT NULL,
  action text NOT NULL,
  created_at timestamptz NOT NULL
);

-- One row, written by every write probe.
CREATE TABLE lifeboat_heartbeat (
  id integer PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

INSERT INTO users (id, email, account_balance, created_at)
SELECT
  n,
  'trader-' || n || '@example.com',
  0,
  timestamptz '2025-01-15 00:00:00Z' + n * interval '2 days 7 hours'
FROM generate_series(1, 180) AS n;

INSERT INTO positions (id, user_id, symbol, quantity, status, opened_at)
SELECT
  n,
  1 + (n * 37) % 180,
  CASE n % 3 WHEN 0 THEN 'BTCUSDT' WHEN 1 THEN 'ETHUSDT' ELSE 'SOLUSDT' END,
  round(0.05 + (n % 40) * 0.0125, 8),
  CASE WHEN n > 90 THEN 'open' ELSE 'closed' END,
  timestamptz '2026-03-10 15:00:00Z' - (120 - n) * interval '3 hours'
FROM generate_series(1, 120) AS n;

-- The newest one is some seconds older than the outage of the rehearsal, 2026-03-10T16:42:00Z: the bot trades all the
-- time.
INSERT INTO trade_executions (id, user_id, symbol, quantity, price, executed_at)
SELECT
  n,
  1 + (n * 53) % 180,
  CASE n % 3 WHEN 0 THEN 'BTCUSDT' WHEN 1 THEN 'ETHUSDT' ELSE 'SOLUSDT' END,
  CASE WHEN n % 4 = 0 THEN -0.5 ELSE 0.5 END,
  100 + (n * 7919) % 2900,
  timestamptz '2026-03-10 16:41:20Z' - (2400 - n) * interval '75 seconds'
FROM generate_series(1, 2400) AS n;

-- What an account holds is what its trades add up to.
UPDATE users u
SET account_balance = coalesce(
  (SELECT round(sum(t.quantity * t.price), 2) FROM trade_executions t WHERE t.user_id = u.id), 0
);

INSERT INTO audit_logs (id, actor, action, created_at)
SELECT
  n,
  CASE n % 5 WHEN 0 THEN 'admin' ELSE 'trader-' || (1 + n % 180) END,
  CASE n % 3 WHEN 0 THEN 'sign-in' WHEN 1 THEN 'settings-changed' ELSE 'api-key-read' END,
  timestamptz '2026-03-10 16:40:00Z' - (300 - n) * interval '11 minutes'
FROM generate_series(1, 300) AS n;

INSERT INTO lifeboat_heartbeat (id, seen_at) VALUES (1, '2026-03-10 16:41:00Z');
