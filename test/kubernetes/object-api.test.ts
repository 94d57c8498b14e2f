import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../shared/json.ts';
import { arrange, refuseManifests } from '../../shared/kubernetes/manifests.ts';
import {
  cleanManifest,
  holds,
  inversePatch,
  keptManifestName,
  kindOf,
} from '../../shared/kubernetes/object-api.ts';
import { parseQuantity } from '../../shared/kubernetes/quantity.ts';
import { nextStage } from '../../shared/kubernetes/ramp.ts';
import { groupPath, pathOf } from '../../shared/kubernetes/resources.ts';
import { readsSecret } from '../../shared/kubernetes/secrets.ts';
import { patched } from '../../simulator/kubernetes/patches.ts';

const containers = (env: JsonObject[]): JsonObject => ({
  spec: { containers: [{ name: 'app', env }, { name: 'side' }] },
});

describe('inversePatch', () => {
  it.each([
    ['a changed field', { a: 1, b: 2 }, { a: 3 }, { a: 1 }],
    ['a new field', { b: 2 }, { a: 3 }, { a: null }],
    ['a removed field', { a: 1 }, { a: null }, { a: 1 }],
    ['a nested field', { a: { b: 1, c: 2 } }, { a: { b: 9 } }, { a: { b: 1 } }],
    ['a replaced list', { a: [1, 2] }, { a: [3] }, { a: [1, 2] }],
  ])('takes back %s', (_what, before, patch, inverse) => {
    expect(inversePatch(before as Json, patch as Json, 'merge')).toEqual(inverse);
  });

  it('takes back a merge patch of any object', () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean());
    const { object } = fc.letrec(tie => ({
      object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(leaf, tie('object')), { maxKeys: 3 }),
    }));
    fc.assert(
      fc.property(object, object, (before, patch) => {
        const given = before as JsonObject;
        const after = patched(given, patch as JsonObject, 'application/merge-patch+json') as JsonObject;
        const inverse = inversePatch(given, patch as Json, 'merge') as JsonObject;
        expect(patched(after, inverse, 'application/merge-patch+json')).toEqual(given);
      }),
    );
  });

  it('takes back what was merged into lists by name, and leaves the other entries', () => {
    const before = containers([{ name: 'A', value: '1' }]);
    const patch = {
      spec: {
        containers: [
          {
            name: 'app',
            env: [
              { name: 'A', value: '2' },
              { name: 'B', value: '3' },
            ],
          },
        ],
      },
    };
    const type = 'application/strategic-merge-patch+json';
    const after = patched(before, patch, type) as JsonObject;
    expect(holds(after, patch)).toBe(true);
    const inverse = inversePatch(before, patch, 'strategic') as JsonObject;
    expect(patched(after, inverse, type)).toEqual(before);
    expect(holds(before, inverse)).toBe(true);
  });
});

describe('holds', () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { b: null }, true],
    [{ a: 1 }, { a: null }, false],
    [{ a: [1, 2] }, { a: [1] }, false],
    [{ a: [{ name: 'x', v: 1 }] }, { a: [{ name: 'x', $patch: 'delete' }] }, false],
    [undefined, { a: null }, true],
    [undefined, { a: 1 }, false],
  ])('%j holds %j: %s', (found, wanted, expected) => {
    expect(holds(found as Json, wanted as Json)).toBe(expected);
  });
});

