import type { CodeName } from '@crosscomm/protocol';
import { CrossCommError } from './error.ts';

/** Why a gateway refused a login, in a sentence that says what to do. */
export function refusal(code: CodeName, text: string, clientId: string): CrossCommError {
  const why: Partial<Record<CodeName, string>> = {
    id_taken: `Another client is online as "${clientId}": log it out, or choose another clientId.`,
    id_invalid: `"${clientId}" cannot be a client id: no blanks, no control characters, no name of the gateway's own.`,
    credentials: `The gateway wants a token or password for "${clientId}", or another one: give it as { token: '...' }, or as ip: 'user:password@host'.`,
    version: 'The gateway speaks another version of the frame protocol: update this package, or the gateway.',
  };
  return new CrossCommError(code, why[code] ?? `The gateway refused the login: ${text || code}.`, {
    reason: text || undefined,
  });
}
