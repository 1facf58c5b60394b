import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { t } from '../language/language.ts';
import { FaultLine, faultText } from './fault.tsx';

/** A form that asks the gateway for something, and says what came of it. `act` is given what is in its fields, and rejects with an ApiError. */
export function ActForm({
  label,
  act,
  children,
}: {
  /** Of its button. */
  label: string;
  act: (data: FormData) => Promise<void>;
  children: ComponentChildren;
}): JSX.Element {
  const [fault, setFault] = useState('');
  const [isDone, setDone] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const form = event.currentTarget;
    setDone(false);
    try {
      await act(new FormData(form));
      setFault('');
      setDone(true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} onInput={() => setDone(false)}>
      {children}
      <div class="buttons">
        <button type="submit">{label}</button>
        <span role="status" class="hint">
          {isDone ? t.common.done : ''}
        </span>
      </div>
      <FaultLine text={fault} />
    </form>
  );
}