describe('names of objects', () => {
  it('makes the paths of the API reference', async () => {
    const port = { kubernetes: () => Promise.reject(new Error('not asked')) };
    const access = { cluster: 'c', region: 'r' };
    const path = async (ref: { apiVersion: string; kind: string; namespace?: string; name: string }) => {
      const kind = await kindOf(port, access, ref);
      return kind && pathOf(ref, kind);
    };
    expect(await path({ apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 's' })).toBe(
      '/api/v1/namespaces/shop/secrets/s',
    );
    expect(
      await path({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: 'shop', name: 'i' }),
    ).toBe('/apis/networking.k8s.io/v1/namespaces/shop/ingresses/i');
    expect(await path({ apiVersion: 'v1', kind: 'Node', name: 'n' })).toBe('/api/v1/nodes/n');
    expect(groupPath('velero.io/v1')).toBe('/apis/velero.io/v1');
  });

  it('asks the cluster about kinds that it has by definition only', async () => {
    const resources = [
      { name: 'certificates/status', kind: 'Certificate', namespaced: true },
      { name: 'certificates', kind: 'Certificate', namespaced: true },
    ];
    const port = { kubernetes: async () => ({ status: 200, body: { resources } }) };
    const ref = { apiVersion: 'cert-manager.io/v1', kind: 'Certificate' };
    expect(await kindOf(port, { cluster: 'c', region: 'r' }, ref)).toEqual({
      plural: 'certificates',
      namespaced: true,
    });
  });

  it('drops what only a server writes', () => {
    const metadata = { name: 'x', uid: '1', resourceVersion: '2', labels: { a: 'b' }, managedFields: [] };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {}, status: {} };
    expect(cleanManifest(body)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', labels: { a: 'b' } },
      data: {},
    });
    expect(keptManifestName({ kind: 'Ingress', namespace: 'shop', name: 'x' })).toBe('Ingress.shop.x.json');
  });
});

describe('manifests', () => {
  const of = (kind: string, apiVersion = 'v1', namespace?: string): JsonObject => ({
    apiVersion,
    kind,
    metadata: { name: kind.toLowerCase(), ...(namespace !== undefined && { namespace }) },
  });

  it('go in an order in which each finds what it needs', () => {
    const webhook = of('ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1');
    const given = [webhook, of('Deployment', 'apps/v1'), of('ConfigMap'), of('Namespace')];
    const kinds = arrange(given, { run: { id: 'r' } }).map(({ kind }) => kind);
    expect(kinds).toEqual(['Namespace', 'ConfigMap', 'Deployment', 'ValidatingWebhookConfiguration']);
  });

  it('land in the namespace that is asked for, whatever they say', () => {
    const given = [of('ConfigMap', 'v1', 'production')];
    const [moved] = arrange(given, { rewriteNamespace: 'trial', run: { id: 'r' } });
    expect(moved).toMatchObject({ metadata: { namespace: 'trial', labels: { 'lifeboat/run': 'r' } } });
    const role = of('ClusterRole', 'rbac.authorization.k8s.io/v1');
    expect(refuseManifests([role], { rewriteNamespace: 'trial' })).toHaveLength(1);
    expect(refuseManifests([role], {})).toEqual([]);
  });
});

describe('readsSecret', () => {
  const pod = (spec: JsonObject) => ({ spec: { template: { spec } } });
  it.each([
    [
      'an environment variable',
      { containers: [{ env: [{ valueFrom: { secretKeyRef: { key: 'k', name: 's' } } }] }] },
    ],
    ['all keys', { containers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }],
    ['a volume', { volumes: [{ secret: { secretName: 's' } }] }],
    ['the pull secret', { imagePullSecrets: [{ name: 's' }] }],
  ])('sees %s', (_what, spec) => {
    expect(readsSecret(pod(spec), 's')).toBe(true);
    expect(readsSecret(pod(spec), 'other')).toBe(false);
  });
});

it.each([
  ['250m', 0.25],
  ['1.5', 1.5],
  ['512Mi', 512 * 2 ** 20],
  ['2Gi', 2 ** 31],
  ['123456789n', 0.123456789],
  ['12e6', 12e6],
  ['none', 0],
])('reads the quantity %s', (text, value) => {
  expect(parseQuantity(text)).toBeCloseTo(value, 9);
});

it('a ramp never goes above what is wanted', () => {
  const ramp = { step: 2, every: 60 };
  expect([0, 59, 60, 120, 600].map(elapsed => nextStage(ramp, 1, 6, elapsed))).toEqual([3, 3, 5, 6, 6]);
});
