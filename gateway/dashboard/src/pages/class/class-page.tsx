import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask, get } from '../../api/client.ts';
import type { Class } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import { hrefOf } from '../../common/route.ts';
import { ActForm } from '../../components/act-form.tsx';
import { Badge, Card, Empty } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Fault } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatCount, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';

type Team = Class['teams'][number];
type Mode = NonNullable<Class['mode']>;

const PATH = '/api/v1/class';
const RELOAD_MS = 3_000;
/** A team that has said nothing for so long may be stuck. */
const QUIET_MS = 5 * 60_000;
/** The channel on which all teams are told something. */
const HALL = 'class/hall';
const MODES: readonly Mode[] = ['closed', 'open', 'frozen'];

/** The teams of a class for their teacher: who is there, who may be stuck, and what they may do. */
export function ClassPage(): JSX.Element {
  const { answer, error, reload } = useAnswer(PATH, () => get<Class>(PATH), RELOAD_MS);
  return (
    <Page title={t.pages.class}>
      <p class="lead">{t.class.intro}</p>
      {error && !error.isUnreachable && <Fault error={error} />}
      {!answer && !error && <p class="quiet">{t.common.loading}</p>}
      {answer && answer.teams.length === 0 && (
        <Card>
          <Empty title={t.class.none}>
            <p>
              <code>crosscomm class start --teams 8 --minutes 90</code>
            </p>
          </Empty>
        </Card>
      )}
      {answer && answer.teams.length > 0 && (
        <>
          <Turns mode={answer.mode} onChanged={reload} />
          <Card title={t.class.teams} isWide>
            <Teams teams={answer.teams} />
          </Card>
          <Card title={t.class.tellAll}>
            <TellAll />
          </Card>
        </>
      )}
    </Page>
  );
}

/** What teams may do, and the buttons that change it. */
function Turns({ mode, onChanged }: { mode: Class['mode']; onChanged: () => Promise<unknown> }): JSX.Element {
  const turn = async (to: Mode): Promise<void> => {
    await ask('PUT', `${PATH}/mode`, { mode: to });
    await onChanged();
  };
  const clear = async (): Promise<void> => {
    await ask('DELETE', `${PATH}/retained`);
  };
  return (
    <Card title={t.class.may}>
      <p>
        <Badge tone={mode === 'frozen' ? 'warning' : 'good'}>
          {mode === null ? t.class.changed : t.class.modes[mode]}
        </Badge>
      </p>
      <div class="buttons">
        {MODES.filter((each) => each !== mode).map((each) => (
          <ConfirmButton
            key={each}
            label={t.class.turns[each]}
            title={t.class.turns[each]}
            text={t.class.modes[each]}
            isDanger={false}
            act={() => turn(each)}
          />
        ))}
        <ConfirmButton label={t.class.clear} title={t.class.clear} text={t.class.clearText} act={clear} />
      </div>
    </Card>
  );
}

function Teams({ teams }: { teams: readonly Team[] }): JSX.Element {
  const now = useGatewayNow();
  const columns: Column<Team>[] = [
    {
      key: 'team',
      title: t.class.team,
      cell: ({ team }) => <a href={hrefOf('conversation', undefined, { channel: `${team}/#` })}>{team}</a>,
      sortBy: ({ team }) => team,
    },
    {
      key: 'clients',
      title: t.class.clients,
      cell: ({ clients }) => formatCount(clients.length),
      sortBy: ({ clients }) => clients.length,
      isNumber: true,
    },
    {
      key: 'last',
      title: t.class.last,
      cell: ({ lastMessageMs }) =>
        lastMessageMs === null ? '' : t.overview.ago(formatDuration(Math.max(0, now - lastMessageMs))),
      sortBy: ({ lastMessageMs }) => lastMessageMs ?? 0,
    },
    {
      key: 'stuck',
      title: t.class.stuck,
      cell: (team) => <Stuck of={team} now={now} />,
      sortBy: (team) => (whyStuck(team, now).length > 0 ? 0 : 1),
    },
  ];
  return (
    <Table
      caption={t.class.teams}
      columns={columns}
      rows={teams}
      keyOf={({ team }) => team}
      initial={{ key: 'stuck', isDescending: false }}
    />
  );
}

function Stuck({ of: team, now }: { of: Team; now: number }): JSX.Element {
  const why = whyStuck(team, now);
  if (why.length === 0) return <Badge tone="good">{t.class.fine}</Badge>;
  return (
    <>
      {why.map((reason) => (
        <Badge key={reason} tone="warning">
          {reason}
        </Badge>
      ))}
    </>
  );
}

function whyStuck({ clients, lastMessageMs, sharedIds }: Team, now: number): string[] {
  const why = sharedIds.map((id) => t.class.sharedId(id));
  if (clients.length === 0) why.push(t.class.nobody);
  else if (lastMessageMs === null) why.push(t.class.silent);
  else if (now - lastMessageMs > QUIET_MS) why.push(t.class.quiet(formatDuration(now - lastMessageMs)));
  return why;
}

/** Says something to all teams, whatever they may do themselves. */
function TellAll(): JSX.Element {
  const [text, setText] = useState('');
  const tell = async (): Promise<void> => {
    await ask('POST', '/api/v1/messages', { to: HALL, body: text });
    setText('');
  };
  return (
    <ActForm label={t.class.tell} act={tell}>
      <Field label={t.class.text} hint={t.class.textHint(HALL)}>
        {(ids) => (
          <input
            {...ids}
            value={text}
            required
            autocomplete="off"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        )}
      </Field>
    </ActForm>
  );
}
