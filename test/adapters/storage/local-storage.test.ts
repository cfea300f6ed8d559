import { hold } from '../subjects/hold.js';
import { localStorages } from '../subjects/local-storage.js';

hold(...localStorages);
