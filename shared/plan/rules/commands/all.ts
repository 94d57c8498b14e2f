import type { LintRule } from '../../lint-rule.ts';
import { actsForReal } from './acts-for-real.ts';
import { blocksByAllowing } from './blocks-by-allowing.ts';
import { changeByCommand } from './change-by-command.ts';
import { cleanUpByCommand } from './clean-up-by-command.ts';
import { deleteAllSecrets } from './delete-all-secrets.ts';
import { dropsTheOnlyCopy } from './drops-the-only-copy.ts';
import { forcesEviction } from './forces-eviction.ts';
import { incompleteExport } from './incomplete-export.ts';
import { incrementalDump } from './incremental-dump.ts';
import { interactiveCommand } from './interactive-command.ts';
import { mutableSource } from './mutable-source.ts';
import { newestByName } from './newest-by-name.ts';
import { opaqueScript } from './opaque-script.ts';
import { provesNothing } from './proves-nothing.ts';
import { rdbOverwritesBackup } from './rdb-overwrites-backup.ts';
import { restoreWithoutNetwork } from './restore-without-network.ts';
import { secretInACommand } from './secret-in-a-command.ts';
import { shellState } from './shell-state.ts';
import { terraformTarget } from './terraform-target.ts';
import { trafficByCommand } from './traffic-by-command.ts';
import { uncheckedPipe } from './unchecked-pipe.ts';
import { wholeCacheFlush } from './whole-cache-flush.ts';

/** Rules about what commands say, be they typed into a task, a container or a build. */
export const commandRules: readonly LintRule[] = [
  interactiveCommand,
  terraformTarget,
  deleteAllSecrets,
  dropsTheOnlyCopy,
  uncheckedPipe,
  incrementalDump,
  mutableSource,
  blocksByAllowing,
  restoreWithoutNetwork,
  wholeCacheFlush,
  rdbOverwritesBackup,
  incompleteExport,
  provesNothing,
  forcesEviction,
  trafficByCommand,
  secretInACommand,
  actsForReal,
  cleanUpByCommand,
  changeByCommand,
  newestByName,
  shellState,
  opaqueScript,
];
