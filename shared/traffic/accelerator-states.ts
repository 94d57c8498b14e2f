import { type GroupState, sameWeights } from './accelerators.ts';

/** What dials and weights of an accelerator's two sides have to be, decided from what they are. */

export const sides = ['primary', 'recovery'] as const;
export type Side = (typeof sides)[number];
export type States = Record<Side, GroupState>;
export type Shift = { to: Side; percent: number; closeOther: boolean };

/** Weight of an endpoint that was closed: what AWS gives to a new one. */
const openWeight = 128;
export const otherOf = (side: Side): Side => (side === 'primary' ? 'recovery' : 'primary');

/** The target is opened; the other side keeps the rest, or is closed. What is so already is wanted as it is. */
export function wantedStates({ to, percent, closeOther }: Shift, now: States): States {
  const [target, other] = [now[to], now[otherOf(to)]];
  const weigh = (state: GroupState, weight: (before: number) => number) =>
    state.endpoints.map(endpoint => ({ ...endpoint, weight: weight(endpoint.weight) }));
  // One that is open keeps its weights, which say how its endpoints share the users among themselves.
  const isClosed = target.endpoints.every(({ weight }) => weight === 0);
  const closes = percent === 100 && closeOther;
  const opened = { dial: 100, endpoints: weigh(target, before => (isClosed ? openWeight : before)) };
  const rest = { dial: 100 - percent, endpoints: weigh(other, before => (closes ? 0 : before)) };
  return to === 'primary' ? { primary: opened, recovery: rest } : { primary: rest, recovery: opened };
}

/** Dials and weights of before; an endpoint that was added since then is left as it is. */
export function formerStates(before: States, now: States): States {
  const former = (side: Side): GroupState => ({
    dial: before[side].dial,
    endpoints: now[side].endpoints.map(endpoint => ({
      ...endpoint,
      weight: before[side].endpoints.find(({ id }) => id === endpoint.id)?.weight ?? endpoint.weight,
    })),
  });
  return { primary: former('primary'), recovery: former('recovery') };
}

export const weightsIn = ({ endpoints }: GroupState) => endpoints.map(({ weight }) => weight).join(', ');

/** Such as `primary: dial 100 %, weights 128; recovery: dial 0 %, weights 0`. */
export const written = (states: States) =>
  sides
    .map(side => {
      const weights = weightsIn(states[side]);
      return `${side}: dial ${states[side].dial} %, ${weights ? `weights ${weights}` : 'no endpoint'}`;
    })
    .join('; ');

/** Endpoints whose weight would change though they are of another account: they need an attachment that can be written and not read. */
export function foreignEndpoints(arn: string, states: States, wanted: States): string[] {
  const account = arn.split(':')[4];
  return sides
    .filter(side => !sameWeights(states[side], wanted[side]))
    .flatMap(side => states[side].endpoints.map(({ id }) => id))
    .filter(id => id.startsWith('arn:') && id.split(':')[4] !== account);
}
