import { describe, expect, it } from 'vitest';
import { commanderAmong } from '../../shared/incident/commander.ts';

describe('the commander of an incident', () => {
  const lead = { person: 'ada', role: 'incident-commander' };
  const investigator = { person: 'ben', role: 'investigation-lead' };

  it('is who was made commander, whoever was given another role after that', () => {
    expect(commanderAmong([lead, investigator])).toBe('ada');
  });

  it('is the one who took it over last', () => {
    expect(commanderAmong([lead, investigator, { person: 'cyd', role: 'deputy-commander' }])).toBe('cyd');
  });

  it('is whoever has a role at all where nobody is called commander, and nobody where no role was given', () => {
    expect(commanderAmong([investigator])).toBe('ben');
    expect(commanderAmong([{ role: 'incident-commander' }])).toBeUndefined();
  });
});
