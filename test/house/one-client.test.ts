/*
 * Tests ask by test/support/client.ts and start hubs by test/support/hub.ts, so that every answer is held against
 * openapi.yaml, and a hub is cheap, on a free port, and closed. Who can't, stands here with the reason.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readText } from '../support/markdown.js';
import { sourceFiles } from '../support/sources.js';

/** What asks or starts a hub by itself. */
const BY_ITSELF =
  /\b(?:fetch|startHub|supertest)\(|^import \{[^}]*\b(?<!type )(?:get|request)\b[^}]*\} from 'node:https?'/m;

const EXCEPTIONS: Readonly<Record<string, string>> = {
  'test/access/permissions-of-tokens.test.ts': 'a body that is sent only after 100 Continue',
  'test/harness/harness.test.ts': 'a program of its own',
  'test/harness/reset-bridge.test.ts': 'an answer that is read only later',
  'test/house/examples.test.ts': 'a program of its own',
  'test/options/hub-options.test.ts': 'what startHub itself makes of options',
  'test/repositories/official.test.ts': 'TLS under a name that leads elsewhere',
  'test/server/metrics.test.ts': 'a program of its own',
  'test/storage/power-cuts-bridge.test.ts': 'modules that are loaded once fsync is watched',
  'test/storage/power-cuts.test.ts': 'modules that are loaded once fsync is watched',
  'test/web/every-page.test.ts': 'the time of a page, without that of its check',
  'test/web/live.test.ts': 'a stream of events without an end',
};

it('tests have one HTTP client, and one way to start a hub', () => {
  const others = /^test\/support\/|^test\/house\/one-client\.test\.ts$/;
  const found = sourceFiles(['test'])
    .filter((path) => path.endsWith('.ts') && !others.test(path))
    .filter((path) => BY_ITSELF.test(readText(path)));
  assert.deepEqual(found.sort(), Object.keys(EXCEPTIONS).sort());
});
