import { join } from 'node:path';
import type { Principal } from '../access/principal.ts';
import type { AutomationState, Automations, TriedOut } from '../automations/automations.ts';
import { AUTOMATIONS_FILE } from '../common/data-files.ts';
import { AUTOMATIONS } from '../common/names.ts';
import { type AutomationConfig, automations as automationsSection } from '../config/automations.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { SessionContext } from '../protocols/context.ts';
import { listFile } from '../storage/list-file.ts';
import type { AutomationDesk, AutomationView, DryRunAnswer } from '../web/api/automations.ts';
import { RequestError } from '../web/request-error.ts';
import type { OnClose } from './closers.ts';
import { KeptAutomations } from './kept-automations.ts';

/** Of how many accounts it is remembered who they are; dry runs may name any. */
const MAX_PRINCIPALS = 1000;

/**
 * Sends what automations send, those of the configuration and those that people made; nothing is loaded where there is none, until somebody makes or
 * tries one. Those with an account may do what it may; all others everything, as whoever operates the gateway has made them.
 */
export async function openAutomations(
  context: SessionContext,
  { automations: configured, limits, dataDir }: BaseConfig,
  onClose: OnClose,
): Promise<AutomationDesk> {
  const names = new Set(configured.map(({ name }) => name));
  const kept = await KeptAutomations.open({
    file: listFile(join(dataDir, AUTOMATIONS_FILE), 'automations'),
    log: context.log,
    isConfigured: (name) => names.has(name),
  });
  const all = [...configured, ...kept.list()];
  let running: Automations | undefined;
  let opened: Promise<Automations> | undefined;
  const opening = async (): Promise<Automations> => {
    opened ??= start(context, all, limits.maxAutomationBytes, onClose);
    running = await opened;
    return running;
  };
  if (all.length > 0) await opening();
  const list = () => running?.states.map((state) => viewOf(state, names.has(state.config.name))) ?? [];
  return {
    list,
    async tryOut(given) {
      const tried = given === undefined ? undefined : checked(given);
      return answerOf((await opening()).tryOut(tried));
    },
    async put(name, given) {
      const [config] = checked([{ ...(given as object), name }]);
      if (config === undefined) throw new RequestError('PEER_MALFORMED', 'There is no automation in it.');
      await kept.put(config);
      (await opening()).set(config);
      return list().find((each) => each.name === name) as AutomationView;
    },
    async remove(name) {
      await kept.remove(name);
      running?.remove(name);
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

function viewOf({ config, loop, lastFiredMs, ...counts }: AutomationState, isConfigured: boolean): AutomationView {
  const { name, when, send, account = null } = config;
  const sendsTo = send.map(({ channel }) => channel);
  const condition = config.if ?? null;
  return {
    ...{ name, when, if: condition, sendsTo, account, ...counts },
    lastFiredMs: lastFiredMs ?? null,
    loop: loop === undefined ? null : [...loop],
    source: isConfigured ? 'configuration' : 'dashboard',
    automation: { ...config },
  };
}
