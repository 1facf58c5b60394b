import { carriedOut, type Ear, type Person, SECRET, type Stage } from './stage.ts';

/** One path by which something could get out or in, and how somebody goes it. */
export type Row = {
  readonly name: string /** The ways (ways.ts) that it goes. */;
  readonly goes: readonly string[];
} & (HearRow | SeeRow | SpeakRow);

/** Something that happens where only one of them may listen. */
interface HearRow {
  /** Listens; rejects, or hears nothing, where that is refused. */
  hear(stage: Stage, who: Person): Promise<Ear>;
  /** Makes it happen, with `mark` in it; by default a message to the secret channel. */
  stir?(stage: Stage, mark: string): Promise<void>;
  /** It is there before anybody listens. */
  isBefore?: boolean;
}

/** A list of what there is: the secret channel, with somebody called `mark` in it, is to be in one's and not in the other's. */
interface SeeRow {
  see(stage: Stage, who: Person, mark: string): Promise<string>;
  /** Makes what is to be seen. */
  stir?(stage: Stage, mark: string): Promise<void>;
}

/** A message to the secret channel, with `mark` in it. Resolves when the gateway has done what it will do about it. */
interface SpeakRow {
  speak(stage: Stage, who: Person, mark: string): Promise<void>;
}

/** Sends a message to the secret channel as who may. */
export async function sayMark(stage: Stage, mark: string, to = SECRET): Promise<void> {
  const boss = await stage.oocsi(stage.boss);
  boss.send(`sendraw ${to} {"mark":"${mark}"}`);
  await carriedOut(boss);
}
