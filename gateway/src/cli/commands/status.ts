import { printable } from '../../common/printable.ts';
import type { Status } from '../../web/status-route.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, paintOf, type Shell, say } from '../shell.ts';
import { described } from '../text.ts';

/** What a table may take where the terminal does not say how wide it is. */
const COLUMNS = 80;

/** `crosscomm status`: who is connected to a running gateway, how much goes through it, and what is wrong. */
export async function status(shell: Shell, { json, ...options }: ReachOptions & { json?: boolean }): Promise<number> {
  const { url, ...credential } = await reachOf(shell, options);
  const answer = (await askGateway(shell, url, 'GET', '/status', credential)) as Status;
  if (json) {
    say(shell, JSON.stringify(answer));
    return EXIT.fine;
  }
  const { host } = new URL(url);
  say(
    shell,
    paintOf(shell).bold(`CrossComm Gateway ${answer.version} at ${host}, up for ${duration(answer.uptimeMs)}`),
  );
  for (const line of described(rowsOf(answer), shell.stdout.columns ?? COLUMNS)) say(shell, line);
  return EXIT.fine;
}

function rowsOf({
  clients,
  channelCount,
  counters,
  uploads,
  incidents,
  sharedIds,
}: Status): [string, string, string][] {
  const refused = Object.values(counters.refusals).reduce((sum, count) => sum + count, 0);
  const problems = Object.entries(incidents).map(([what, times]): [string, string, string] => ['', what, often(times)]);
  const shared = sharedIds.map(({ id, protocol, times }): [string, string, string] => [
    '',
    `${protocol} PEER_ID_SHARED`,
    `${printable(id)}, ${often(times)}`,
  ]);
  const [first, ...others] = [...shared, ...problems];
  return [
    ['Clients', `${clients.online} online, ${clients.known} known`, protocolsOf(clients)],
    ...(clients.list.length > 0 ? [['', proofsOf(clients), ''] as [string, string, string]] : []),
    ['Channels', String(channelCount), ''],
    [
      'Messages',
      `${counters.messages} in, ${counters.deliveries} delivered`,
      refused === 0 ? '' : `${refused} refused`,
    ],
    ...(uploads
      ? [
          [
            'Uploads',
            `${uploads.receiving} coming, ${uploads.waiting} waiting, ${uploads.failed} failed`,
            printable(uploads.fault ?? ''),
          ] as [string, string, string],
        ]
      : []),
    first ? ['Problems', first[1], first[2]] : ['Problems', 'none', ''],
    ...others,
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
