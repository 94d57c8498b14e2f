/** Seconds between two looks for backups that are finished and not yet copied: all of it is added to a copy's age. */
export const copyEverySeconds = 1800;
