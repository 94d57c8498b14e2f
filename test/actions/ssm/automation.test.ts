import { describe, expect, it } from 'vitest';
import { brokenRunbooks, executionsOf } from '../../../simulator/services/ssm/automation.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const components = {
  runbook: {
    type: 'ssm-document',
    region: 'ap-southeast-4',
    name: 'Shop-Rebuild',
    assumeRole: 'arn:aws:iam::123456789012:role/shop-rebuild',
  },
};
const given = { document: 'runbook' };

describe('ssm.automation', () => {
  it('is done when the execution has ended with success', () =>
    inAws(components, async ({ play }) => {
      const { seen } = await play('ssm.automation', given);
      expect(seen).toMatchObject({ status: 'done', outputs: { outputs: { 'main.Result': ['done'] } } });
    }));

  it('starts one execution although the reply is lost', () =>
    inAws(
      components,
      async ({ play, world }) => {
        expect((await play('ssm.automation', given)).seen).toMatchObject({ status: 'done' });
        expect(executionsOf(world)).toHaveLength(1);
      },
      { faults: { 'ssm.StartAutomationExecution': ['lost-reply'] } },
    ));

  it('fails with what the runbook says', () =>
    inAws(components, async ({ play, world }) => {
      brokenRunbooks(world).add('Shop-Rebuild');
      const { seen } = await play('ssm.automation', given);
      expect(reasonsOf(seen)).toContain('ended as Failed: Step fails when it is executing the action main');
    }));

  it('refuses a document that is not there, and parameters that it does not have', () =>
    inAws(components, async ({ play }) => {
      const gone = { ...components.runbook, id: 'x', name: 'Gone' };
      const missing = await play('ssm.automation', { document: gone });
      expect(reasonsOf(missing.preparation)).toContain('There is no document Gone');
      const wrong = await play('ssm.automation', { ...given, parameters: { Nothing: 'x' } });
      expect(reasonsOf(wrong.preparation)).toBe('The runbook Shop-Rebuild has no parameter Nothing.');
    }));

  it('may run this runbook and pass its role only', async () => {
    const permissions = await permissionsOf('ssm.automation', components, given);
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toContain('iam:PassRole arn:aws:iam::123456789012:role/shop-rebuild');
    expect(permissions.filter(line => line.includes('automation-definition/'))).toEqual([
      expect.stringContaining('automation-definition/Shop-Rebuild:*'),
    ]);
  });
});
