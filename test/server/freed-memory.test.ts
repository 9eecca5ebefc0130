/** The memory that a long body was taken in with serves for the next one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { basic, PASSWORD } from '../support/client.js';
import { serve } from '../support/command.js';
import { putBlob } from '../support/registry-v2.js';

const MEGABYTE = 1024 * 1024;
const PAGE = 4096;
/** Where Node runs on glibc, its version. */
const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
const glibc = report.header?.glibcVersionRuntime;

/** How often a process touched memory that the system had yet to give it; Linux only. */
function pageFaults(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[7]);
}

it('the memory of one blob serves for the next', {
  skip: glibc === undefined && 'another C library than glibc',
}, async (t) => {
  const hub = await serve(t, ['--ephemeral', '--admin', `alice:${PASSWORD}`]);
  const bytes = Buffer.alloc(64 * MEGABYTE, 'layer');
  const push = (): Promise<string> => putBlob(hub, basic('alice'), 'alice/long', bytes);
  await push();
  await push();
  const before = pageFaults(hub.pid);
  await push();
  await push();
  const faults = (pageFaults(hub.pid) - before) / 2;
  const pages = bytes.length / PAGE;
  assert.ok(faults < pages / 4, `${faults} page faults for ${pages} pages`);
});
