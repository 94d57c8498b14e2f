import type { JsonObject } from '../shared/json.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { patternOf } from '../shared/triage/parse-custom.ts';

/** EventBridge patterns of the plan's signals of the type `event`: one for what fires, one for what clears. */
export function eventPatterns(plan: Plan): { region: string; pattern: JsonObject }[] {
  const seen = new Set<string>();
  return Object.values(plan.signals).flatMap(signal => {
    if (signal.type !== 'event') return [];
    const { source, detailType, region, firing, clear } = signal;
    return [firing, ...(clear ? [clear] : [])].flatMap(match => {
      const detail = patternOf(match);
      const pattern: JsonObject = {
        source: [source],
        'detail-type': [detailType],
        // A signal that takes any event of the kind has no detail to filter by; EventBridge refuses an empty one.
        ...(Object.keys(detail).length > 0 && { detail }),
      };
      const key = JSON.stringify([region, pattern]);
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ region, pattern }];
    });
  });
}
