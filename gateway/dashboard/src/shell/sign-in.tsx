import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { signIn } from '../api/session.ts';
import { faultText } from '../components/fault.tsx';
import { Field } from '../components/field.tsx';
import { t } from '../language/language.ts';

/** The form by which a person says who they are. */
export function SignInForm({ onDone }: { onDone?: () => void }): JSX.Element {
  const [fault, setFault] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = event.currentTarget;
    const data = new FormData(form);
    setBusy(true);
    try {
      await signIn(String(data.get('account')), String(data.get('password')));
      onDone?.();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
      form.querySelector<HTMLInputElement>('[name=password]')?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <Field label={t.signIn.account}>
        {(ids) => (
          <input {...ids} name="account" autocomplete="username" autocapitalize="none" spellcheck={false} required />
        )}
      </Field>
      <Field label={t.signIn.password}>
        {(ids) => <input {...ids} name="password" type="password" autocomplete="current-password" required />}
      </Field>
      <p role="alert" class="fault">
        {fault}
      </p>
      <button type="submit" class="primary" disabled={isBusy}>
        {t.signIn.submit}
      </button>
    </form>
  );
}

/** What is shown to somebody whom the gateway does not know, where it wants to know everybody. */
export function SignInPage({ why }: { why?: string }): JSX.Element {
  return (
    <main class="gate" id="content">
      <section class="card">
        <img src={new URL('../icon.svg', import.meta.url).href} alt="" width="48" height="48" />
        <h1>CrossComm Gateway</h1>
        <p>{why ?? t.signIn.why}</p>
        <SignInForm />
        <p class="hint">{t.signIn.help}</p>
      </section>
    </main>
  );
}
