/** Where cases make what they need, and how it is called there. */
export type Sandbox = {
  region: string;
  /** The name of what a case makes: as it is in an emulator, with the run and the case before it in an account. */
  name: (base: string) => string;
  /** Tags for everything that is made. */
  tags: { Key: string; Value: string }[];
};

/** Names as they are: every case has an emulated account of its own. */
export const emulated = (region: string): Sandbox => ({ region, name: base => base, tags: [] });
