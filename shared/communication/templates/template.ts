/** A message before its fields are filled in; the grammar is that of `shared/plan/expression.ts`. */
export type Template = {
  subject: string;
  text: string;
  /** For SMS, where a link leaves some 50 characters: what is to be done comes first. The subject without it. */
  sms?: string;
};
