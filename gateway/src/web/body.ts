import type { FastifyInstance } from 'fastify';
import { JsonScanError, quote, type RawMember, scanObject, tryScanObject } from '../common/json/scan.ts';
import { RequestError } from './request-error.ts';

/**
 * Makes the bodies of `app`'s requests arrive as members, in which JSON numbers keep their spelling: an object's members,
 * a form's fields as strings (a repeated one as an array of them), or the member `data` of a plain text. An empty body
 * has none.
 */
export function readBodiesAsMembers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const read =
    (parse: (text: string) => RawMember[]) =>
    (_request: unknown, text: string): Promise<RawMember[]> =>
      new Promise((resolve) => resolve(text.trim() === '' ? [] : parse(text)));
  const parseAs = 'string';
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json(?:$|\s*;)/, { parseAs }, read(parseJson));
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs }, read(parseForm));
  app.addContentTypeParser(/^text\/plain(?:$|\s*;)/, { parseAs }, read(parseText));
}

/** The members of a query string that fastify has taken apart: strings, or arrays of them. */
export function queryMembers(query: unknown): RawMember[] {
  return Object.entries(query as Record<string, string | string[]>).map(([name, value]) => ({
    name,
    raw: JSON.stringify(value),
  }));
}

/** A plain text as members: those of the object it is, or the member `data` with the text. */
export function parseText(text: string): RawMember[] {
  return tryObject(text) ?? [{ name: 'data', raw: quote(text) }];
}

function parseJson(text: string): RawMember[] {
  try {
    return scanObject(text);
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    throw new RequestError('PEER_MALFORMED', `The body must be one JSON object, but there is ${error.message}.`);
  }
}

/** curl sends JSON under a form's type unless it is told otherwise, so an object is taken for what it is. */
function parseForm(text: string): RawMember[] {
  const members = tryObject(text);
  if (members) return members;
  const fields = new URLSearchParams(text);
  return Array.from(new Set(fields.keys()), (name) => {
    const values = fields.getAll(name);
    return { name, raw: JSON.stringify(values.length === 1 ? values[0] : values) };
  });
}

function tryObject(text: string): RawMember[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  return tryScanObject(text);
}
