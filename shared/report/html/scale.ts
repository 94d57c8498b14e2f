import { duration } from '../words.ts';

/** Where seconds since the start of the clock lie on the drawing. */
export type Scale = { totalSeconds: number; left: number; right: number; x(seconds: number): number };

/** A scale from 0 to `totalSeconds` between two places in the drawing. Places are rounded to a tenth. */
export function createScale(totalSeconds: number, left: number, right: number): Scale {
  const total = Math.max(1, totalSeconds);
  const x = (seconds: number) => {
    const share = Math.min(1, Math.max(0, seconds / total));
    return Math.round((left + share * (right - left)) * 10) / 10;
  };
  return { totalSeconds: total, left, right, x };
}

const minute = 60;
const hour = 3600;
const steps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map(value => value * minute),
  ...[1, 2, 3, 6, 12, 24].map(value => value * hour),
];

/** Between four and nine round moments to write on the axis, with their words. */
export function ticks(totalSeconds: number): { seconds: number; label: string }[] {
  const days = Math.ceil(totalSeconds / (24 * hour) / 8) * 24 * hour;
  const step = steps.find(candidate => totalSeconds / candidate <= 8) ?? days;
  const count = Math.floor(totalSeconds / step);
  return Array.from({ length: count + 1 }, (_, index) => ({
    seconds: index * step,
    label: index === 0 ? '0' : duration(index * step),
  }));
}
