import { hold } from '../subjects/hold.js';
import { memory } from '../subjects/memory.js';

hold(...memory);
