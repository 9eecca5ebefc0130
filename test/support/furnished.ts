/* A hub with something to look at. */
import type { Seed } from '../../src/index.js';
import { PASSWORD } from './client.js';

const FULL = `# static_web

A small **nginx** with one page.

\`\`\`
docker run -d -p 80 jamtur01/static_web
\`\`\`

* \`latest\`: what is in the book
* \`1.0\`: the same

See [the manual](https://example.com/manual).
`;

/** The long description of `jamtur01/static_web`, which no seed has. */
export const FULL_DESCRIPTION = FULL;

/** Two people, an official image, one that is built on it, a private one. */
export function furniture(): Seed {
  return {
    users: [
      { username: 'jamtur01', password: PASSWORD, email: 'james@example.com' },
      { username: 'alice', password: PASSWORD, email: 'alice@example.com' },
    ],
    repositories: [
      {
        name: 'ubuntu',
        description: 'A base image',
        stars: 12,
        tags: {
          '14.04': { files: { 'etc/issue': 'Ubuntu 14.04\n' }, created: '2014-04-17T12:00:04Z' },
        },
      },
      {
        name: 'jamtur01/static_web',
        description: 'An nginx with one page',
        stars: 1,
        tags: {
          '1.0': {
            files: { 'var/www/index.html': 'hello\n' },
            from: 'ubuntu:14.04',
            config: { Cmd: ['nginx'] },
            created: '2014-11-14T04:38:28Z',
          },
          latest: {
            files: { 'var/www/index.html': 'hello again\n' },
            from: 'jamtur01/static_web:1.0',
            created: '2014-11-15T10:20:30Z',
          },
        },
      },
      { name: 'jamtur01/payroll', description: '', private: true, tags: {} },
      {
        name: 'alice/api',
        description: 'Built on the same base',
        tags: {
          '2': {
            files: { 'srv/app': '2\n' },
            from: 'ubuntu:14.04',
            created: '2014-12-01T09:00:00Z',
          },
        },
      },
    ],
  };
}
