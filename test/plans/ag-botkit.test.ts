import { rehearsesWell } from './support.ts';

rehearsesWell('ag-botkit');
