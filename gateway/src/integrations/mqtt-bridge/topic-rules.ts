import type { BridgeConfig } from '../../config/bridges.ts';
import type { TopicRule } from './topic-map.ts';

/** What passes in one direction, as the configuration has it. */
export function rulesOf({ topics }: Pick<BridgeConfig, 'topics'>, way: 'in' | 'out'): TopicRule[] {
  return topics
    .filter(({ direction }) => direction === way || direction === 'both')
    .map(({ filter, localPrefix, remotePrefix }) =>
      way === 'out'
        ? { filter, fromPrefix: localPrefix, toPrefix: remotePrefix }
        : { filter, fromPrefix: remotePrefix, toPrefix: localPrefix },
    );
}

/** Whether the other broker is asked for topics that are sent to it: one that does not know bridges sends them back. */
export function loopsIn({ topics }: Pick<BridgeConfig, 'topics'>): boolean {
  const levelsOf = ({ filter, remotePrefix }: BridgeConfig['topics'][number]): string[] =>
    (remotePrefix + filter).split('/');
  const sent = topics.filter(({ direction }) => direction !== 'in').map(levelsOf);
  const asked = topics.filter(({ direction }) => direction !== 'out').map(levelsOf);
  return sent.some((one) => asked.some((other) => overlap(one, other)));
}

/** Whether there are topics that both filters match. */
function overlap(one: readonly string[], other: readonly string[]): boolean {
  for (let index = 0; ; index++) {
    const [a, b] = [one[index], other[index]];
    if (a === '#' || b === '#' || (a === undefined && b === undefined)) return true;
    if (a === undefined) return b === '#';
    if (b === undefined) return false;
    if (a !== b && a !== '+' && b !== '+') return false;
  }
}
