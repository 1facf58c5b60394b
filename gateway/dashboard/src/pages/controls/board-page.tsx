import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask, get, part } from '../../api/client.ts';
import type { Board, BoardItem } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { go } from '../../common/navigator.ts';
import { hrefOf } from '../../common/route.ts';
import { Empty, Notice } from '../../components/basics.tsx';
import { ConfirmButton, Dialog } from '../../components/confirm.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Fault, faultText } from '../../components/fault.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { t } from '../../language/language.ts';
import { BoardEditor } from './board-editor.tsx';
import { Control } from './control.tsx';
import { useBoardValues } from './use-board-values.ts';

const NOT_FOUND = 404;
const CONFLICT = 409;
/** What others have changed is shown soon. */
const RELOAD_MS = 15_000;

function pathOf(id: string): string {
  return `/api/v1/boards/${part(id)}`;
}

/** One board: to be used, and for those who may, to be changed. */
export function BoardPage({ id, isNew }: { id: string; isNew: boolean }): JSX.Element {
  /** The board as it is changed here, with the version from which that began. */
  const [draft, setDraft] = useState<Board>();
  const { answer, error, reload } = useAnswer(pathOf(id), () => get<Board>(pathOf(id)), RELOAD_MS);
  const [isBegun, setBegun] = useState(false);
  const [isShared, setShared] = useState(false);
  const [fault, setFault] = useState<ApiError>();
  useEffect(() => {
    if (isBegun || !answer) return;
    setBegun(true);
    if (isNew && answer.mayChange) setDraft(answer);
  }, [answer]);
  const shown = draft ?? answer;
  const live = useBoardValues(shown?.items ?? []);
  const stop = (): void => {
    setDraft(undefined);
    setFault(undefined);
  };
  const save = async (version: number): Promise<void> => {
    if (!draft) return;
    try {
      await ask('PUT', pathOf(id), { name: draft.name, items: draft.items, version });
      await reload();
      stop();
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setFault(failure);
    }
  };
  /** What others have made of it meanwhile is lost. */
  const overwrite = async (): Promise<void> => {
    try {
      const { version } = await get<Board>(pathOf(id));
      await save(version);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      // They may have deleted it.
      if (failure.status === NOT_FOUND) await save(0);
      else setFault(failure);
    }
  };
  const remove = async (): Promise<void> => {
    await ask('DELETE', pathOf(id));
    go(hrefOf('controls'));
  };
  return (
    <Page
      title={shown?.name ?? id}
      back={{ href: hrefOf('controls'), label: t.pages.controls }}
      actions={
        shown &&
        (draft ? (
          <>
            <button type="button" class="primary" onClick={() => void save(draft.version)}>
              {t.controls.save}
            </button>
            <button type="button" onClick={stop}>
              {t.common.cancel}
            </button>
          </>
        ) : (
          <>
            <button type="button" onClick={() => setShared(true)}>
              <Icon name="share" />
              {t.controls.share}
            </button>
            {shown.mayChange && (
              <button type="button" onClick={() => setDraft(shown)}>
                <Icon name="edit" />
                {t.controls.edit}
              </button>
            )}
          </>
        ))
      }
    >
      {error?.status === NOT_FOUND && !draft && <Empty title={t.controls.gone} />}
      {error && error.status !== NOT_FOUND && !error.isUnreachable && <Fault error={error} />}
      {fault && (
        <Notice tone="bad">
          <p>{fault.status === CONFLICT ? t.controls.conflict : faultText(fault)}</p>
          {fault.status === CONFLICT && (
            <div class="buttons below">
              <button
                type="button"
                onClick={() => {
                  stop();
                  void reload();
                }}
              >
                {t.controls.takeTheirs}
              </button>
              <button type="button" class="danger" onClick={() => void overwrite()}>
                {t.controls.overwrite}
              </button>
            </div>
          )}
        </Notice>
      )}
      {!answer && !error && <p class="quiet">{t.common.loading}</p>}
      {draft && <BoardEditor board={draft} live={live} onChange={(change) => setDraft({ ...draft, ...change })} />}
      {!draft && answer?.items.length === 0 && <Empty title={t.controls.emptyBoard} />}
      {!draft && answer && <Items items={answer.items} live={live} />}
      {draft && (
        <div class="buttons below">
          <ConfirmButton
            label={t.controls.delete}
            title={t.controls.deleteTitle(draft.name)}
            text={t.controls.deleteText}
            act={remove}
          />
        </div>
      )}
      {isShared && <Share onClose={() => setShared(false)} id={id} />}
    </Page>
  );
}

function Items({ items, live }: { items: readonly BoardItem[]; live: ReturnType<typeof useBoardValues> }): JSX.Element {
  return (
    <div class="board">
      {items.map((item) => (
        <section key={item.id} class={`card ${item.size}`}>
          <Control item={item} live={live} />
        </section>
      ))}
    </div>
  );
}

/** A link that others open, with their own rights. */
function Share({ id, onClose }: { id: string; onClose: () => void }): JSX.Element {
  const link = `${location.origin}/${hrefOf('controls', id)}`;
  const isHereOnly = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  return (
    <Dialog title={t.controls.shareTitle} onClose={onClose}>
      <p>{t.controls.shareText}</p>
      <QrCode text={link} label={t.controls.qr} />
      <Copyable text={link} isBlock />
      {isHereOnly && <p class="hint">{t.connect.loopback}</p>}
      <div class="buttons">
        <button type="button" onClick={onClose}>
          {t.common.close}
        </button>
      </div>
    </Dialog>
  );
}
