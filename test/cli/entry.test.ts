import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the entry of the process', () => {
  it.each(['cli/lifeboat.ts', 'cli/lifeboat.mjs'])('%s runs the command once and has its exit code', file => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, 'rehears'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.match(/There is no command/g)).toHaveLength(1);
  });
});
