import type { Principal } from '../access/principal.ts';
import type { AutomationState, Automations, TriedOut } from '../automations/automations.ts';
import { AUTOMATIONS } from '../common/names.ts';
import { type AutomationConfig, automations as automationsSection } from '../config/automations.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { AutomationDesk, AutomationView, DryRunAnswer } from '../web/api/automations.ts';
import { RequestError } from '../web/request-error.ts';
import type { OnClose } from './closers.ts';

/** Of how many accounts it is remembered who they are; dry runs may name any. */
const MAX_PRINCIPALS = 1000;

/**
 * Sends what automations of the configuration send; nothing is loaded where it has none, until somebody tries one out. Those with an account may do
 * what it may; all others everything, as the configuration is the operator's.
 */
export async function openAutomations(
  context: SessionContext,
  { automations: config, limits }: BaseConfig,
  onClose: OnClose,
): Promise<AutomationDesk> {
  let opened: Promise<Automations> | undefined;
  const opening = (): Promise<Automations> => {
    opened ??= start(context, config, limits.maxAutomationBytes, onClose);
    return opened;
  };
  const running = config.length > 0 ? await opening() : undefined;
  return {
    list: () => running?.states.map(viewOf) ?? [],
    async tryOut(given) {
      const tried = given === undefined ? config : checked(given);
      return answerOf((await opening()).tryOut(tried));
    },
  };
}

async function start(
  { access, ...context }: SessionContext,
  config: readonly AutomationConfig[],
  maxBytes: number,
  onClose: OnClose,
): Promise<Automations> {
  const { Automations } = await import('../automations/automations.ts');
  const principals = new Map<string | undefined, Principal>();
  onClose(access.onReview(() => principals.clear()));
  const may = (account: string | undefined, ask: (principal: Principal) => boolean): boolean => {
    let principal = principals.get(account);
    if (principal === undefined) {
      principal = access.bridge({ id: AUTOMATIONS, account });
      if (principals.size >= MAX_PRINCIPALS) principals.clear();
      principals.set(account, principal);
    }
    return access.isProven(principal) && ask(principal);
  };
  for (const { name, account } of config) {
    if (account === undefined || access.isAccount(account)) continue;
    const message = 'An automation has the account of nobody, and may do nothing until there is one of that name.';
    context.log.warn({ automation: name, account }, message);
  }
  const automations = new Automations({
    ...{ ...context, config, maxBytes },
    mayHear: (account, channel) => account === undefined || may(account, (one) => access.mayHear(one, channel)),
    maySend: (account, to) => may(account, (one) => access.maySend(one, to, 'address')),
    report: (incident) => context.incidents.report(incident),
  });
  onClose(() => automations.stop());
  return automations;
}

/** Throws a RequestError that says what is wrong with the first that is no automation. */
function checked(given: readonly unknown[]): AutomationConfig[] {
  const read = automationsSection.safeParse(given);
  if (read.success) return read.data;
  const [{ path, message } = { path: [], message: 'no automations' }] = read.error.issues;
  const [index, ...rest] = path;
  const which = typeof index === 'number' ? `Automation ${index + 1}: ` : '';
  const where = rest.length === 0 ? '' : `${rest.join('.')}: `;
  throw new RequestError('PEER_MALFORMED', `${which}${where}${message}.`);
}

function answerOf({ run, heardSinceMs, untilMs }: TriedOut): DryRunAnswer {
  const { messages, firings, hasMore } = run;
  return {
    ...{ untilMs, messages, hasMore },
    firings: firings.map(({ to, ...firing }) => ({ ...firing, channel: to })),
    automations: run.automations.map(({ name, fired, heldBack, failed, loop, faults }, index) => ({
      ...{ name, heardSinceMs: heardSinceMs[index] ?? untilMs, fired, heldBack, failed },
      loop: loop === undefined ? null : [...loop],
      faults,
    })),
  };
}

function viewOf({ config, loop, lastFiredMs, ...counts }: AutomationState): AutomationView {
  const { name, when, send, account = null } = config;
  const sendsTo = send.map(({ channel }) => channel);
  const condition = config.if ?? null;
  return {
    ...{ name, when, if: condition, sendsTo, account, ...counts },
    lastFiredMs: lastFiredMs ?? null,
    loop: loop === undefined ? null : [...loop],
  };
}
