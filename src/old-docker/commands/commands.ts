import { buildCommand } from './build.js';
import type { Command } from './command.js';
import { commitCommand } from './commit.js';
import { historyCommand } from './history.js';
import { imagesCommand } from './images.js';
import { inspectCommand } from './inspect.js';
import { loadCommand } from './load.js';
import { loginCommand } from './login.js';
import { logoutCommand } from './logout.js';
import { pullCommand } from './pull.js';
import { pushCommand } from './push.js';
import { rmiCommand } from './rmi.js';
import { saveCommand } from './save.js';
import { searchCommand } from './search.js';
import { tagCommand } from './tag.js';

/** What the played docker has. */
export const COMMANDS: readonly Command[] = [
  buildCommand,
  commitCommand,
  historyCommand,
  imagesCommand,
  inspectCommand,
  loadCommand,
  loginCommand,
  logoutCommand,
  pullCommand,
  pushCommand,
  rmiCommand,
  saveCommand,
  searchCommand,
  tagCommand,
];

/** What a real docker had besides: it needs containers, or a daemon of its own. */
export const NOT_PLAYED: ReadonlySet<string> = new Set([
  'attach',
  'cp',
  'create',
  'daemon',
  'diff',
  'events',
  'exec',
  'export',
  'import',
  'info',
  'insert',
  'kill',
  'logs',
  'network',
  'pause',
  'port',
  'ps',
  'rename',
  'restart',
  'rm',
  'run',
  'start',
  'stats',
  'stop',
  'top',
  'unpause',
  'update',
  'volume',
  'wait',
]);
