import { parentPort } from 'node:worker_threads';
import { giveWay } from '../../common/give-way.ts';
import type { BackupAnswer, BackupRequest } from './backup-thread.ts';
import { BackupWriter } from './write-backup.ts';

/** Whoever serves clients goes first. */
const NICE = 10;

let writer: BackupWriter | undefined;
let pieces: Generator<Buffer> | undefined;

// On Linux, this is the priority of this thread alone (setpriority(2)); elsewhere it would be that of the whole process.
if (process.platform === 'linux') giveWay(NICE);

parentPort?.on('message', (request: BackupRequest) => {
  try {
    if (request.what === 'open') {
      writer = new BackupWriter(request.order);
      pieces = writer.pieces();
      answer({ what: 'opened', bytes: writer.bytes });
      return;
    }
    const next = pieces?.next();
    if (next === undefined || next.done) answer({ what: 'end' });
    else handOver(next.value as Buffer<ArrayBuffer>);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    answer({ what: 'fault', message, code });
  }
});

function answer(message: BackupAnswer): void {
  parentPort?.postMessage(message);
}

function handOver({ buffer, byteOffset, byteLength }: Buffer<ArrayBuffer>): void {
  const piece = new Uint8Array(buffer, byteOffset, byteLength);
  const message: BackupAnswer = { what: 'piece', piece };
  parentPort?.postMessage(message, [buffer]);
}
