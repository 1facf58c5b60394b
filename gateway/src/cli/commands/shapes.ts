import { printable } from '../../common/printable.ts';
import type { ShapeAnswer, ShapesAnswer } from '../../web/api/shapes.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, type Shell, say, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface ShapesOptions extends ReachOptions {
  json?: boolean;
}

/** How many are asked for at once. */
const PAGE = 1000;

/** `crosscomm shapes`: what a channel carries, or each. */
export async function shapes(shell: Shell, channel: string | undefined, options: ShapesOptions): Promise<number> {
  const { json = false, ...reach } = options;
  const found = channel === undefined ? await every(shell, reach) : [await shapeOf(shell, channel, reach)];
  if (json) for (const shape of found) say(shell, JSON.stringify(shape));
  else if (found.length === 0) warn(shell, 'No message on a channel was looked at so far.');
  else sayShapes(shell, found);
  return EXIT.fine;
}

/** The shape of one channel, of the gateway that is meant. Throws a GatewayError PEER_NOT_FOUND where it knows none. */
export async function shapeOf(shell: Shell, channel: string, options: ReachOptions): Promise<ShapeAnswer> {
  const { url, ...credential } = await reachOf(shell, options);
  const path = `/api/v1/channels/${encodeURIComponent(channel)}/shape`;
  return (await askGateway(shell, url, 'GET', path, credential)) as ShapeAnswer;
}

async function every(shell: Shell, options: ReachOptions): Promise<ShapeAnswer[]> {
  const { url, ...credential } = await reachOf(shell, options);
  const found: ShapeAnswer[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...(after !== undefined && { after }) });
    const path = `/api/v1/shapes?${query}`;
    const page = (await askGateway(shell, url, 'GET', path, credential)) as ShapesAnswer;
    found.push(...page.shapes);
    after = page.next;
  } while (after !== undefined);
  return found;
}

function sayShapes(shell: Shell, found: readonly ShapeAnswer[]): void {
  const rows = found.flatMap(({ channel, messages, everyMs, fields, hasMore }) => [
    ...fields.map((field) => [
      printable(channel),
      field.name === '' ? '(message)' : printable(field.name),
      `${typesOf(field)}${field.isOptional ? '?' : ''}`,
      rangeOf(field),
      String(messages),
      everyMs === undefined ? '-' : `${(everyMs / 1000).toFixed(1)} s`,
    ]),
    ...(hasMore ? [[printable(channel), '(more)', '-', '-', String(messages), '-']] : []),
  ]);
  sayTable(shell, ['CHANNEL', 'FIELD', 'TYPE', 'RANGE', 'MESSAGES', 'EVERY'], rows);
}

type Field = ShapeAnswer['fields'][number];

function typesOf({ types, items }: Field): string {
  return types.map((type) => (type === 'array' && items?.length ? `array of ${items.join('/')}` : type)).join('/');
}

function rangeOf({ min, max, maxLength }: Field): string {
  const parts: string[] = [];
  if (min !== undefined) parts.push(min === max ? String(min) : `${min} to ${max}`);
  if (maxLength !== undefined) parts.push(`up to ${maxLength} long`);
  return parts.length === 0 ? '-' : parts.join(', ');
}
