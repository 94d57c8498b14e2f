import { describe, expect, it } from 'vitest';
import type { ActionContext, Evidence } from '../../../shared/actions/contract.ts';
import { action } from '../../../shared/actions/notify/send.ts';
import { restoreStep } from '../../communication/fixture.ts';
import { nothing } from '../people/context.ts';

type Notice = Parameters<ActionContext['notify']>[0];

function contextWith(status: string) {
  const notices: Notice[] = [];
  const notify = async (notice: Notice): Promise<Evidence[]> => {
    notices.push(notice);
    return [{ what: 'x', data: { status } }];
  };
  return { notices, context: { ...nothing, step: { ...restoreStep, id: 'tell-customers' }, notify } };
}
const parameters = action.parameters.parse({
  audience: 'customers',
  template: 'update',
  fields: { place: 'Melbourne' },
});

describe('notify.send', () => {
  it('asks for the same message in act and in observe, so that it goes out once', async () => {
    const { context, notices } = contextWith('sent');
    await action.act?.(context, parameters, {});
    expect(await action.observe(context, parameters, {})).toMatchObject({
      status: 'done',
      outputs: { delivered: true },
    });
    expect(notices).toHaveLength(2);
    expect(notices[0]).toEqual(notices[1]);
    expect(notices[0]).toEqual({
      audience: 'customers',
      template: 'update',
      fields: { place: 'Melbourne', step: 'tell-customers' },
    });
  });

  it('does not stop the recovery when nobody could be told', async () => {
    const { context } = contextWith('failed');
    expect(await action.observe(context, parameters, {})).toMatchObject({
      status: 'done',
      outputs: { delivered: false },
    });
  });
});
