import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import {
  escapeTemplate,
  evaluate,
  parseTemplate,
  referencesOf,
  resolveJson,
  resolveStatic,
} from '../../shared/plan/expression.ts';

const scope = {
  run: { id: 'r-1', date: '20260310', startedAt: '2026-03-10T16:45:00Z' },
  steps: { restore: { endpoint: 'db.internal', port: 5432, zones: ['a', 'b'], whole: { x: 1 } } },
};

describe('evaluate', () => {
  it.each<[string, Json]>([
    ['plain', 'plain'],
    ['', ''],
    ['${run.id}', 'r-1'],
    ['${ run.id }', 'r-1'],
    ['${steps.restore.port}', 5432],
    ['${steps.restore.zones}', ['a', 'b']],
    ['${steps.restore.zones.1}', 'b'],
    ['port ${steps.restore.port}', 'port 5432'],
    ['${run.id}${run.date}', 'r-120260310'],
    ['in ${steps.restore.zones}', 'in a, b'],
    ['${run.startedAt - 5m}', '2026-03-10T16:40:00.000Z'],
    ['from ${run.startedAt + 1h30m}', 'from 2026-03-10T18:15:00.000Z'],
    ['$${run.id}', '${run.id}'],
    ['cost: $5 and }', 'cost: $5 and }'],
  ])('%s gives %j', (template, value) => {
    expect(evaluate(template, scope)).toEqual(value);
  });

  it('takes a time with an offset from UTC', () => {
    const at = { run: { startedAt: '2026-03-11T03:45:00+11:00' } };
    expect(evaluate('${run.startedAt - 1d}', at)).toBe('2026-03-09T16:45:00.000Z');
  });

  it.each([
    ['${steps.restore.endpont}', /endpont.* is missing/, /endpoint, port/],
    ['${steps.resotre.port}', /resotre/, /restore/],
    ['${run.id.length}', /length/, /./],
    ['${steps.restore.zones.length}', /length/, /./],
    ['${run.toString}', /toString/, /startedAt/],
    ['${run.id + 5m}', /not a time/, /ISO-8601/],
    ['text ${steps.restore.whole}', /group of values/, /x/],
    ['${run', /never ends/, /\}/],
  ])('%s says what is wrong and what there is', (template, message, nextStep) => {
    expect(() => evaluate(template, scope)).toThrow(InvalidInputError);
    try {
      evaluate(template, scope);
    } catch (error) {
      expect((error as InvalidInputError).message).toMatch(message);
      expect((error as InvalidInputError).nextStep).toMatch(nextStep);
    }
  });

  it('reaches nothing but what the scope itself has', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'valueOf']) {
      expect(() => evaluate(`\${run.${name}}`, scope)).toThrow(InvalidInputError);
    }
  });

  it('only ever throws InvalidInputError', () => {
    const piece = fc.constantFrom(
      '${',
      '}',
      '$',
      'run',
      '.',
      'id',
      ' - ',
      '5m',
      'steps.restore',
      '__proto__',
      'x',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map(parts => parts.join('')),
        ),
        text => {
          try {
            evaluate(text, scope);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInputError);
          }
        },
      ),
    );
  });
});

describe('parseTemplate', () => {
  it('gives every error with its offset', () => {
    const parsed = parseTemplate('${rum.id} ok ${run.id} ${} ${run.id * 2} ${run.id');
    expect(parsed).toMatchObject({
      ok: false,
      errors: [{ offset: 0, near: 'run' }, { offset: 23 }, { offset: 27 }, { offset: 41 }],
    });
  });

  it('takes a hyphen as part of a name unless it stands alone', () => {
    expect(parseTemplate('${steps.a-5m.b}')).toMatchObject({
      parts: [{ expression: { path: ['steps', 'a-5m', 'b'] } }],
    });
    expect(parseTemplate('${steps.a.b - 5m}')).toMatchObject({
      parts: [{ expression: { shiftSeconds: -300 } }],
    });
  });

  it('keeps the text between expressions', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const text = `${escapeTemplate(before)} \${run.id}${escapeTemplate(after)}`;
        expect(evaluate(text, scope)).toBe(`${before} r-1${after}`);
      }),
    );
  });

  it('is not slowed down by hostile text', () => {
    for (const piece of ['${', '$', '}${', '${a}', '$${', '${ ', '${a.']) {
      const parsed = parseTemplate(piece.repeat(100_000));
      expect(parsed.ok).toBe(piece === '$' || piece === '$${');
    }
  }, 5_000);
});

describe('resolveJson and referencesOf', () => {
  const value = { a: ['${steps.restore.port}', { b: 'x ${run.id}' }], n: 3, 'k ${run.id}': null };

  it('resolves texts at any depth and leaves keys alone', () => {
    expect(resolveJson(value, scope)).toEqual({ a: [5432, { b: 'x r-1' }], n: 3, 'k ${run.id}': null });
  });

  it('lists each path once', () => {
    expect(referencesOf([value, '${run.id} $${run.date}'])).toEqual(['steps.restore.port', 'run.id']);
  });
});

describe('resolveStatic', async () => {
  const file = new URL('../../plans/liquid-abt/plan.yml', import.meta.url).pathname;
  const { plan } = await checkPlan(file);
  if (!plan) throw new Error('The plan of LIQUID ABT has findings');

  it('fills in components, regions and the system, and leaves the rest for the run', () => {
    expect(
      resolveStatic(
        {
          target: '${components.app-name.recoveryTarget}',
          list: '${components.app-name.resolvers}',
          text: '${system.title} in ${regions.recovery}: ${steps.a.b} ${run.id}',
        },
        plan,
      ),
    ).toEqual({
      target: 'liquid-abt-dr-1046728135.ap-southeast-4.elb.amazonaws.com',
      list: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
      text: 'LIQUID ABT in ap-southeast-4: ${steps.a.b} ${run.id}',
    });
  });

  it('names what a component has when a field is missing', () => {
    expect(() => resolveStatic('${components.app-name.alias}', plan)).toThrow(/alias/);
  });

  it('gives a template that means the same to the run', () => {
    const sly = { ...plan, system: { ...plan.system, title: 'A ${run.id} $${x}' } };
    expect(evaluate(String(resolveStatic('${system.title}', sly)), scope)).toBe('A ${run.id} $${x}');
    expect(evaluate(String(resolveStatic('$${y} ${system.title} ${run.id}', sly)), scope)).toBe(
      '${y} A ${run.id} $${x} r-1',
    );
  });
});
