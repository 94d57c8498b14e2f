import type { Problem } from '../finding.ts';

/** What is wrong with one path of an expression; where it stands is known to whoever asked. */
export type Complaint = {
  rule?: string;
  severity?: Problem['severity'];
  message: string;
  mend: string;
  near?: string;
};
