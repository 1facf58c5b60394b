import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import type { Incidents } from '../../observability/incidents.ts';
import type { LentPort, SerialPorts } from '../listeners.ts';
import type { FlashEvent } from './events.ts';
import { HEAD_BYTES, recognizeFirmware } from './firmware.ts';
import { type FlashPlan, type FlashWish, planFlash } from './plan.ts';
import { runTool, type ToolEnd } from './run-tool.ts';
import { explainFailure, ToolOutput } from './tool-output.ts';
import { type FoundTool, findTool, toolEnv } from './tools.ts';

export interface FlasherParts {
  ports: Pick<SerialPorts, 'lend'>;
  clock: Clock;
  log: Log;
  incidents: Incidents;
  /** Where programs are looked for, by PATH. */
  env: NodeJS.ProcessEnv;
}

/** A file of firmware that waits to be flashed. */
export interface FirmwareFile {
  path: string;
  bytes: number;
  /** Removes it. Never rejects. */
  remove(): Promise<void>;
}

/** The largest flash of an ESP, in bytes. */
export const MAX_FIRMWARE_BYTES = 16 * 1024 * 1024;
/** How many boards are flashed at once, as each takes a processor. */
const MAX_AT_ONCE = 4;
/** 16 MB at 115,200 baud take longer than anything that works. */
const LIMIT_MS = 30 * 60_000;
/** How long a board may take until its client is back: it starts, and says hello. */
const BACK_MS = 20_000;
/** A board that prints anything does so within this time; others are online all the same. */
const SPEAKS_MS = 5000;
const LOOK_EVERY_MS = 100;

/** Writes firmware to boards at serial ports, by the programs that are made for that. */
export class Flasher {
  readonly #parts: FlasherParts;
  readonly #stopping = new AbortController();
  #running = 0;

  constructor(parts: FlasherParts) {
    this.#parts = parts;
  }

