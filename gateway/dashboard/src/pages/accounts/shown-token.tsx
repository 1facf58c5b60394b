import type { JSX } from 'preact';
import { Notice } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { t } from '../../language/language.ts';
import type { Secret } from './accounts.ts';

/** A token, the one time that it is shown. */
export function ShownToken({ secret: { account, token, warnings } }: { secret: Secret }): JSX.Element {
  return (
    <Notice tone="warning" title={t.accounts.tokenOnce(account)}>
      <Copyable text={token} />
      {warnings?.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </Notice>
  );
}
