-- What the restored database holds in a rehearsal: made-up rows in the shape of LIQUID ABT's own tables, always the
-- same ones. It runs on an embedded Postgres before the first query of the rehearsal.

CREATE TABLE tenants (
  id integer PRIMARY KEY,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'suspended')),
  created_at timestamptz NOT NULL
);

CREATE TABLE bitcoin_purchases (
  id integer PRIMARY KEY,
  tenant_id integer NOT NULL REFERENCES tenants (id),
  amount_aud numeric(12, 2) NOT NULL CHECK (amount_aud > 0),
  amount_btc numeric(16, 8) NOT NULL CHECK (amount_btc > 0),
  status text NOT NULL CHECK (status IN ('settled', 'pending')),
  purchased_at timestamptz NOT NULL
);

-- One row, written by every write probe.
CREATE TABLE lifeboat_heartbeat (
  id integer PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

INSERT INTO tenants (id, name, status, created_at)
SELECT
  n,
  'Tenant ' || n,
  CASE WHEN n % 40 = 0 THEN 'suspended' ELSE 'active' END,
  timestamptz '2024-02-01 00:00:00Z' + n * interval '2 days 5 hours'
FROM generate_series(1, 240) AS n;

-- The newest one is a few minutes older than the outage of the rehearsal, 2026-03-10T16:42:00Z.
INSERT INTO bitcoin_purchases (id, tenant_id, amount_aud, amount_btc, status, purchased_at)
SELECT
  n,
  1 + (n * 37) % 240,
  50 + (n * 7919) % 4950,
  round((50 + (n * 7919) % 4950) / 131000.0, 8),
  CASE WHEN n > 596 THEN 'pending' ELSE 'settled' END,
  timestamptz '2026-03-10 16:36:00Z' - (600 - n) * interval '47 minutes'
FROM generate_series(1, 600) AS n;

INSERT INTO lifeboat_heartbeat (id, seen_at) VALUES (1, '2026-03-10 16:41:00Z');
