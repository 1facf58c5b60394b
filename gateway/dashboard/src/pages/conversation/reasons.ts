import { t } from '../../language/language.ts';

/** Why a message did not reach somebody, in words. */
export function reasonText(reason: string): string {
  return t.message.reasons[reason] ?? reason;
}
