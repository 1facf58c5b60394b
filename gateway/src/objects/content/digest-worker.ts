import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { DigestAnswer, DigestRequest } from './digest-thread.ts';
import { ContentDigest, digestBytes } from './digests.ts';

interface Followed {
  file: number;
  digest: ContentDigest;
  position: number;
  size: number;
  isFinished: boolean;
}

const buffer = Buffer.allocUnsafe(128 * 1024);
const followed = new Map<number, Followed>();
let isBusy = false;

parentPort?.on('message', (request: DigestRequest) => {
  try {
    take(request);
  } catch (error) {
    fail(request.id, error);
  }
});

function take(request: DigestRequest): void {
  if (request.what === 'whole') {
    answer({ id: request.id, digests: digestBytes(request.bytes, request) });
    return;
  }
  if (request.what === 'follow') {
    const file = openSync(request.path, 'r');
    followed.set(request.id, { file, digest: new ContentDigest(request), position: 0, size: 0, isFinished: false });
    return;
  }
  const each = followed.get(request.id);
  if (each === undefined) {
    if (request.what === 'finish') throw new Error('the file was not followed from its beginning');
    return;
  }
  if (request.what === 'cancel') {
    forget(request.id, each);
    return;
  }
  each.size = request.size;
  each.isFinished = request.what === 'finish';
  if (!isBusy) work();
}

/** One piece of each file in turn, so that a large file does not delay a small one. */
function work(): void {
  isBusy = false;
  for (const [id, each] of followed) {
    try {
      step(id, each);
    } catch (error) {
      fail(id, error);
    }
  }
  if (isBusy) setImmediate(work);
}

function step(id: number, each: Followed): void {
  if (each.position < each.size) {
    const bytesRead = readSync(each.file, buffer, 0, Math.min(buffer.length, each.size - each.position), each.position);
    if (bytesRead === 0) throw new Error('the file is shorter than it should be');
    each.digest.update(buffer.subarray(0, bytesRead));
    each.position += bytesRead;
    isBusy = true;
  } else if (each.isFinished) {
    forget(id, each);
    answer({ id, digests: each.digest.digest() });
  }
}

function fail(id: number, error: unknown): void {
  const each = followed.get(id);
  if (each) forget(id, each);
  answer({ id, fault: error instanceof Error ? error.message : String(error) });
}

function forget(id: number, each: Followed): void {
  followed.delete(id);
  closeSync(each.file);
}

function answer(message: DigestAnswer): void {
  parentPort?.postMessage(message);
}
