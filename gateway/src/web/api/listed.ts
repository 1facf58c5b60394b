import { isMembersQuery, isPresenceName } from '../../common/names.ts';
import { isPattern } from '../../hub/pattern.ts';

/** Topic filters, and the channels on which the gateway says who comes and goes, are no channels that people look for. */
export function isListed(name: string): boolean {
  return !isPattern(name) && !isPresenceName(name) && !isMembersQuery(name);
}
