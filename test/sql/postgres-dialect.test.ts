import { expect, it } from 'vitest';
import { sqlError } from '../../shared/network/sql-errors.ts';
import { postgres } from '../../shared/sql/dialects/postgres.ts';

const promote = (code: string) =>
  postgres.replica.promote({
    query: () => Promise.reject(sqlError('db', { message: 'recovery is not in progress', code })),
  });

it('takes a replica that has come out of recovery in this moment for promoted, and hides no other refusal', async () => {
  await expect(promote('55000')).resolves.toBeUndefined();
  await expect(promote('42501')).rejects.toThrow('(42501)');
});
