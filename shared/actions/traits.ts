/**
 * What a kind is in a recovery. The rules of `validate` go by these and know no list of kinds, so that a new kind is judged
 * like those that there are. A kind that is none of these has none.
 */
export type Trait =
  /** Sends users to the other side; with `to: primary` or `recoveryPercent: 0` it brings them back. */
  | 'moves-users'
  /** Only ever brings users back to the primary side. */
  | 'brings-users-back'
  /** Another database, or another file system, takes the writes afterwards. */
  | 'moves-writer'
  /** Data may come with it in ways that the plan does not show. */
  | 'brings-data'
  /** Makes something under a name that nobody knows before; its outputs lead there. */
  | 'makes-new'
  /** Wants room in a region: instances, nodes, tasks. */
  | 'needs-capacity'
  /** Shows whether something works. */
  | 'looks'
  /** Carries out what the system itself brings: a program, a runbook, a person's hands. */
  | 'own-code'
  /** That a region does not answer is an answer to it, so it can do without the one that is lost. */
  | 'expects-silence';
