import type { Network } from '../shared/ports.ts';
import type { Runtime } from '../shared/runtime.ts';

/** Makes the runtime when the first event comes, and hands out the same one after that. */
export type RuntimeProvider = () => Promise<Runtime>;

/** The connections that a function can open, besides AWS. A family's handler brings what its actions use. */
export type Connections = Partial<Network> & {
  kubernetes?: (options: Pick<Runtime, 'aws' | 'clock'>) => Runtime['kubernetes'];
  kubernetesExec?: (options: Pick<Runtime, 'aws' | 'clock'>) => Runtime['kubernetesExec'];
  backups?: (runtime: Runtime) => Runtime['backups'];
};

/**
 * The runtime of a deployed function. It is imported when it is first needed, so that a rehearsal, which brings its
 * own, can use the same handlers without loading what only AWS has.
 */
export function loadRuntime(connections: Connections = {}): RuntimeProvider {
  let runtime: Promise<Runtime> | undefined;
  return () => {
    runtime ??= import('./real-runtime.ts')
      .then(({ createRuntime }) => createRuntime(connections))
      .catch(error => {
        // The next event tries again: what was missing may be there by then.
        runtime = undefined;
        throw error;
      });
    return runtime;
  };
}
