import { rehearsesWell } from './support.ts';

rehearsesWell('liquid-abt');
