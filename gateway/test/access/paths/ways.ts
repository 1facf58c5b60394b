import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAME_TYPES } from '@crosscomm/protocol';
import { protocols } from '../../../src/app/protocols.ts';
import { GATEWAY_NAMES } from '../../../src/common/names.ts';
import { GATEWAY_TOPICS } from '../../../src/protocols/mqtt/topics.ts';

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url));

/** What hands a message or a name to the hub, or gets one from it. */
const HUB_CALL =
  /\bhub\.(?:send|offer|observe|subscribe|retained|names|clients|client|onlineIds|channels|everyChannel|members|eachMember|keepFields|summary|mirrorRetained|subscriptions|subscriptionsOf|events\.on)\(/;

/** A route of HTTP, as every server of the gateway declares it. */
const HTTP_ROUTE = /\bapp\.(get|post|put|delete|patch|head|options|all)\(\s*(['`][^'`]+['`]|[A-Z]+)/g;
/** One of the API, which is defined in one piece. */
const API_ROUTE = /\bapiRoute\(\s*\{\s*method: '([A-Z]+)',\s*path: (['`][^'`]+['`]|[A-Z]+),/g;
const HTTP_METHODS = /\bmethod: (\[[^\]]+\]|'[A-Z]+')/;
const HTTP_URL = /\burl: (['`][^'`]+['`]|\w+)/;
const CONSTANT = /\bconst ([A-Z]+) = (['`][^'`]+['`]);/g;
/** How much of a file a route with options takes at most. */
const ROUTE_LENGTH = 300;

/** What a line or an envelope of a protocol may ask for. */
const CASE = /\bcase '(\w+)':/g;
const COMMANDS: Record<string, string> = {
  'protocols/oocsi/session.ts': 'oocsi',
  'protocols/oocsi/line-session.ts': 'oocsi',
  'protocols/crosscomm/session.ts': 'crosscomm',
};

/**
 * Every way by which a message, a name or a byte can get into the gateway or out of it, as its own sources have them: protocols, routes of
 * HTTP, operations of object storage, types of frames, commands, topics and names of the gateway's own, and each file that hands something to the hub
 * or asks it.
 */
export function everyWay(): string[] {
  const ways = new Set<string>([
    ...protocols.map(({ name }) => `protocol ${name}`),
    ...Object.keys(FRAME_TYPES).map((type) => `frame ${type}`),
    ...[...GATEWAY_NAMES, 'presence(NAME)', 'CHANNEL/?'].map((name) => `name ${name}`),
    ...GATEWAY_TOPICS.map((topic) => `topic ${topic}`),
  ]);
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  for (const file of files) {
    const text = readFileSync(join(SOURCES, file), 'utf8');
    if (!file.startsWith('hub/') && HUB_CALL.test(text)) ways.add(`source ${file}`);
    if (file.startsWith('web/')) for (const route of routesIn(text)) ways.add(`http ${route}`);
    const [, dialect] = /^oss\/dialects\/(\w+)\/operations\.ts$/.exec(file) ?? [];
    if (dialect !== undefined) for (const name of operationsIn(text)) ways.add(`${dialect} ${name}`);
    const wire = COMMANDS[file];
    if (wire !== undefined) for (const [, command] of text.matchAll(CASE)) ways.add(`${wire} ${command}`);
  }
  return [...ways].sort();
}

function* routesIn(text: string): Iterable<string> {
  const constants = new Map(Array.from(text.matchAll(CONSTANT), ([, name, value]) => [name, value] as const));
  const urlOf = (written = ''): string => {
    const url = /^['`]/.test(written) ? written.slice(1, -1) : `\${${written}}`;
    const known = url.replace(/\$\{(\w+)\}/g, (whole, name) => constants.get(name)?.slice(1, -1) ?? whole);
    return known === url ? url : urlOf(`'${known}'`);
  };
  for (const [, method = '', url] of text.matchAll(HTTP_ROUTE))
    yield `${method.toUpperCase()} ${urlOf(url)}`.replace('$', '');
  for (const [, method, path] of text.matchAll(API_ROUTE)) yield `${method} ${urlOf(path)}`.replace('$', '');
  for (let at = text.indexOf('app.route({'); at >= 0; at = text.indexOf('app.route({', at + 1)) {
    const options = text.slice(at, at + ROUTE_LENGTH);
    const url = urlOf(HTTP_URL.exec(options)?.[1]);
    for (const [, method] of (HTTP_METHODS.exec(options)?.[1] ?? '').matchAll(/'([A-Z]+)'/g))
      yield `${method} ${url}`.replace('$', '');
  }
}

/** The operations that requests of a dialect of object storage are sent to. */
function* operationsIn(text: string): Iterable<string> {
  for (const [, names = '', file] of text.matchAll(
    /^import \{([^}]+)\} from '(?:\.|\.\.\/\.\.\/operations)\/([\w-]+)\.ts';/gm,
  )) {
    if (file === 'table' || file === 'allowed') continue;
    for (const name of names.split(',').map((each) => each.trim())) if (/^[a-z]\w+$/.test(name)) yield name;
  }
}
