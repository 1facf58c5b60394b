import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../../api/client.ts';
import { session } from '../../api/session.ts';
import { useStore } from '../../common/store.ts';
import { Card } from '../../components/basics.tsx';
import { faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatShare } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { sendFile } from './send-file.ts';

interface Progress {
  name: string;
  share: number;
  fault?: string;
}

/** Where files are dropped or chosen, to be stored and sent to somebody. */
export function UploadCard({ onSent }: { onSent: () => Promise<unknown> }): JSX.Element {
  const who = useStore(session);
  const [to, setTo] = useState('');
  const [isOver, setOver] = useState(false);
  const [progress, setProgress] = useState<Progress[]>([]);
  const chooser = useRef<HTMLInputElement>(null);
  const account = who.is === 'in' ? (who.account ?? undefined) : undefined;
  const send = async (files: readonly File[]): Promise<void> => {
    const shown = files.map((file): Progress => ({ name: file.name, share: 0 }));
    const tell = (index: number, news: Partial<Progress>): void => {
      shown.splice(index, 1, { ...(shown[index] as Progress), ...news });
      setProgress([...shown]);
    };
    setProgress([...shown]);
    // One after the other: each has the whole of the connection.
    for (const [index, file] of files.entries()) {
      try {
        await sendFile({ file, to: to.trim(), from: account }, (share) => tell(index, { share }));
        tell(index, { share: 1 });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        tell(index, { fault: faultText(error) });
      }
    }
    await onSent();
  };
  return (
    <Card title={t.files.upload}>
      <Field label={t.files.to} hint={t.files.toHint}>
        {(ids) => (
          <input {...ids} value={to} autocomplete="off" onInput={({ currentTarget }) => setTo(currentTarget.value)} />
        )}
      </Field>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button in it does the same for whoever drops nothing */}
      <div
        class={isOver ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void send([...(event.dataTransfer?.files ?? [])]);
        }}
      >
        <Icon name="upload" />
        <p>{t.files.drop}</p>
        <button type="button" onClick={() => chooser.current?.click()}>
          {t.files.choose}
        </button>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label={t.files.choose}
          onChange={({ currentTarget }) => {
            void send([...(currentTarget.files ?? [])]);
            currentTarget.value = '';
          }}
        />
      </div>
      <ul class="names" aria-live="polite">
        {progress.map(({ name, share, fault }, index) => (
          <li key={`${index} ${name}`}>
            {name}{' '}
            <span class={fault === undefined ? 'quiet' : 'fault'}>
              {fault ?? (share === 1 ? t.files.sent : formatShare(share))}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
