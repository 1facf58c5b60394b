import type { Principal } from '../access/principal.ts';
import type { AutomationState } from '../automations/automations.ts';
import { AUTOMATIONS } from '../common/names.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { AutomationDesk, AutomationView } from '../web/api/automations.ts';
import type { OnClose } from './closers.ts';

/**
 * Sends what automations of the configuration send; nothing is loaded where it has none. Those with an account may do what it may; all others
 * everything, as the configuration is the operator's.
 */
export async function openAutomations(
  { access, ...context }: SessionContext,
  { automations: config, limits }: BaseConfig,
  onClose: OnClose,
): Promise<AutomationDesk | undefined> {
  if (config.length === 0) return undefined;
  const { Automations } = await import('../automations/automations.ts');
  const principals = new Map<string | undefined, Principal>();
  onClose(access.onReview(() => principals.clear()));
  const may = (account: string | undefined, ask: (principal: Principal) => boolean): boolean => {
    let principal = principals.get(account);
    if (principal === undefined) {
      principal = access.bridge({ id: AUTOMATIONS, account });
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
    ...{ ...context, config },
    maxBytes: limits.maxAutomationBytes,
    mayHear: (account, channel) => account === undefined || may(account, (one) => access.mayHear(one, channel)),
    maySend: (account, to) => may(account, (one) => access.maySend(one, to, 'address')),
    report: (incident) => context.incidents.report(incident),
  });
  onClose(() => automations.stop());
  return { list: () => automations.states.map(viewOf) };
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
