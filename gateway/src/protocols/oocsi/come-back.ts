import { addressOf } from '../../common/peer-address.ts';
import type { Hub } from '../../hub/hub.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Answer } from './contest.ts';

/** A connection that can be asked whether it is still there. */
export interface Askable {
  readonly id: string;
  /** Asks it; the returned function cancels that. */
  probe(answer: Answer): () => void;
  close(reason: LeaveReason): void;
}

/** This many digits in a row are taken for random ones. */
const DIGITS = /[0-9]{3,}/g;

/**
 * Two handles are taken for the same client if their pattern and address are equal; returns both as one text. `written` is
 * the handle as the client sent it, with `#`, or with random digits of its own: three or more in a row.
 * Undefined if the handle is not made from a pattern.
 */
export function originOf(written: string, peer: string): string | undefined {
  const pattern = written.includes('#') ? written : written.replace(DIGITS, (digits) => '#'.repeat(digits.length));
  return pattern.includes('#') ? `${pattern} ${addressOf(peer)}` : undefined;
}

/**
 * Looks for the client that a newcomer was before: the only one of its origin that is away, or whose connection does not answer a
 * ping and is ended then. Where there are several nobody can tell which it was. Answers with its id, or undefined; the
 * returned function stops the search.
 */
export function findFormer(
  hub: Hub,
  origin: string,
  isAskable: (session: object) => session is Askable,
  answer: (former: string | undefined) => void,
): () => void {
  const known = hub.ofOrigin(origin);
  const away = known.filter(({ session }) => session === undefined);
  const here = known.flatMap(({ session }) => (session !== undefined && isAskable(session) ? [session] : []));
  if (away.length > 0 || here.length === 0) {
    answer(away.length === 1 ? away[0]?.id : undefined);
    return () => {};
  }
  let unanswered = here.length;
  const silent: Askable[] = [];
  const questions = here.map((older) =>
    older.probe((isFree) => {
      unanswered--;
      if (isFree) silent.push(older);
      if (unanswered > 0) return;
      const [first, ...others] = silent;
      if (first === undefined || others.length > 0) answer(undefined);
      else {
        first.close('timeout');
        answer(first.id);
      }
    }),
  );
  return () => {
    for (const withdraw of questions) withdraw();
  };
}
