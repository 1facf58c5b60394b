import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { UploadEntry } from '../src/web/api/uploads.ts';
import type { GatewayProcess } from './gateway-process.ts';

export interface UploadList {
  waiting: number;
  unheard: number;
  fault: string | null;
  uploads: UploadEntry[];
}

/** What a program without any library does with the objects of a gateway. */
export class HttpObjects {
  readonly #gateway: GatewayProcess;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#gateway.ready.http.port}`;
  }

  /** Uploads a file; the gateway's answer. */
  send(content: Uint8Array, query = 'from=sender'): Promise<Response> {
    return fetch(`${this.url}/objects/a.bin?${query}`, { method: 'PUT', body: new Uint8Array(content) });
  }

  /** Uploads a file, which is to be acknowledged; its key. */
  async put(content: Uint8Array, query?: string): Promise<string> {
    const answer = await this.send(content, query);
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { key: string }).key;
  }

  get(key: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/objects/${key}`, { headers });
  }

  /** The digest of an object. */
  async read(key: string): Promise<string> {
    return sha256(new Uint8Array(await (await this.get(key)).arrayBuffer()));
  }

  /** The keys of the objects that `query` asks for, the newest first. */
  async newest(query: string): Promise<string[]> {
    const answer = (await (await fetch(`${this.url}/api/v1/objects?${query}`)).json()) as {
      objects: { key: string }[];
    };
    return answer.objects.map(({ key }) => key);
  }

  async list(): Promise<UploadList> {
    return (await (await fetch(`${this.url}/uploads`)).json()) as UploadList;
  }

  /** Tries again what waits, as an operator does who does not want to wait for the next attempt. */
  async retry(): Promise<UploadList> {
    const list = await this.list();
    const waiting = list.uploads.find(({ state }) => state === 'accepted');
    if (list.fault !== null && waiting) await fetch(`${this.url}/uploads/${waiting.id}/retry`, { method: 'PUT' });
    return list;
  }

  /** Tries again until nothing waits, and everybody has heard. */
  async settle(): Promise<void> {
    const settled = { waiting: 0, unheard: 0, uploads: [] };
    await vi.waitFor(async () => expect(await this.retry()).toMatchObject(settled), { timeout: 30_000, interval: 20 });
  }

  /** Resolves when uploads wait for a reason that matches. */
  async stuck(reason: RegExp): Promise<void> {
    const fault = expect.stringMatching(reason);
    const uploads = expect.arrayContaining([expect.objectContaining({ state: 'accepted', reason: fault })]);
    await vi.waitFor(async () => expect(await this.list()).toMatchObject({ fault, uploads }), { timeout: 30_000 });
  }
}

/** Hex. */
export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
