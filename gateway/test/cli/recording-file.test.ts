import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RecordingFile } from '../../src/cli/recording-file.ts';
import { readRecording } from '../../src/cli/replay/read-recording.ts';
import type { OpenEvent, RecordingEvent } from '../../src/transports/recording/events.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-recording-'));
  path = join(folder, 'fault.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const HEAD = { is: 'recording', version: 1, id: 'r1', gateway: '1.0.0', startedMs: 0, clients: ['lamp'] } as const;
const OPEN: OpenEvent = {
  ...{ is: 'open', t: 0, c: 1, protocol: 'oocsi', client: 'lamp', listener: 'oocsi' },
  ...{ by: 'tcp', isStream: true, peer: '10.0.0.7:1' },
};
const said = (t: number): RecordingEvent => ({ is: 'in', t, c: 1, text: 'x'.repeat(100) });

async function write(events: readonly RecordingEvent[], maxBytes = 1_000_000): Promise<RecordingFile> {
  const file = await RecordingFile.create(path, maxBytes);
  for (const event of events) await file.write(event);
  await file.close();
  return file;
}

describe('a recording in a file', () => {
  test('is read as it was written, by its owner alone', async () => {
    await write([HEAD, OPEN, said(3), said(2)]);
    const { head, happenings } = await readRecording(path);
    expect(head).toMatchObject({ ...HEAD, part: 1 });
    expect(happenings).toEqual([OPEN, said(2), said(3)]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('goes on in other files when it is large, and is read from all of them', async () => {
    await write([HEAD, OPEN, ...Array.from({ length: 16 }, (_, index) => said(index))], 800);
    expect((await readdir(folder)).sort()).toEqual(['fault.jsonl', 'fault.jsonl.1', 'fault.jsonl.2', 'fault.jsonl.3']);
    const { happenings } = await readRecording(path);
    expect(happenings).toEqual([OPEN, ...Array.from({ length: 16 }, (_, index) => said(index))]);
  });

  test('has five files at most; what was opened in one that is gone is known to lack its beginning', async () => {
    const file = await write([HEAD, OPEN, ...Array.from({ length: 60 }, (_, index) => said(index))], 800);
    expect(await readdir(folder)).toHaveLength(5);
    expect(file.dropped).toBeGreaterThan(0);
    const [first] = (await readRecording(path)).happenings;
    expect(first).toMatchObject({ is: 'open', inMiddle: true });
  });

  test('is made in place of no other file', async () => {
    await writeFile(path, 'mine');
    await expect(RecordingFile.create(path, 1000)).rejects.toThrow('exists already');
    expect(await readFile(path, 'utf8')).toBe('mine');
    await rm(path);
    await writeFile(`${path}.2`, 'mine, too');
    await expect(RecordingFile.create(path, 1000)).rejects.toThrow('fault.jsonl.2 exists already');
    await expect(RecordingFile.create(join(folder, 'none', 'x'), 1000)).rejects.toThrow('cannot be written');
  });

  test('is read as far as it was written, and a file that is none is refused', async () => {
    await writeFile(path, `${JSON.stringify(HEAD)}\n${JSON.stringify(OPEN)}\n{"is":"in","t"`);
    expect((await readRecording(path)).happenings).toEqual([OPEN]);
    const broken: [string, string][] = [
      ['hello', 'is no recording'],
      ['{"is":"in"}\n', 'is no recording'],
      [JSON.stringify({ ...HEAD, version: 2 }), 'is of version 2'],
      [`${JSON.stringify(HEAD)}\nnonsense\n${JSON.stringify(OPEN)}\n`, 'line 2 is none'],
    ];
    for (const [text, message] of broken) {
      await writeFile(path, text);
      await expect(readRecording(path)).rejects.toThrow(message);
    }
    await expect(readRecording(join(folder, 'none'))).rejects.toThrow('cannot be read');
  });

  test('is refused with the number of the line where any part of an event is not what it must be', async () => {
    const events: RecordingEvent[] = [OPEN, said(3), { is: 'close', t: 4, c: 1, code: 1000 }];
    for (const event of [...events, { is: 'lost', t: 5, events: 2, bytes: 3 } satisfies RecordingEvent]) {
      const parts = Object.keys(event).filter((name) => name !== 'bytes' && name !== 'isStream');
      for (const name of parts) {
        const other = JSON.stringify({ ...event, [name]: [{}] });
        await writeFile(path, `${JSON.stringify(HEAD)}\n${other}\n${JSON.stringify(said(9))}\n`);
        await expect(readRecording(path)).rejects.toThrow('line 2 is none');
      }
    }
    await writeFile(path, JSON.stringify({ ...HEAD, id: 5 }));
    await expect(readRecording(path)).rejects.toThrow('is no recording');
  });
});
