import { hold } from '../subjects/hold.js';
import { sqlite } from '../subjects/sqlite.js';

hold(...sqlite);
