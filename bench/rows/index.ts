import type { Row } from '../support/row.js';
import { creates } from './creates.js';
import { distribution } from './distribution.js';
import { harness } from './harness.js';
import { layers } from './layers.js';
import { logins } from './logins.js';
import { modern } from './modern.js';
import { pages } from './pages.js';
import { pushes } from './pushes.js';
import { reads } from './reads.js';
import { rescues } from './rescues.js';
import { searches } from './searches.js';
import { starts } from './starts.js';

/** Everything that is measured. */
export const rows: readonly Row[] = [
  ...reads,
  ...creates,
  ...layers,
  ...pushes,
  ...searches,
  ...starts,
  ...logins,
  ...modern,
  ...distribution,
  ...rescues,
  ...harness,
  ...pages,
];
