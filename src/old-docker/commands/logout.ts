import type { Command } from './command.js';
import { hostOf } from './login.js';

/** `docker logout [HOST]`, from 1.1 on. */
export const logoutCommand: Command = {
  name: 'logout',
  synopsis: [['0', '[SERVER]']],
  about: [
    [
      '0',
      'Log out from a Docker registry, if no server is specified "https://index.docker.io/v1/" is the default.',
    ],
    ['1.11', 'Log out from a Docker registry.'],
  ],
  least: 0,
  most: 1,
  flags: [],
  run: async ({ logins, terminal }, { words: [server] }) => {
    const host = server === undefined ? undefined : hostOf(server);
    const key = logins.key(host);
    const wasThere = await logins.has(host);
    if (wasThere) await logins.forget(host);
    const said = wasThere ? `Remove login credentials for ${key}` : `Not logged in to ${key}`;
    await terminal.stdout.write(`${said}\n`);
  },
};
