import type { JSX } from 'preact';
import { get } from '../../api/client.ts';
import type { Behaviour, Behaviours } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { hrefOf } from '../../common/route.ts';
import { Badge, Card, Empty, Facts, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { factsOf, membersOf } from './state.ts';

const PATH = '/api/v1/behaviours';
const RELOAD_MS = 2_000;

/** What clients do together by the gateway. */
export function TogetherPage(): JSX.Element {
  const { answer, error } = useAnswer(PATH, () => get<Behaviours>(PATH), RELOAD_MS);
  return (
    <Page title={t.pages.together}>
      <p class="lead">{t.together.intro}</p>
      {error && !error.isUnreachable && <Fault error={error} />}
      {!answer && !error && <p class="quiet">{t.common.loading}</p>}
      {answer && answer.behaviours.length === 0 && (
        <Card>
          <Empty title={t.together.none}>
            <p>{t.together.how}</p>
          </Empty>
        </Card>
      )}
      <div class="columns">
        {answer?.behaviours.map((each, index) => (
          // What is asked for in two ways stands here twice, so its place belongs to its name.
          <BehaviourCard key={`${each.kind} ${each.channel} ${each.key} ${index}`} of={each} />
        ))}
      </div>
      {answer?.hasMore && <Notice tone="info">{t.together.more}</Notice>}
    </Page>
  );
}

function BehaviourCard({ of: behaviour }: { of: Behaviour }): JSX.Element {
  const { kind, channel, key, clients, clientCount, memberCount } = behaviour;
  const members = membersOf(behaviour);
  return (
    <Card title={t.together.kinds[kind]}>
      <p>
        <a href={hrefOf('channels', channel)}>{channel}</a> {key !== null && <Badge>{key}</Badge>}
      </p>
      <Facts of={[...factsOf(behaviour), [t.together.members, memberCount === null ? '' : formatCount(memberCount)]]} />
      {members.length > 0 && <Facts of={members} />}
      <p class="quiet">
        {t.together.askedBy}{' '}
        {clients.map((client, index) => (
          <span key={client}>
            {index > 0 && ', '}
            <a href={hrefOf('clients', client)}>{client}</a>
          </span>
        ))}
        {clientCount > clients.length && ` ${t.together.others(formatCount(clientCount - clients.length))}`}
      </p>
    </Card>
  );
}
