/** Kubernetes quantities: decimal and binary suffixes. Source: API reference, common definitions, Quantity. */
const factors: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** The number behind `250m`, `1.5`, `512Mi` or `12e6`; 0 for what is none. */
export function parseQuantity(text: string): number {
  const [, number = '0', suffix = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(number) * (factors[suffix] ?? 0);
}
