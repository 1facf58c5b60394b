import type { Finding } from './finding.ts';

/** An automation that is stopped, as it set itself off: by which way, from one name to the next. */
export interface StoppedAutomation {
  name: string;
  way: readonly string[];
}

/** What is not well with automations. */
export function automationFindings(stopped: readonly StoppedAutomation[]): Finding[] {
  return stopped.map(({ name, way }) => ({
    ...{ code: 'automation_loop', level: 'fault', subject: name, values: { name, way: way.join(' > ') } },
    sentence: `The automation ${name} is stopped, as it sets itself off: ${way.join(' > ')}.`,
    advice:
      'Change "when" or "if" of one of these automations so that it does not look at what comes of its own messages, and start the gateway again.',
  }));
}
