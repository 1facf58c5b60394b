import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask, get, part } from '../../api/client.ts';
import { mayOperate, session } from '../../api/session.ts';
import type { Uploads } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { hrefOf } from '../../common/route.ts';
import { useStore } from '../../common/store.ts';
import { Badge, Card, Empty, IconButton } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Fault } from '../../components/fault.tsx';
import { Choice } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { formatBytes, formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { imagePath, type ObjectEntry, pathOf } from './objects.ts';
import { ScreenPreview } from './screen-preview.tsx';
import { UploadCard } from './upload-card.tsx';

/** Each picture of an image is made by the gateway, one after the other, so a page has few. */
const PER_PAGE = 24;
const RELOAD_MS = 5_000;
/** What is on its way gets on sooner than new files come. */
const UPLOADS_MS = 2_000;

interface ObjectAnswer {
  objects: ObjectEntry[];
  next?: string;
}

/** Files and images: those that are stored, and those on their way. */
export function FilesPage(): JSX.Element {
  const isOperator = mayOperate(useStore(session));
  const [kind, setKind] = useState('');
  const { answer, error, reload } = useAnswer(`objects ${kind}`, () => load(kind), RELOAD_MS);
  const [older, setOlder] = useState<ObjectAnswer>();
  // What is older belongs to what was asked for.
  useEffect(() => setOlder(undefined), [kind]);
  const next = older ? older.next : answer?.next;
  const more = async (): Promise<void> => {
    const page = await load(kind, next);
    setOlder({ ...page, objects: [...(older?.objects ?? []), ...page.objects] });
  };
  const objects = [...(answer?.objects ?? []), ...(older?.objects ?? [])];
  return (
    <Page title={t.pages.files}>
      <div class="columns">
        <UploadCard onSent={reload} />
        {isOperator && <UploadsCard />}
      </div>
      <div class="tools below">
        <Choice
          label={t.message.kind}
          value={kind}
          of={[
            ['', t.files.allKinds],
            ['image', t.files.images],
            ['file', t.files.others],
          ]}
          onValue={setKind}
        />
      </div>
      {error && <Fault error={error} />}
      {answer && objects.length === 0 && next === undefined && (
        <div class="card">
          <Empty title={t.files.none} />
        </div>
      )}
      <Gallery objects={objects} />
      {next !== undefined && (
        <div class="buttons below">
          <button type="button" onClick={() => void more()}>
            {t.files.more}
          </button>
        </div>
      )}
    </Page>
  );
}

async function load(kind: string, before?: string): Promise<ObjectAnswer> {
  return await get<ObjectAnswer>('/api/v1/objects', { kind, before, limit: PER_PAGE });
}

function Gallery({ objects }: { objects: readonly ObjectEntry[] }): JSX.Element {
  const [previewed, setPreviewed] = useState<ObjectEntry>();
  return (
    <>
      <ul class="gallery">
        {objects.map((object) => (
          <li key={object.key} class="card">
            <Picture object={object} />
            <p class="file-name">{object.fileName}</p>
            <p class="hint">
              {formatBytes(object.size)}
              {object.from !== null && (
                <>
                  {' · '}
                  <a href={hrefOf('clients', object.from)}>{object.from}</a>
                </>
              )}
              {object.to !== null && (
                <>
                  {' → '}
                  <a href={hrefOf('channels', object.to)}>{object.to}</a>
                </>
              )}
              <br />
              {formatDateTime(object.createdMs)}
            </p>
            <div class="buttons">
              <a class="button" href={pathOf(object.key)} download={object.fileName}>
                <Icon name="download" />
                {t.files.download}
              </a>
              {object.kind === 'image' && (
                <IconButton
                  icon="devices"
                  label={`${t.files.preview}: ${object.fileName}`}
                  onClick={() => setPreviewed(object)}
                />
              )}
            </div>
          </li>
        ))}
      </ul>
      {previewed && <ScreenPreview object={previewed} onClose={() => setPreviewed(undefined)} />}
    </>
  );
}

function Picture({ object: { key, kind, fileName } }: { object: ObjectEntry }): JSX.Element {
  const [isBroken, setBroken] = useState(false);
  if (kind !== 'image' || isBroken) {
    return (
      <div class="picture">
        <Icon name="files" />
      </div>
    );
  }
  const source = imagePath(key, { width: 320, height: 200, fit: 'cover', format: 'jpeg' });
  return (
    <a class="picture" href={pathOf(key)} target="_blank" rel="noreferrer">
      <img src={source} alt={fileName} loading="lazy" onError={() => setBroken(true)} />
    </a>
  );
}

/** What is not in the store yet, and what can be done with it. */
function UploadsCard(): JSX.Element {
  const { answer, error, reload } = useAnswer('uploads', () => get<Uploads>('/api/v1/uploads'), UPLOADS_MS);
  const [fault, setFault] = useState<ApiError>();
  const retry = async (id: string): Promise<void> => {
    try {
      await ask('PUT', `/api/v1/uploads/${part(id)}/retry`);
      setFault(undefined);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setFault(failure);
    }
    await reload();
  };
  const drop = async (id: string): Promise<void> => {
    await ask('DELETE', `/api/v1/uploads/${part(id)}`);
    await reload();
  };
  const uploads = answer?.uploads ?? [];
  return (
    <Card title={t.overview.files}>
      {(fault ?? error) && <Fault error={(fault ?? error) as ApiError} />}
      {uploads.length === 0 && <Empty title={t.files.noUploads} />}
      <ul class="names">
        {uploads.map(({ id, state, name, from, received, size, reason }) => (
          <li key={id}>
            <p>
              {name} <Badge tone={state === 'failed' ? 'bad' : 'plain'}>{t.files.states[state] ?? state}</Badge>
            </p>
            <p class="hint">
              {from} ·{' '}
              {size === null ? formatBytes(received) : t.files.received(formatBytes(received), formatBytes(size))}
              {reason !== null && ` · ${reason}`}
            </p>
            <div class="buttons">
              {state === 'failed' && (
                <button type="button" onClick={() => void retry(id)}>
                  {t.files.retry}
                </button>
              )}
              <ConfirmButton
                label={t.files.dropUpload}
                title={t.files.dropTitle(name)}
                text={t.files.dropText}
                act={() => drop(id)}
              />
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}
