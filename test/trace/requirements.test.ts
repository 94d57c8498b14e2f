import { describe, expect, it } from 'vitest';
import { parseRequirements } from '../../shared/trace/requirements.ts';

describe('the requirement table', () => {
  it('is read with the line of each row, whatever stands around it', () => {
    const { rows, problems } = parseRequirements(
      '# Shop\n\n| id | section | what | capability |\n| --- | --- | --- | --- |\n| SH-001 | Goals | RTO 4 h | objective |\n\nEnd.\n',
    );
    expect(problems).toEqual([]);
    expect(rows).toEqual([
      { id: 'SH-001', section: 'Goals', what: 'RTO 4 h', capability: 'objective', line: 5 },
    ]);
  });

  it('keeps bars that belong to a command', () => {
    const { rows } = parseRequirements('| SH-002 | Dump | `pg_dump \\| gzip` | backup.create |');
    expect(rows[0]).toMatchObject({ what: '`pg_dump | gzip`', capability: 'backup.create' });
    expect(parseRequirements('| SH-003 | Dump | `pg_dump | gzip` | backup.create |').rows[0]).toMatchObject({
      what: '`pg_dump | gzip`',
      capability: 'backup.create',
    });
  });

  it('says which row is short and which is there twice', () => {
    const { rows, problems } = parseRequirements(
      '| SH-001 | Goals | objective |\n| SH-002 | A | b | doc |\n| SH-002 | A | c | doc |\n',
    );
    expect(rows.map(({ id }) => id)).toEqual(['SH-002']);
    expect(problems).toMatchObject([
      { line: 1, message: /SH-001 needs four cells/ },
      { line: 3, message: /SH-002 .* twice/ },
    ]);
  });

  it('says which capability there is not', () => {
    const { rows, problems } = parseRequirements(
      '| SH-001 | A | b | notification |\n| SH-002 | A | b | seveirty |\n| SH-003 | A | b | web.scale |\n',
    );
    expect(rows).toHaveLength(3);
    expect(problems).toMatchObject([
      { line: 1, message: /SH-001 has the capability "notification".*notify/ },
      { line: 2, message: /Did you mean "severity"\?$/ },
    ]);
  });
});
