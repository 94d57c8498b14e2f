import type { JsonObject } from '../../shared/json.ts';
import type { World } from './world.ts';

/**
 * The event document of a request to the decision page: payload format 2.0, as Lambda function URLs and API Gateway
 * HTTP APIs send it. A form comes base64-encoded, as it does there. Source: Lambda developer guide, "Invoking Lambda
 * function URLs".
 */
export function pageEvent(world: World, token: string, form?: Record<string, string>): JsonObject {
  const query = new URLSearchParams({ t: token });
  const now = world.now();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: query.toString(),
    headers: {
      host: 'decide.example',
      'user-agent': 'Mozilla/5.0 (simulated)',
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    queryStringParameters: { t: token },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'decide',
      domainName: 'decide.example',
      domainPrefix: 'decide',
      http: {
        method: form ? 'POST' : 'GET',
        path: '/',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.7',
        userAgent: 'Mozilla/5.0 (simulated)',
      },
      requestId: `page-${now.getTime()}`,
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(form !== undefined && { body: Buffer.from(new URLSearchParams(form).toString()).toString('base64') }),
    isBase64Encoded: form !== undefined,
  };
}
