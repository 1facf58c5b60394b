/** Why no test of a broker shows what a statement demands, by the name that the table has for it. */
export const REASONS = {
  client: 'demanded of clients',
  supported: 'about a broker without this feature; the gateway has it',
  fault: 'about a fault of the machine, such as a full disk; other tests show what clients see then',
  bridge: 'about a broker that is a client of another; the tests of bridges show that with a mosquitto',
  whole: 'shown by all other tests, whose client knows nothing but the specification',
  single: 'about a broker that sends a message once for each filter; the gateway sends it once',
  auth: 'about a broker with a method of enhanced authentication; the gateway has none, and refuses each',
} as const;

export type Reason = keyof typeof REASONS;

export interface Statement {
  /** In a few words of our own. */
  readonly says: string;
  /** Why there is no test; undefined: there is one. */
  readonly why: Reason | undefined;
}

/** Reads lines of a number, a sentence and, after a bar, the name of a reason. */
export function readStatements(text: string): ReadonlyMap<string, Statement> {
  const statements = new Map<string, Statement>();
  for (const line of text.trim().split('\n')) {
    const [, number = '', says = '', reason] = /^([\d.]+-\d+) (.+?)(?: \| (\w+))?$/.exec(line) ?? [];
    if (number === '' || statements.has(number)) throw new Error(`a number is missing, or comes twice: ${line}`);
    if (reason !== undefined && !isReason(reason)) throw new Error(`there is no such reason: ${line}`);
    statements.set(number, { says, why: reason });
  }
  return statements;
}

function isReason(name: string): name is Reason {
  return name in REASONS;
}
