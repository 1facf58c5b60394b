import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { cpuMs } from './cpu.mjs';

/** @import { Jobs, Upload } from '../job-types.ts' */

const PIECE_BYTES = 1024 * 1024;

/** Content that nothing compresses. */
const piece = Buffer.alloc(PIECE_BYTES);
for (let at = 0, state = 1; at < PIECE_BYTES; at += 4) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  piece.writeInt32LE(state, at);
}

/** @param {number} bytes */
function* content(bytes) {
  for (let left = bytes; left > 0; left -= PIECE_BYTES) yield piece.subarray(0, left);
}

/**
 * Sends `job.bytes` by one PUT, as fast as the server takes them; from the request until the answer.
 * @param {Jobs['upload']} job
 * @returns {Promise<Upload>}
 */
export async function runUpload({ to, bytes, pid }) {
  const before = { at: performance.now(), server: cpuMs(pid) };
  const request = httpRequest({
    host: to.host,
    port: to.port,
    path: '/objects/large.bin',
    method: 'PUT',
    headers: { 'content-length': bytes },
  });
  Readable.from(content(bytes), { objectMode: false }).pipe(request);
  const [response] = await once(request, 'response');
  if (response.statusCode !== 201) throw new Error(`the server answered ${response.statusCode}`);
  const elapsedMs = performance.now() - before.at;
  response.resume();
  return { megabytesPerSecond: bytes / 1000 / elapsedMs, serverMs: cpuMs(pid) - before.server };
}
