import { callJson, type Place } from '../deployed/call-aws.ts';

/** All records that Lifeboat keeps of LIQUID ABT, each as the JSON that it is. */
export async function scanTable(place: Place): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await callJson(place, 'dynamodb', 'DynamoDB_20120810.Scan', {
    TableName: 'lifeboat-liquid-abt',
  });
  return (Items as Record<string, { S?: string }>[]).flatMap(item =>
    Object.values(item).flatMap(({ S = '' }) => (S.startsWith('{') ? [JSON.parse(S)] : [])),
  );
}

/** What triage has decided, in no order. */
export async function decisionsOf(place: Place): Promise<string[]> {
  const records = await scanTable(place);
  return [...JSON.stringify(records).matchAll(/"decision":"(\w+)"/g)].map(([, decision = '']) => decision);
}
