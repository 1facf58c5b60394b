import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { BUCKET, buildEndpoint, type EndpointHouse } from '../gateway/test/oss/support.ts';

// The clients of object storage that npm run test:clients fetched and compiled; scripts/lib/oss-clients.mjs says where they are.

const BUILT = fileURLToPath(new URL('../.cache/oss-clients/', import.meta.url));
const AGENT = fileURLToPath(new URL('oss/python/agent.py', import.meta.url));

const run = promisify(execFile);

/** Runs one program of a client against an endpoint, and reads what it saw. */
async function saw(command: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(command, args);
  return JSON.parse(stdout);
}

function python(story: string, { url, key }: EndpointHouse): Promise<unknown> {
  const told = { story, endpoint: url, bucket: BUCKET, id: key.id, secret: key.secret };
  return saw(`${BUILT}venv/bin/python`, [AGENT, JSON.stringify(told)]);
}

it('pandas writes CSV, Parquet and JSON to object storage, and reads them', async () => {
  expect(await python('pandas_story', await buildEndpoint())).toEqual({
    csv: 50_002,
    parquet: true,
    json: 10,
    large: [true, 300_000],
  });
});

it('OpenDAL appends', async () => {
  expect(await python('opendal_story', await buildEndpoint())).toEqual({
    content: 'one\ntwo\n',
    large: true,
    length: 8,
    type: 'text/csv',
    listed: ['large', 'log.csv'],
  });
});

it("Aliyun's client for Go appends as to a file", async () => {
  const { url, key } = await buildEndpoint();
  expect(await saw(`${BUILT}go/append`, [url, BUCKET, key.id, key.secret])).toEqual({
    content: 'one\none\ntwo\ntwo\n',
    type: ['Appendable', 'text/csv'],
    refused: 'PositionNotEqualToLength',
    next: '16',
  });
});
