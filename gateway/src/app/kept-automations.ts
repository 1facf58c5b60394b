import { InTurn } from '../common/in-turn.ts';
import type { KeptList } from '../common/kept-list.ts';
import type { Log } from '../common/log.ts';
import { type AutomationConfig, automations as section } from '../config/automations.ts';
import { RequestError } from '../web/request-error.ts';

export interface KeptAutomationsParts {
  file: KeptList;
  log: Log;
  /** Names that the configuration uses. */
  isConfigured(name: string): boolean;
}

/** How many automations people may make. */
const MAX_KEPT = 200;

/** The automations that people made in the dashboard. One change is made after the other, and is on disk when its promise resolves. */
export class KeptAutomations {
  readonly #parts: KeptAutomationsParts;
  #all = new Map<string, AutomationConfig>();
  readonly #changes = new InTurn();

  private constructor(parts: KeptAutomationsParts) {
    this.#parts = parts;
  }

  /** Reads them; what cannot be read is left out, with a line in the log. */
  static async open(parts: KeptAutomationsParts): Promise<KeptAutomations> {
    const kept = new KeptAutomations(parts);
    const { file, log, isConfigured } = parts;
    const found = await file.load();
    if (found !== undefined && 'setAside' in found) {
      const sentence = `The automations of the dashboard could not be read and were put aside, as ${found.setAside}.`;
      log.error({ code: 'DATA_DAMAGED' }, `${sentence} Restore automations.json from a backup.`);
      return kept;
    }
    for (const each of found?.list ?? []) {
      const { data, error } = section.safeParse([each]);
      const [config] = data ?? [];
      if (config === undefined) {
        log.error({ code: 'DATA_DAMAGED' }, `An automation of the dashboard cannot be read: ${error?.message}.`);
      } else if (isConfigured(config.name)) {
        const message = 'An automation of the dashboard is left out, as one of the configuration has its name.';
        log.warn({ automation: config.name }, message);
      }
      if (config !== undefined) kept.#all.set(config.name, config);
    }
    return kept;
  }

  /** Those that count, in the order in which they were made. */
  list(): AutomationConfig[] {
    return [...this.#all.values()].filter(({ name }) => !this.#parts.isConfigured(name));
  }

  /** Keeps one, in place of that of its name if there is one. Throws a RequestError. */
  async put(config: AutomationConfig): Promise<void> {
    const { name } = config;
    if (this.#parts.isConfigured(name)) {
      throw new RequestError('PEER_NAME_TAKEN', `The automation ${name} is in the configuration: change it there.`);
    }
    await this.#change((all) => {
      if (!all.has(name) && all.size >= MAX_KEPT) {
        throw new RequestError('PEER_TOO_MANY', `There are ${MAX_KEPT} automations: delete one first.`, 507);
      }
      all.set(name, config);
    });
  }

  /** Throws a RequestError where it is none that people made. */
  async remove(name: string): Promise<void> {
    await this.#change((all) => {
      if (this.#parts.isConfigured(name) || !all.delete(name)) {
        throw new RequestError('PEER_NOT_FOUND', `Nobody made an automation ${name.slice(0, 64)} in the dashboard.`);
      }
    });
  }

  #change(change: (all: Map<string, AutomationConfig>) => void): Promise<void> {
    return this.#changes.run(async () => {
      const all = new Map(this.#all);
      change(all);
      await this.#parts.file.save([...all.values()]);
      this.#all = all;
    });
  }
}
