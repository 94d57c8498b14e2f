/** What MySQL says, by number, where PostgreSQL has a SQLSTATE. Source: MySQL 8.4 Error Message Reference. */
const numbers: Record<string, string> = {
  '23505': '1062',
  '23502': '1048',
  '23503': '1452',
  '23514': '3819',
  '22001': '1406',
  '22003': '1264',
  '22007': '1292',
  '22P02': '1366',
  '22012': '1365',
  '42P01': '1146',
  '42703': '1054',
  '42P07': '1050',
  '42701': '1060',
  '42501': '1142',
  '28P01': '1045',
  '3D000': '1049',
  '42P04': '1007',
  '25P02': '1180',
  '57014': '3024',
  '40001': '1213',
  '40P01': '1213',
  '55P03': '1205',
  '53300': '1040',
};

/**
 * The same failure in MySQL's numbers; undefined where PostgreSQL did not understand a statement that MySQL might have
 * understood.
 */
export function mysqlFailure(
  { message, code }: { message: string; code: string },
  { engine, askedReadOnly }: { engine: string; askedReadOnly: boolean },
): { message: string; code: string } | undefined {
  if (code === '25006') return readOnly(engine, askedReadOnly);
  const number = numbers[code];
  return number === undefined ? undefined : { message, code: number };
}

function readOnly(engine: string, askedReadOnly: boolean): { message: string; code: string } {
  if (askedReadOnly) return { code: '1792', message: 'Cannot execute statement in a READ ONLY transaction.' };
  if (engine.startsWith('aurora')) return { code: '1836', message: 'Running in read-only mode' };
  const server = engine === 'mariadb' ? 'MariaDB' : 'MySQL';
  const message = `The ${server} server is running with the --read-only option so it cannot execute this statement`;
  return { code: '1290', message };
}
