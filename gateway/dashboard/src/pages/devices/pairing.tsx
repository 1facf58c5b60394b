import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask, get, part } from '../../api/client.ts';
import { ActForm } from '../../components/act-form.tsx';
import { Badge, Notice } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { FaultLine, faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { formatCount, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { RoleBoxes } from '../accounts/role-boxes.tsx';

/** How it stands with a code. */
interface PairingView {
  id: string;
  code: string;
  state: string;
  /** Whoever comes with it gets the first account. */
  isFirst: boolean;
  leftMs: number;
  wrongTries: number;
  client?: { id: string; protocol: string; account: string };
  token?: string;
}

const PATH = '/api/v1/pairings';
const LOOK_MS = 1_000;
const MINUTES = 5;
const MAX_MINUTES = 60;
/** What a device gets where nobody says otherwise. */
const ROLES = ['device'];

/** Makes a code by which a device gets a token of its own, and shows what becomes of it. */
export function Pairing(): JSX.Element {
  const [view, setView] = useState<PairingView>();
  const [fault, setFault] = useState('');
  const isOpen = view?.state === 'waiting' || view?.state === 'joined';
  const id = view?.id;
  useEffect(() => {
    if (!isOpen || id === undefined) return undefined;
    let isOver = false;
    const timer = setInterval(() => {
      get<PairingView>(`${PATH}/${part(id)}`).then(
        (news) => setView((shown) => (shown?.id === id ? news : shown)),
        (error: ApiError) => !isOver && setFault(faultText(error)),
      );
    }, LOOK_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [isOpen, id]);
  const begin = async (data: FormData): Promise<void> => {
    const name = String(data.get('name')).trim();
    const wish = { roles: data.getAll('role').map(String), minutes: Number(data.get('minutes')) };
    setView(await ask<PairingView>('POST', PATH, name === '' ? wish : { name, ...wish }));
    setFault('');
  };
  const cancel = async (): Promise<void> => {
    // First, so that it is not asked for once more, as one that has ended is not found.
    setView(undefined);
    setFault('');
    try {
      if (id !== undefined) await ask('DELETE', `${PATH}/${part(id)}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <>
      <p class="quiet">{t.devices.pairingIntro}</p>
      {view ? (
        <Shown view={view} isOpen={isOpen} onEnd={() => void cancel()} />
      ) : (
        <ActForm label={t.devices.makeCode} act={begin}>
          <Field label={t.devices.name} hint={t.devices.nameHint}>
            {(ids) => <input {...ids} name="name" autocomplete="off" autocapitalize="none" spellcheck={false} />}
          </Field>
          <RoleBoxes chosen={ROLES} label={t.devices.roles} />
          <Field label={t.devices.minutes}>
            {(ids) => (
              <input {...ids} name="minutes" type="number" min={1} max={MAX_MINUTES} required defaultValue={MINUTES} />
            )}
          </Field>
        </ActForm>
      )}
      <FaultLine text={fault} />
    </>
  );
}

function Shown({ view, isOpen, onEnd }: { view: PairingView; isOpen: boolean; onEnd: () => void }): JSX.Element {
  const { code, state, isFirst, leftMs, wrongTries, client, token } = view;
  const address = `${location.origin}/pair#${code}`;
  return (
    <div class="pairing">
      <p class="big">
        <span class="unseen">{t.devices.code}</span>
        {code.replace(/^(...)(...)$/, '$1 $2')}
      </p>
      <p role="status">
        <Badge tone={state === 'paired' ? 'good' : isOpen ? 'accent' : 'bad'}>
          {t.devices.pairingStates[state] ?? state}
        </Badge>{' '}
        {client && t.devices.cameAs(client.id, client.protocol)}
      </p>
      {isOpen && <p class="hint">{t.devices.left(formatDuration(leftMs))}</p>}
      {isOpen && isFirst && <Notice tone="warning">{t.devices.first}</Notice>}
      {wrongTries > 0 && <Notice tone="warning">{t.devices.wrongTries(formatCount(wrongTries))}</Notice>}
      {token !== undefined && (
        <div>
          <p>{t.devices.token}</p>
          <Copyable text={token} />
        </div>
      )}
      {state === 'waiting' && (
        <>
          <QrCode text={address} label={t.devices.qr} />
          <Copyable text={address} />
        </>
      )}
      <div class="buttons">
        <button type="button" onClick={onEnd}>
          {isOpen ? t.common.cancel : t.devices.another}
        </button>
      </div>
    </div>
  );
}
