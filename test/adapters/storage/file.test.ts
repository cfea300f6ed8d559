import { hold } from '../subjects/hold.js';
import { file } from '../subjects/file.js';

hold(...file);
