import { rehearsesWell } from './support.ts';

rehearsesWell('waqiti');
