import { setTimeout as delay } from 'node:timers/promises';
import type { PairingView } from '../../access/pairing.ts';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import { askGateway } from '../ask-gateway.ts';
import { type PageAddress, pageAddress } from '../page-address.ts';
import { type Reach, type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, paintOf, type Shell, say, UsageError, warn } from '../shell.ts';

export interface PairOptions extends ReachOptions {
  name?: string;
  role?: string[];
  minutes: string;
  json?: boolean;
}

const PAIRINGS = '/api/v1/pairings';
const POLL_MS = 300;
/** Whoever came is given its token itself, mostly; only then is it shown, so that it does not stand on a screen for nothing. */
const SHOW_AFTER_MS = 2500;

/** `crosscomm pair`: shows a code by which one device gets its token, and who comes with it. */
export async function pair(shell: Shell, options: PairOptions): Promise<number> {
  const minutes = Number(options.minutes);
  if (!(minutes > 0 && minutes <= 60)) throw new UsageError('--minutes is a number of minutes, at most 60.');
  const gateway = await reachOf(shell, options);
  const wish = { name: options.name, roles: options.role, minutes };
  const screen = options.json
    ? jsonScreen(shell)
    : await personScreen(shell, minutes, await pageAddress(shell, gateway, options));
  const opened = (await ask(shell, gateway, 'POST', PAIRINGS, wish)) as PairingView;
  screen.code(opened);
  try {
    return await watch(shell, gateway, opened, screen);
  } finally {
    // A code that nobody looks at is not to be good any more. One that was used is over anyway.
    await ask(shell, gateway, 'DELETE', `${PAIRINGS}/${opened.id}`).catch(() => {});
  }
}

/** What is shown. */
interface Screen {
  code(view: PairingView): void;
  wrong(view: PairingView): void;
  joined(view: PairingView): void;
  /** The token is to be typed in. */
  token(view: PairingView): void;
  ended(view: PairingView): void;
}

async function watch(shell: Shell, gateway: Reach, opened: PairingView, screen: Screen): Promise<number> {
  let before = opened;
  let joinedMs: number | undefined;
  let isShown = false;
  for (;;) {
    await delay(POLL_MS, undefined, { signal: shell.ended }).catch(() => {});
    if (shell.ended.aborted) return before.client === undefined ? EXIT.failed : EXIT.fine;
    const view = (await ask(shell, gateway, 'GET', `${PAIRINGS}/${opened.id}`)) as PairingView;
    if (view.wrongTries > before.wrongTries) screen.wrong(view);
    if (view.client !== undefined && before.client === undefined) {
      joinedMs = performance.now();
      screen.joined(view);
    }
    if (!isShown && view.token !== undefined && performance.now() - (joinedMs ?? 0) > SHOW_AFTER_MS) {
      isShown = true;
      screen.token(view);
    }
    if (view.state !== 'waiting' && view.state !== 'joined') {
      screen.ended(view);
      return view.client === undefined ? EXIT.failed : EXIT.fine;
    }
    before = view;
  }
}

async function ask(
  shell: Shell,
  { url, account, secret }: Reach,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  try {
    return await askGateway(shell, url, method, path, { account, secret, ...(body && { body }) });
  } catch (error) {
    // What was asked for cannot be.
    if (error instanceof GatewayError && error.code === 'PEER_MALFORMED') throw new UsageError(error.message);
    throw error;
  }
}

function jsonScreen(shell: Shell): Screen {
  const tell = (event: string, details: object): void => say(shell, JSON.stringify({ event, ...details }));
  return {
    code: ({ code, leftMs }) => tell('code', { code, leftMs: Math.round(leftMs) }),
    wrong: ({ wrongTries }) => tell('wrong', { tries: wrongTries }),
    joined: ({ client }) => tell('joined', { ...client }),
    token: ({ client, token }) => tell('token', { account: client?.account, token }),
    ended: ({ state, client }) => tell(state, { ...client }),
  };
}

async function personScreen(shell: Shell, minutes: number, { address, hint }: PageAddress): Promise<Screen> {
  const picture = shell.stdout.isTTY ? (await import('../qr-text.ts')).qrText : undefined;
  const span = minutes === 1 ? '1 minute' : `${minutes} minutes`;
  return {
    code({ code, isFirst }) {
      say(shell, paintOf(shell).bold(`Pairing code: ${code}`));
      if (picture && address) say(shell, picture(`${address}/pair#${code}`));
      say(
        shell,
        `It is good for one device and ${span}. A device gives pair:${code} as its password, secret or token.`,
      );
      if (address) say(shell, `On a phone or a computer, ${address}/pair shows a token that you can copy.`);
      if (hint) warn(shell, hint);
      if (isFirst) warn(shell, FIRST);
      if (shell.stdout.isTTY) say(shell, 'Waiting for it; Ctrl-C ends this.');
    },
    wrong: ({ wrongTries }) => warn(shell, `Somebody tried a wrong code, ${wrongTries} of 5 times.`),
    joined({ client }) {
      if (client === undefined) return;
      const { id, protocol, peer, account } = client;
      const of = account === id ? '' : ` It has the account ${printable(account)} now.`;
      say(shell, `${printable(id)} came with the code, by ${protocol} from ${printable(peer)}.${of}`);
    },
    token({ token, code }) {
      say(shell, `It does not keep its token by itself: write it there in place of pair:${code}.`);
      say(shell, `Token: ${token}`);
      say(shell, 'It is not shown again.');
    },
    ended: ({ state, client }) => say(shell, ENDS[state](client === undefined ? undefined : printable(client.id))),
  };
}

const FIRST =
  'It gets the first account of this gateway. From then on, a client that gives a user name or password must give a right one.';

const ENDS: Record<PairingView['state'], (id: string | undefined) => string> = {
  waiting: () => '',
  joined: () => '',
  paired: (id) => `${id} is paired: it has used its token, and the code is used up.`,
  expired: (id) =>
    id === undefined
      ? 'The code is over: nobody came in time.'
      : `The code is over. ${id} has not used its token yet, which stays good.`,
  guessed: () => 'The code was ended, as five wrong ones were tried. Somebody may be guessing: see who, in the log.',
  cancelled: () => 'The code was ended.',
};
