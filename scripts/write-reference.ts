// Writes docs/reference/*.md from the actions and the rules; run it after a change of either.
import { writeFileSync } from 'node:fs';
import { actionsPage } from './reference/actions-page.ts';
import { lintRulesPage } from './reference/lint-rules-page.ts';

const folder = new URL('../docs/reference/', import.meta.url);
writeFileSync(new URL('actions.md', folder), await actionsPage());
writeFileSync(new URL('lint-rules.md', folder), await lintRulesPage());
