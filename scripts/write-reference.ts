// Writes docs/reference/*.md from the actions, the rules, the schema and the faults; run it after a change of any.
import { writeFileSync } from 'node:fs';
import { actionsPage } from './reference/actions-page.ts';
import { faultsPage } from './reference/faults-page.ts';
import { flawsPage } from './reference/flaws-page.ts';
import { lintRulesPage } from './reference/lint-rules-page.ts';
import { messagesPage } from './reference/messages-page.ts';
import { planPage } from './reference/plan-page.ts';

const folder = new URL('../docs/reference/', import.meta.url);
writeFileSync(new URL('actions.md', folder), await actionsPage());
writeFileSync(new URL('lint-rules.md', folder), await lintRulesPage());
writeFileSync(new URL('flaws.md', folder), flawsPage());
writeFileSync(new URL('plan.md', folder), planPage());
writeFileSync(new URL('faults.md', folder), faultsPage());
writeFileSync(new URL('messages.md', folder), messagesPage());
