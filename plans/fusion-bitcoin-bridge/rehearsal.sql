-- What the bridge's database holds in a rehearsal: made-up rows in the shape of its own tables, always the same ones. It
-- runs on an embedded Postgres before the first query of the rehearsal.

CREATE TABLE accounts (
  id integer PRIMARY KEY,
  address text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL
);

CREATE TABLE swaps (
  id integer PRIMARY KEY,
  account_id integer NOT NULL REFERENCES accounts (id),
  from_asset text NOT NULL CHECK (from_asset IN ('BTC', 'ETH')),
  to_asset text NOT NULL CHECK (to_asset IN ('BTC', 'ETH')),
  amount_sat bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('locked', 'claimed', 'refunded')),
  secret_hash text NOT NULL,
  created_at timestamptz NOT NULL
);

-- Every satoshi that is locked, claimed or refunded, twice: once on each side of the bridge.
CREATE TABLE ledger_entries (
  id integer PRIMARY KEY,
  swap_id integer NOT NULL REFERENCES swaps (id),
  side text NOT NULL CHECK (side IN ('debit', 'credit')),
  amount_sat bigint NOT NULL
);

-- One row, written by every write probe.
CREATE TABLE lifeboat_heartbeat (
  id integer PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

INSERT INTO accounts (id, address, created_at)
SELECT n, 'bc1q' || lpad(to_hex(n * 48271), 12, '0'), timestamptz '2025-05-01 00:00:00Z' + n * interval '1 day 7 hours'
FROM generate_series(1, 180) AS n;

-- The newest one is a few minutes older than the outage of the rehearsal, 2026-03-10T16:42:00Z.
INSERT INTO swaps (id, account_id, from_asset, to_asset, amount_sat, state, secret_hash, created_at)
SELECT
  n,
  1 + (n * 37) % 180,
  CASE WHEN n % 2 = 0 THEN 'BTC' ELSE 'ETH' END,
  CASE WHEN n % 2 = 0 THEN 'ETH' ELSE 'BTC' END,
  10000 + (n * 7919) % 4990000,
  CASE WHEN n > 497 THEN 'locked' WHEN n % 25 = 0 THEN 'refunded' ELSE 'claimed' END,
  md5('swap ' || n),
  timestamptz '2026-03-10 16:38:00Z' - (500 - n) * interval '31 minutes'
FROM generate_series(1, 500) AS n;

INSERT INTO ledger_entries (id, swap_id, side, amount_sat)
SELECT 2 * id - 1, id, 'debit', amount_sat FROM swaps
UNION ALL
SELECT 2 * id, id, 'credit', amount_sat FROM swaps;

INSERT INTO lifeboat_heartbeat (id, seen_at) VALUES (1, '2026-03-10 16:41:00Z');
