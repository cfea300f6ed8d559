import { histories } from './support/histories.js';

histories(0, 1_000);
