import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../deploy/build.ts';
import { moveDefinitions, movedKeys, writeDefinitions } from '../../deploy/definitions.cjs';
import type { PhaseItem, Plan, Scenario } from '../../shared/plan/schema.ts';
import { liquidAbt, resolve, type Template } from './support.ts';

const definition = (filler = '') => ({
  Comment: filler,
  StartAt: 'Go',
  States: {
    Go: {
      Type: 'Pass',
      Result: 'arn:${AWS::Partition}:x:${AWS::Region}:${AWS::AccountId}:${!run.id}',
      End: true,
    },
  },
});
const template = (...sizes: number[]): Template => ({
  Resources: Object.fromEntries(
    sizes.map((size, index) => [
      `M${index}`,
      {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: `machine-${index}`,
          DefinitionString: JSON.stringify(definition('x'.repeat(size)), undefined, 2),
        },
      },
    ]),
  ),
});
const options = { keyPrefix: 'serverless/lifeboat/prod/1', limit: 3000 };

describe('definitions in the template', () => {
  it('have their ARNs filled in by CloudFormation, and keep the expressions of the plan', () => {
    const made = template(0);
    writeDefinitions(made);
    const text = resolve(made.Resources.M0?.Properties.DefinitionString);
    expect(JSON.parse(String(text)).States.Go.Result).toBe('arn:aws:x:ap-southeast-4:111122223333:${run.id}');
  });

  it('stay there while there is room', () => {
    const made = template(10, 20);
    writeDefinitions(made);
    expect(moveDefinitions(made, options)).toEqual([]);
    expect(movedKeys(made)).toEqual([]);
  });
});

describe('definitions in S3', () => {
  const made = template(500, 2500, 700);
  writeDefinitions(made);
  const files = moveDefinitions(made, options);

  it('are the largest ones, and no more than must', () => {
    expect(files.map(({ name }) => name)).toEqual(['machine-1.asl.json']);
    expect(JSON.stringify(made).length).toBeLessThanOrEqual(options.limit);
  });

  it('lie beside the functions, where the template looks for them', () => {
    expect(made.Resources.M1?.Properties).toEqual({
      StateMachineName: 'machine-1',
      DefinitionS3Location: {
        Bucket: { Ref: 'ServerlessDeploymentBucket' },
        Key: 'serverless/lifeboat/prod/1/machine-1.asl.json',
      },
      DefinitionSubstitutions: {
        LifeboatPartition: { Ref: 'AWS::Partition' },
        LifeboatRegion: { Ref: 'AWS::Region' },
        LifeboatAccount: { Ref: 'AWS::AccountId' },
      },
    });
    expect(movedKeys(made)).toEqual(['serverless/lifeboat/prod/1/machine-1.asl.json']);
  });

  it('mean the same once Step Functions has filled them in', () => {
    const values = resolve(made.Resources.M1?.Properties.DefinitionSubstitutions) as Record<string, string>;
    let text = files[0]?.text ?? '';
    for (const [key, value] of Object.entries(values)) text = text.replaceAll(`\${${key}}`, value);
    expect(JSON.parse(text).States.Go.Result).toBe('arn:aws:x:ap-southeast-4:111122223333:${run.id}');
  });
});

describe('a plan of 20 scenarios of 40 steps', async () => {
  const { plan } = await liquidAbt();
  const deployment = await deploymentOf(enlarge(plan, 20, 40));
  const machines = Object.values(deployment.stateMachines);
  const made: Template = {
    Resources: {
      ...(deployment.resources as Template['Resources']),
      ...Object.fromEntries(
        machines.map(({ id, name, role, definition: of }) => [
          id,
          {
            Type: 'AWS::StepFunctions::StateMachine',
            Properties: { StateMachineName: name, RoleArn: role, DefinitionString: JSON.stringify(of) },
          },
        ]),
      ),
    },
  };
  writeDefinitions(made);
  const before = JSON.stringify(made).length;
  const files = moveDefinitions(made, { keyPrefix: 'p' });

  it('is too large for one template and fits with definitions in S3', () => {
    expect(before).toBeGreaterThan(1_000_000);
    expect(files.length).toBeGreaterThan(0);
    // What Serverless adds for each function: the function, its log group, permissions and rules.
    const perFunction = 4000;
    const functions = Object.keys(deployment.functions).length;
    expect(JSON.stringify(made).length + functions * perFunction).toBeLessThan(1_000_000);
  });

  it('has no definition above the 1 MB of Step Functions', () => {
    for (const { definition: of } of machines) expect(JSON.stringify(of).length).toBeLessThan(1_048_576);
  });

  it('stays below 500 resources', () => {
    const functions = Object.keys(deployment.functions).length;
    // A function and its log group; its events come as a rule and a permission each.
    const events = Object.values(deployment.functions).flatMap(
      config => (config as { events?: [] }).events ?? [],
    );
    const perStack = 10;
    expect(Object.keys(made.Resources).length + 2 * functions + 3 * events.length + perStack).toBeLessThan(
      500,
    );
  });

  it('has room in every role', () => {
    const roles = Object.values(deployment.resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    for (const role of roles) expect(JSON.stringify(resolve(role)).length).toBeLessThan(10_240);
  });
});

/** The same plan with as many scenarios, each with as many steps: those of the region failure, over and over. */
function enlarge(plan: Plan, scenarios: number, steps: number): Plan {
  const [, model] = Object.entries(plan.scenarios).find(([id]) => id === 'region-failure') ?? [];
  if (!model) throw new Error('The plan has no region failure');
  const all = model.phases.flatMap(phase => phase.steps.map(item => ({ phase, item })));
  const grown = (): Scenario => {
    const phases = model.phases.map(phase => ({ ...phase, steps: [] as PhaseItem[] }));
    let made = 0;
    for (let round = 0; made < steps; round++) {
      for (const { phase, item } of all) {
        const copy = renamed(item, round);
        const count = 'parallel' in copy ? copy.parallel.flat().length : 1;
        if (made + count > steps && made > 0) continue;
        if (made >= steps) break;
        phases.find(({ id }) => id === phase.id)?.steps.push(copy);
        made += count;
      }
    }
    return { ...model, phases };
  };
  return {
    ...plan,
    scenarios: Object.fromEntries(
      Array.from({ length: scenarios }, (_, index) => [`scenario-${index}`, grown()]),
    ),
  };
}

function renamed(item: PhaseItem, round: number): PhaseItem {
  if ('parallel' in item) {
    return {
      parallel: item.parallel.map(branch => branch.map(step => ({ ...step, id: `${step.id}-${round}` }))),
    };
  }
  return { ...item, id: `${item.id}-${round}` };
}
