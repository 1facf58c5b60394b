import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { t } from '../language/language.ts';
import { faultText } from './fault.tsx';

/** A question in front of the page, which is asked before something is lost. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** A button that asks first, and tells what came of it. */
export function ConfirmButton({
  label,
  title,
  text,
  isDanger = true,
  act,
}: {
  label: string;
  title: string;
  text: string;
  isDanger?: boolean;
  act: () => Promise<void>;
}): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [fault, setFault] = useState('');
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    setFault('');
    opener.current?.focus();
  };
  const confirm = async (): Promise<void> => {
    try {
      await act();
      close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <>
      <button type="button" ref={opener} class={isDanger ? 'danger' : ''} onClick={() => setOpen(true)}>
        {label}
      </button>
      {isOpen && (
        <Dialog title={title} onClose={close}>
          <p>{text}</p>
          {fault !== '' && <p role="alert">{fault}</p>}
          <div class="buttons">
            <button type="button" onClick={close}>
              {t.common.cancel}
            </button>
            <button type="button" class={isDanger ? 'danger' : 'primary'} onClick={() => void confirm()}>
              {label}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