  /** Keeps what comes as a file. Throws a GatewayError PEER_TOO_LARGE, or what its source throws. */
  async receive(content: AsyncIterable<Uint8Array>): Promise<FirmwareFile> {
    const folder = await mkdtemp(join(tmpdir(), 'crosscomm-flash-'));
    const path = join(folder, 'firmware.bin');
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => {});
    let bytes = 0;
    try {
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of content) {
          bytes += piece.length;
          if (bytes > MAX_FIRMWARE_BYTES) {
            const message = `The file is longer than ${MAX_FIRMWARE_BYTES} bytes, more than any board takes.`;
            throw new GatewayError('PEER_TOO_LARGE', message);
          }
          yield piece;
        }
      };
      await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(path, { mode: 0o600 }));
    } catch (error) {
      await remove();
      throw error;
    }
    return { path, bytes, remove };
  }

  /**
   * Flashes a board, which is offline meanwhile. Whatever happens once it has begun is told, and goes on to its end. `file` is not removed.
   *
   * @throws GatewayError where it cannot begin; nothing was done then: PEER_MALFORMED, PEER_NOT_FOUND, PEER_TOO_MANY, FLASH_TOOL_MISSING
   */
  async flash(wish: FlashWish, file: FirmwareFile, tell: (event: FlashEvent) => void): Promise<void> {
    const firmware = recognizeFirmware(await headOf(file.path));
    if (firmware === undefined) {
      throw new GatewayError(
        'PEER_MALFORMED',
        'The file is no firmware that is known: it must be Intel HEX (.hex), an image for an ESP (.bin) or UF2 (.uf2).',
      );
    }
    if (this.#running >= MAX_AT_ONCE) {
      throw new GatewayError('PEER_TOO_MANY', `${MAX_AT_ONCE} boards are being flashed; wait until one is done.`);
    }
    this.#running++;
    try {
      const lend = async (usb: Parameters<typeof planFlash>[2]): Promise<{ plan: FlashPlan; tool: FoundTool }> => {
        const plan = planFlash(firmware, wish, usb);
        return { plan, tool: await findTool(plan.tool, this.#parts.env) };
      };
      const lent = await this.#parts.ports.lend(wish.port, lend);
      if ('refused' in lent) throw new GatewayError(lent.refused.code, lent.refused.message);
      await this.#write(lent.port, lent.ready, file, tell);
    } finally {
      this.#running--;
    }
  }

  /** Breaks off what is under way; a board that is half flashed can be flashed again. */
  close(): void {
    this.#stopping.abort();
  }

  async #write(
    port: LentPort,
    { plan, tool }: { plan: FlashPlan; tool: FoundTool },
    file: FirmwareFile,
    tell: (event: FlashEvent) => void,
  ): Promise<void> {
    const { clock, env, incidents, log } = this.#parts;
    const { id: client, path } = port;
    const named = `${tool.name} ${tool.version}`;
    const beganMs = clock.monotonicMs();
    const fail = (message: string, isWritten: boolean): void => {
      incidents.report({ door: 'serial', who: client, code: 'FLASH_FAILED', message });
      tell({ is: 'failed', code: 'FLASH_FAILED', message, isWritten });
    };
    log.info({ who: client, path, board: plan.board, tool: named, bytes: file.bytes }, 'A board is being flashed.');
    tell({ is: 'begun', client, path, board: plan.board, tool: named, bytes: file.bytes });
    const run = async (): Promise<{ output: ToolOutput; end: ToolEnd }> => {
      const output = new ToolOutput(tool.name, (progress) => tell({ is: 'progress', ...progress }));
      const end = await runTool({
        ...{ tool, clock, args: plan.args(tool, path, file.path), env: toolEnv(env), cwd: join(file.path, '..') },
        ...{ limitMs: LIMIT_MS, signal: this.#stopping.signal, said: (text) => output.push(text) },
      });
      return { output, end };
    };
    let { output, end } = await run();
    if ('code' in end && end.code !== 0 && output.isOutOfStep) {
      log.info(
        { who: client, path, said: output.lastWords },
        'The boot loader was not heard right; it is tried again.',
      );
      ({ output, end } = await run());
    }
    port.giveBack();
    if (!('code' in end) || end.code !== 0) {
      fail(sentenceOf(end, named, output, plan.board), false);
      return;
    }
    const back = await this.#back(port);
    const seconds = Math.round((clock.monotonicMs() - beganMs) / 100) / 10;
    if ('missing' in back) {
      fail(`The firmware is on the board, and ${back.missing}`, true);
      return;
    }
    log.info({ who: back.client, path, board: plan.board, seconds }, 'A board was flashed.');
    tell({ is: 'done', ...back, seconds });
  }

  /** Waits until a client is at the port again, and a while for what it says, by which it may have another id. */
  #back(port: LentPort): Promise<Back> {
    const { clock } = this.#parts;
    const beganMs = clock.monotonicMs();
    return new Promise((resolve) => {
      const cancels: (() => void)[] = [];
      const end = (result: Back): void => {
        for (const cancel of cancels.splice(0)) cancel();
        resolve(result);
      };
      let hadSpoken = false;
      const look = (isLast: boolean): void => {
        const now = port.now();
        const isOther = now?.state === 'open' && now.id !== now.givenId;
        const isSame = now?.state === 'open' && now.id === port.id;
        const mayStillSay = isSame && !hadSpoken && clock.monotonicMs() - beganMs < SPEAKS_MS && !isLast;
        hadSpoken = now?.hasSpoken ?? false;
        if (isOther || (isSame && !mayStillSay)) end({ client: now.id, hasSpoken: hadSpoken });
        else if (isLast) end({ missing: missingOf(port, now) });
      };
      cancels.push(clock.every(LOOK_EVERY_MS, () => look(false)));
      cancels.push(clock.after(BACK_MS, () => look(true)));
      const { signal } = this.#stopping;
      const stop = (): void => look(true);
      cancels.push(() => signal.removeEventListener('abort', stop));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    });
  }
}

/** The client that is at the port again, or why there is none: a part of a sentence. */
type Back = { client: string; hasSpoken: boolean } | { missing: string };

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function missingOf({ id, path }: LentPort, now: ReturnType<LentPort['now']>): string {
  if (now === undefined) return `the board is not at ${path} any more: was it unplugged?`;
  if (now.state === 'refused') return `another client has its id ${now.id}.`;
  if (now.state === 'unapproved') return `it waits to be approved: crosscomm serial approve ${path}`;
  if (now.state !== 'open') return `${path} cannot be opened: crosscomm status says why.`;
  return `${id} is not back after ${BACK_MS / 1000} s: does the sketch have this id and the speed of the port? What it prints is on the page of ${now.id}.`;
}

function sentenceOf(end: ToolEnd, named: string, output: ToolOutput, board: string): string {
  if ('why' in end) {
    if (end.why === 'limit') return `${named} took longer than ${LIMIT_MS / 60_000} minutes, and was ended.`;
    if (end.why === 'stopped') return `${named} was ended before it was done; flash the board again.`;
    return `${named} could not be started: ${end.reason}.`;
  }
  const words = output.lastWords;
  const known = explainFailure(output.tail, board);
  return `${known ?? `${named} failed.`} It said: ${words === '' ? `exit code ${end.code}` : words}`;
}
