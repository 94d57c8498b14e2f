-- What ag-botkit's database holds in a rehearsal: made-up rows in the shape of its own tables, always the same ones. It
-- runs on an embedded Postgres before the first query of the rehearsal.

-- Measurements of the bots and of the markets, one partition a day: what TimescaleDB calls the chunks of a hypertable.
CREATE TABLE metrics (
  id bigint NOT NULL,
  bot text NOT NULL,
  name text NOT NULL,
  value double precision NOT NULL,
  recorded_at timestamptz NOT NULL
) PARTITION BY RANGE (recorded_at);
CREATE TABLE metrics_20260308 PARTITION OF metrics FOR VALUES FROM ('2026-03-08') TO ('2026-03-09');
CREATE TABLE metrics_20260309 PARTITION OF metrics FOR VALUES FROM ('2026-03-09') TO ('2026-03-10');
CREATE TABLE metrics_20260310 PARTITION OF metrics FOR VALUES FROM ('2026-03-10') TO ('2026-03-11');

CREATE TABLE orders (
  id integer PRIMARY KEY,
  market text NOT NULL,
  side text NOT NULL CHECK (side IN ('buy', 'sell')),
  size numeric(14, 2) NOT NULL CHECK (size > 0),
  price numeric(8, 4) NOT NULL CHECK (price > 0 AND price < 1),
  status text NOT NULL CHECK (status IN ('filled', 'open', 'cancelled')),
  placed_at timestamptz NOT NULL
);

CREATE TABLE fills (
  id integer PRIMARY KEY,
  order_id integer NOT NULL REFERENCES orders (id),
  market text NOT NULL,
  -- Bought is positive, sold is negative.
  size numeric(14, 2) NOT NULL,
  price numeric(8, 4) NOT NULL,
  filled_at timestamptz NOT NULL
);

-- What is held in each market: the sum of its fills, kept by the bots as they trade.
CREATE TABLE positions (
  market text PRIMARY KEY,
  size numeric(14, 2) NOT NULL
);

-- One row, written by every write probe.
CREATE TABLE lifeboat_heartbeat (
  id integer PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

-- The newest one is two minutes older than the outage of the rehearsal, 2026-03-10T16:42:00Z.
INSERT INTO metrics (id, bot, name, value, recorded_at)
SELECT
  n,
  'minibot-' || (1 + n % 2),
  (ARRAY['latency_ms', 'spread', 'inventory'])[1 + n % 3],
  10 + (n * 7919) % 90,
  timestamptz '2026-03-10 16:40:00Z' - (2400 - n) * interval '1 minute'
FROM generate_series(1, 2400) AS n;

INSERT INTO orders (id, market, side, size, price, status, placed_at)
SELECT
  n,
  'market-' || (1 + n % 8),
  CASE WHEN n % 3 = 0 THEN 'sell' ELSE 'buy' END,
  10 + (n * 37) % 240,
  round(0.05 + ((n * 131) % 900) / 1000.0, 4),
  CASE WHEN n > 594 THEN 'open' WHEN n % 11 = 0 THEN 'cancelled' ELSE 'filled' END,
  timestamptz '2026-03-10 16:38:00Z' - (600 - n) * interval '4 minutes'
FROM generate_series(1, 600) AS n;

INSERT INTO fills (id, order_id, market, size, price, filled_at)
SELECT id, id, market, CASE WHEN side = 'buy' THEN size ELSE -size END, price, placed_at + interval '20 seconds'
FROM orders
WHERE status = 'filled';

INSERT INTO positions (market, size)
SELECT market, sum(size) FROM fills GROUP BY market;

INSERT INTO lifeboat_heartbeat (id, seen_at) VALUES (1, '2026-03-10 16:41:00Z');
