import type { JSX } from 'preact';
import type { ApiError } from '../api/client.ts';
import { language, t } from '../language/language.ts';
import { Notice } from './basics.tsx';

/** A sentence about why the gateway did not do it; its own, where it gave one. */
export function faultText(error: ApiError): string {
  return error.isUnreachable ? t.common.unreachable : error.message || t.common.failed;
}

/** Why something is not shown. */
export function Fault({ error }: { error: ApiError }): JSX.Element {
  // What the gateway says is English.
  const lang = error.message === '' || language.value === 'en' ? {} : { lang: 'en' };
  return (
    <Notice tone={error.status === 403 ? 'info' : 'bad'} {...lang}>
      {faultText(error)}
    </Notice>
  );
}

/** What went wrong with what somebody has just done, and nothing as long as that is ''. */
export function FaultLine({ text }: { text: string }): JSX.Element | null {
  if (text === '') return null;
  return (
    <p role="alert" class="fault">
      {text}
    </p>
  );
}
