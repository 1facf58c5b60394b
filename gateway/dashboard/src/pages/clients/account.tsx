import type { JSX } from 'preact';
import type { ClientView } from '../../api/types.ts';
import { t } from '../../language/language.ts';

/** Whose a client is, and by what it has proved that. */
export function accountOf({ account, proof = 'none' }: Pick<ClientView, 'account' | 'proof'>): JSX.Element {
  const how = t.clients.proofs[proof] ?? proof;
  return account === undefined ? (
    <span class="quiet">{how}</span>
  ) : (
    <>
      {account} <span class="quiet">{how}</span>
    </>
  );
}
