import { hold } from '../subjects/hold.js';
import { idb } from '../subjects/idb.js';

hold(...idb);
