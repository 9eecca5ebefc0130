import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { humanDuration } from '../../src/old-docker/terminal/units.js';

describe('how long ago an image was made', () => {
  const now = Date.parse('2026-11-28T00:00:00Z');
  for (const [created, exactYears, expected] of [
    ['0001-01-01T00:00:00Z', false, '292 years'],
    ['0001-01-01T00:00:00Z', true, '292.471209 years'],
    ['1970-01-01T00:00:00Z', false, '56 years'],
    ['2026-11-27T00:00:00Z', false, '24 hours'],
  ] as const) {
    it(`${created}, ${exactYears ? 'before 1.7' : 'from 1.7 on'}: ${expected}`, () => {
      assert.equal(humanDuration(now - Date.parse(created), exactYears), expected);
    });
  }
});
