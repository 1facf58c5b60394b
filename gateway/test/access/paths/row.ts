import { carriedOut, type Ear, type Person, SECRET, type Stage } from './stage.ts';

/** One path by which something could get out or in, and how somebody goes it. */
export type Row = RowHead & (HearRow | SeeRow | SpeakRow | OperateRow);

interface RowHead {
  readonly name: string;
  /** The ways (ways.ts) that it goes. */
  readonly goes: readonly string[];
}

/** Something that happens where only one of them may listen. */
export interface HearRow {
  /** Listens; rejects, or hears nothing, where that is refused. */
  hear(stage: Stage, who: Person): Promise<Ear>;
  /** Makes it happen, with `mark` in it; by default a message to the secret channel. */
  stir?(stage: Stage, mark: string): Promise<void>;
  /** It is there before anybody listens. */
  isBefore?: boolean;
}

/** A list of what there is: what is called `mark`, a name below `left/`, is to be in one's and not in the other's. */
export interface SeeRow {
  see(stage: Stage, who: Person, mark: string): Promise<string>;
  /** Makes what is to be seen; by default somebody in a channel of that name. */
  stir?(stage: Stage, mark: string): Promise<void>;
}

/** A message to the secret channel, with `mark` in it. Resolves when the gateway has done what it will do about it. */
export interface SpeakRow {
  speak(stage: Stage, who: Person, mark: string): Promise<void>;
  /** It is a call, and is forbidden too to who may send there but not call. */
  isCall?: boolean;
}

/** A request of HTTP that only those may make who operate the gateway. */
export interface OperateRow {
  operate: { method: string; path: string };
}

/** Sends a message to the secret channel as who may. `more`: further fields. */
export function sayMark(stage: Stage, mark: string, to = SECRET, more = ''): Promise<void> {
  return stage.oocsiSays(stage.boss, `sendraw ${to} {"mark":"${mark}"${more}}`);
}

/** Somebody is in a channel of this name. */
export async function beInChannel(stage: Stage, channel: string): Promise<void> {
  const boss = await stage.oocsi(stage.boss);
  boss.send(`subscribe ${channel}`);
  await carriedOut(boss);
}

/** Somebody is online under this id. */
export async function beOnline(stage: Stage, clientId: string): Promise<void> {
  await stage.mqtt(stage.boss, { clientId });
}

/** A client of this id, below `left/`, is in the secret channel. */
export async function beInSecret(stage: Stage, clientId: string): Promise<void> {
  const { ear, send } = await stage.crosscomm(stage.boss, clientId);
  send('dict', 'server', { subscribe: [SECRET] });
  await ear.settle();
}

/** A device of this name tells of itself, and of a component that has a channel of this name. */
export async function announceDevice(stage: Stage, name: string): Promise<void> {
  const boss = await stage.oocsi(stage.boss);
  const components = { light: { type: 'switch', channel_name: name } };
  boss.send(`sendraw heyOOCSI! ${JSON.stringify({ [name]: { properties: { device_id: name }, components } })}`);
  await carriedOut(boss);
}
