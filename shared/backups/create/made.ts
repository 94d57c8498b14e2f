/** What came of making a backup. `elsewhere`: nothing is to be made by Lifeboat, and why. */
export type Made =
  | { status: 'made'; id: string; sourceTime: string; removed: string[] }
  | { status: 'elsewhere'; why: string };

/** What is made: of which class, for when it was due, and who asked. */
export type Making = {
  backup: string;
  dueAt: string;
  by: string;
  /** Those whose time is over are left alone, and none makes room: an emergency is no time to delete backups. */
  keepsOld?: boolean;
};
