import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PYTHON } from '@crosscomm/testing/python';
import { expect, it } from 'vitest';
import { FOLDER } from './support.ts';

it('the codec in Python reads and writes what all codecs do, by the vectors of the protocol', () => {
  // unittest says on standard error what it ran, and ends with 1 where a test failed.
  const said = execFileSync('sh', ['-c', '"$1" -m unittest -v test_codec 2>&1', 'sh', PYTHON], {
    cwd: join(FOLDER, 'test'),
    env: { ...process.env, PYTHONPATH: FOLDER },
    encoding: 'utf8',
  });
  expect(said).toMatch(/Ran 12 tests/);
  expect(said.match(/\.\.\. ok$/gm)).toHaveLength(12);
});
