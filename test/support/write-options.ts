/* `npm run options`: writes the tables of options into the manual. */
import { writeTables } from './options-table.js';

writeTables();
