import type { Rule } from '../trial.ts';
import { comingIn } from './connecting.ts';
import { delivering } from './delivering.ts';
import { byWebSocket, ending } from './ending.ts';
import { properties5, retaining } from './publishing.ts';
import { sessions } from './sessions.ts';
import { smallPackets, subscribing } from './subscribing.ts';
import { sharing, topics } from './topics.ts';
import { wills } from './wills.ts';
import { wrongConnects, wrongFilters, wrongFlags, wrongPackets, wrongStrings } from './wrong.ts';

/** Every rule that is tried. */
export const RULES: readonly Rule[] = [
  ...[...comingIn, ...sessions, ...wills, ...retaining, ...properties5, ...delivering],
  ...[...subscribing, ...smallPackets, ...topics, ...sharing, ...ending, ...byWebSocket],
  ...[...wrongConnects, ...wrongStrings, ...wrongFilters, ...wrongFlags, ...wrongPackets],
];
