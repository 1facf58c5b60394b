import { hostInUrl } from '../../common/host-in-url.ts';
import { printable } from '../../common/printable.ts';
import { shownBytes } from '../../observability/finding.ts';
import type { Overview } from '../../web/api/overview.ts';
import type { Status } from '../../web/status-route.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, paintOf, type Shell, say, withCalls } from '../shell.ts';
import { described, wrapped } from '../text.ts';

/** What a table may take where the terminal does not say how wide it is. */
const COLUMNS = 80;
/** What labels take. */
const LABEL = 11;

/** What GET /status answers, and of the overview what that leaves out. */
export interface WholeStatus extends Status, Partial<Pick<Overview, (typeof MORE)[number]>> {}
const MORE = ['rates', 'queues', 'problems', 'memoryBytes', 'disk', 'links'] as const;

/** `crosscomm status`: who is connected to a running gateway, how much goes through it, and what is wrong. */
export async function status(shell: Shell, { json, ...options }: ReachOptions & { json?: boolean }): Promise<number> {
  const { url, ...credential } = await reachOf(shell, options);
  const [basic, overview] = await Promise.all([
    askGateway(shell, url, 'GET', '/status', credential),
    // A gateway of an earlier version has none.
    askGateway(shell, url, 'GET', '/api/v1/overview', credential).catch(() => ({})),
  ]);
  const more = MORE.flatMap((name) => (name in (overview as object) ? [[name, (overview as Overview)[name]]] : []));
  const answer: WholeStatus = { ...(basic as Status), ...Object.fromEntries(more) };
  if (json) {
    say(shell, JSON.stringify(answer));
    return EXIT.fine;
  }
  const { host } = new URL(url);
  const columns = shell.stdout.columns ?? COLUMNS;
  say(
    shell,
    paintOf(shell).bold(`CrossComm Gateway ${answer.version} at ${host}, up for ${duration(answer.uptimeMs)}`),
  );
  const rows = rowsOf(answer);
  for (const line of described(rows, columns)) say(shell, line);
  showProblems(shell, answer.problems, columns);
  return EXIT.fine;
}

/** One sentence below the other, with what to do, beside a label as the other rows have. */
function showProblems(shell: Shell, problems: WholeStatus['problems'], columns: number): void {
  const paint = paintOf(shell);
  const label = 'Problems'.padEnd(LABEL);
  if (problems === undefined || problems.length === 0) {
    say(shell, `${label}none`);
    return;
  }
  const lines = problems.flatMap(({ sentence, advice }) => [
    ...wrapped(printable(sentence), columns - LABEL).map((line) => paint.yellow(line)),
    ...wrapped(withCalls(shell.env, printable(advice)), columns - LABEL).map((line) => paint.dim(line)),
  ]);
  lines.forEach((line, at) => {
    say(shell, `${at === 0 ? label : ' '.repeat(LABEL)}${line}`);
  });
}

type Row = [label: string, value: string, note: string];

function rowsOf(answer: WholeStatus): Row[] {
  const { doors, clients, channelCount, counters, uploads, incidents, sharedIds, rates, queues } = answer;
  const refused = Object.values(counters.refusals).reduce((sum, count) => sum + count, 0);
  const refusals = Object.entries(incidents).map(([what, times]): Row => ['', what, often(times)]);
  const shared = sharedIds.map(
    ({ id, protocol, times }): Row => ['', `${protocol} PEER_ID_SHARED`, `${printable(id)}, ${often(times)}`],
  );
  const met = [...shared, ...refusals];
  return [
    ...withLabel('Listeners', listenerRows(doors as Record<string, unknown>)),
    ['Clients', `${clients.online} online, ${clients.known} known`, protocolsOf(clients)],
    ...(clients.list.length > 0 ? [['', proofsOf(clients), ''] as Row] : []),
    ['Channels', String(channelCount), ''],
    [
      'Messages',
      `${counters.messages} in, ${counters.deliveries} delivered`,
      refused === 0 ? '' : `${refused} refused`,
    ],
    ...(rates ? [['', `${rates.messagesPerS} in and ${rates.deliveriesPerS} out a second`, ''] as Row] : []),
    ...(queues ? [['Queues', `${shownBytes(queues.bytes)} of ${shownBytes(queues.limitBytes)}`, ''] as Row] : []),
    ...(uploads
      ? [
          [
            'Uploads',
            `${uploads.receiving} coming, ${uploads.waiting} waiting, ${uploads.failed} failed`,
            printable(uploads.fault ?? ''),
          ] as Row,
        ]
      : []),
    ...withLabel('Links', linkRows(answer.links)),
    ...machineRows(answer),
    ...withLabel('Incidents', met.length > 0 ? met : [['', 'none', '']]),
  ];
}

function withLabel(label: string, [first, ...rest]: Row[]): Row[] {
  return first === undefined ? [] : [[label, first[1], first[2]], ...rest];
}

/** What listens, and how it stands with serial ports. */
function listenerRows(doors: Record<string, unknown>): Row[] {
  return Object.entries(doors).flatMap(([name, state]): Row[] => {
    if (Array.isArray(state)) {
      return (state as { path: string; id: string; state: string }[]).map((port) => [
        '',
        `${name} ${printable(port.path)}`,
        `${port.state}, ${printable(port.id)}`,
      ]);
    }
    const { host, port, tls } = state as { host: string; port: number; tls?: string };
    return [['', `${name} ${hostInUrl(host)}:${port}`, tls === 'required' ? 'TLS only' : '']];
  });
}

function linkRows(links: WholeStatus['links']): Row[] {
  if (links === undefined) return [];
  if (links.length === 0) return [['', 'none', '']];
  return links.map(({ name, peer, fault }) => [
    '',
    `${name} ${printable(peer ?? '')}`,
    printable(fault ?? 'connected'),
  ]);
}

function machineRows({ memoryBytes, disk }: WholeStatus): Row[] {
  return [
    ...(memoryBytes === undefined ? [] : [['Memory', shownBytes(memoryBytes), ''] as Row]),
    ...(disk ? [['Disk', `${shownBytes(disk.freeBytes)} of ${shownBytes(disk.totalBytes)} free`, ''] as Row] : []),
  ];
}

/** How many have proved who they are, and how: `2 by token, 1 by cable, 3 anonymous`. */
function proofsOf({ list }: Status['clients']): string {
  const counts = new Map<string, number>();
  for (const { proof } of list) {
    const how = proof === 'none' ? 'anonymous' : `by ${proof}`;
    counts.set(how, (counts.get(how) ?? 0) + 1);
  }
  return [...counts].map(([how, count]) => `${count} ${how}`).join(', ');
}

function often(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

/** How many speak what: `mqtt 5, oocsi 2`. */
function protocolsOf({ list, online }: Status['clients']): string {
  const counts = new Map<string, number>();
  for (const { protocol } of list) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  const text = [...counts].map(([protocol, count]) => `${protocol} ${count}`).join(', ');
  return online > list.length ? `${text} of the last ${list.length}` : text;
}

/** `42 s`, `12 min`, `3 h 5 min`, `8 d 2 h`. */
function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  if (minutes === 0) return `${Math.floor(ms / 1000)} s`;
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}
