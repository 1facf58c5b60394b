import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { createWebServer } from '../../../src/web/server.ts';
import { buildObjects, type HouseOptions, type ObjectsHouse } from '../../objects/objects-house.ts';

export const STALL_MS = 30_000;

export interface WebObjects extends ObjectsHouse {
  app: FastifyInstance;
  port: number;
  url: string;
}

/** Objects behind a web server that listens. */
export async function buildWebObjects(options: HouseOptions = {}): Promise<WebObjects> {
  const house = await buildObjects(options);
  const app = await createWebServer({
    context: house,
    serviceTimeoutMs: 1800,
    maxBodyBytes: 4096,
    objects: { objects: house.objects, stallMs: STALL_MS },
  });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  house.objects.links.base = `http://127.0.0.1:${port}`;
  return { ...house, app, port, url: `http://127.0.0.1:${port}` };
}

export interface Answer {
  status: number;
  body: {
    key: string;
    size: number;
    sha256: string;
    url: string;
    offset: number;
    error: { code: string; message: string };
  };
}

/** Puts an object, and reads the answer. */
export async function put(
  url: string,
  content: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(url, { method: 'PUT', body: content, headers });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

/** In hex. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
