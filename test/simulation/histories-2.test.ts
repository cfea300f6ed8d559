import { histories } from './support/histories.js';

histories(1, 1_000);
