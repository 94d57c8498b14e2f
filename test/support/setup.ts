import { putBackAfterTests } from './tests-end.ts';

putBackAfterTests();
