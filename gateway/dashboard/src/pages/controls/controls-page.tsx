import './controls.css';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, ask, get, part } from '../../api/client.ts';
import type { Boards } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import { go } from '../../common/navigator.ts';
import { hrefOf, type PageProps } from '../../common/route.ts';
import { Card, Empty } from '../../components/basics.tsx';
import { Fault, faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { BoardPage } from './board-page.tsx';

const PATH = '/api/v1/boards';
const RELOAD_MS = 10_000;

/** The boards of controls; with a name, that one. */
export function ControlsPage({ name, query }: PageProps): JSX.Element {
  return name === undefined ? <BoardList /> : <BoardPage key={name} id={name} isNew={query.edit !== undefined} />;
}

function BoardList(): JSX.Element {
  const { answer, error } = useAnswer(PATH, () => get<Boards>(PATH), RELOAD_MS);
  const now = useGatewayNow();
  return (
    <Page title={t.pages.controls}>
      <p class="lead">{t.controls.intro}</p>
      {error && <Fault error={error} />}
      {!answer && !error && <p class="quiet">{t.common.loading}</p>}
      {answer && answer.boards.length === 0 && (
        <Card>
          <Empty title={answer.mayChange ? t.controls.none : t.controls.noneForYou} />
        </Card>
      )}
      {answer && answer.boards.length > 0 && (
        <ul class="boards">
          {answer.boards.map(({ id, name, itemCount, changedMs, changedBy }) => (
            <li key={id} class="card">
              <a class="board-link" href={hrefOf('controls', id)}>
                {name}
              </a>
              <p class="hint">
                {t.controls.about(formatCount(itemCount), formatDuration(now - changedMs), changedBy ?? '')}
              </p>
            </li>
          ))}
        </ul>
      )}
      {answer?.mayChange && <NewBoard />}
    </Page>
  );
}

function NewBoard(): JSX.Element {
  const [name, setName] = useState('');
  const [fault, setFault] = useState('');
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const id = idOf(name);
    try {
      await ask('PUT', `${PATH}/${part(id)}`, { name, items: [], version: 0 });
      go(hrefOf('controls', id, { edit: '1' }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <section class="card new-board">
      <h2>{t.controls.make}</h2>
      <form onSubmit={(event) => void make(event)}>
        <Field label={t.controls.name}>
          {(ids) => (
            <input
              {...ids}
              required
              pattern=".*\S.*"
              maxLength={80}
              autocomplete="off"
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          )}
        </Field>
        <p role="alert" class="fault">
          {fault}
        </p>
        <button type="submit" class="primary">
          {t.controls.makeIt}
        </button>
      </form>
    </section>
  );
}

/** What a board is called in its address: what can be read of its name, and something that no other has. */
function idOf(name: string): string {
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 30);
  return `${readable}-${Math.random().toString(36).slice(2, 7)}`.replace(/^-+/, '');
}
