import { TIMES } from '@crosscomm/protocol';
import type { Clock } from '../../common/clock.ts';
import type { FrameLink } from './link.ts';

/**
 * Asks a device by its link whether it is there, for a newcomer that wants its id; see `Session.probe`. One whose link is gone gives its id up at
 * once.
 */
export function probeLink(link: FrameLink | undefined, clock: Clock, answer: (isFree: boolean) => void): () => void {
  if (link === undefined) {
    answer(true);
    return () => {};
  }
  const cancel = clock.after(TIMES.takeoverMs, () => {
    link.onSign(undefined);
    answer(true);
  });
  link.onSign(() => {
    cancel();
    answer(false);
  });
  link.send({ type: 'ping' });
  return cancel;
}
