-- What the core database holds in a rehearsal: made-up rows in the shape of Waqiti's own tables, always the same ones.

CREATE TABLE users (
  id integer PRIMARY KEY,
  email text NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('active', 'locked')),
  created_at timestamptz NOT NULL
);

CREATE TABLE wallets (
  id integer PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id),
  currency text NOT NULL,
  balance numeric(14, 2) NOT NULL CHECK (balance >= 0)
);

CREATE TABLE payments (
  id integer PRIMARY KEY,
  from_wallet integer NOT NULL REFERENCES wallets (id),
  to_wallet integer NOT NULL REFERENCES wallets (id),
  amount numeric(12, 2) NOT NULL CHECK (amount > 0),
  status text NOT NULL CHECK (status IN ('settled', 'pending')),
  created_at timestamptz NOT NULL
);

-- Two for each settled payment: what leaves one wallet enters another.
CREATE TABLE ledger_entries (
  id integer PRIMARY KEY,
  payment_id integer NOT NULL REFERENCES payments (id),
  wallet_id integer NOT NULL REFERENCES wallets (id),
  direction text NOT NULL CHECK (direction IN ('debit', 'credit')),
  amount numeric(12, 2) NOT NULL CHECK (amount > 0),
  booked_at timestamptz NOT NULL
);

-- One row, written by every write probe.
CREATE TABLE health_check (
  id integer PRIMARY KEY,
  seen_at timestamptz NOT NULL,
  status text NOT NULL
);

INSERT INTO users (id, email, status, created_at)
SELECT
  n,
  'user' || n || '@people.example',
  CASE WHEN n % 50 = 0 THEN 'locked' ELSE 'active' END,
  timestamptz '2024-05-01 00:00:00Z' + n * interval '3 days 7 hours'
FROM generate_series(1, 150) AS n;

INSERT INTO wallets (id, user_id, currency, balance)
SELECT n, n, 'USD', 200 + (n * 6151) % 9000
FROM generate_series(1, 150) AS n;

-- The newest one is a minute older than the outage of the rehearsal, 2026-03-11T18:07:00Z.
INSERT INTO payments (id, from_wallet, to_wallet, amount, status, created_at)
SELECT
  n,
  1 + (n * 31) % 150,
  1 + (n * 31 + 17) % 150,
  5 + (n * 7877) % 495,
  CASE WHEN n > 796 THEN 'pending' ELSE 'settled' END,
  timestamptz '2026-03-11 18:06:00Z' - (800 - n) * interval '11 minutes'
FROM generate_series(1, 800) AS n;

INSERT INTO ledger_entries (id, payment_id, wallet_id, direction, amount, booked_at)
SELECT 2 * id - 1, id, from_wallet, 'debit', amount, created_at FROM payments WHERE status = 'settled'
UNION ALL
SELECT 2 * id, id, to_wallet, 'credit', amount, created_at FROM payments WHERE status = 'settled';

INSERT INTO health_check (id, seen_at, status) VALUES (1, '2026-03-11 18:06:00Z', 'write_test');
