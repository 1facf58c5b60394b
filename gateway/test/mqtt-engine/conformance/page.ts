import { REASONS, type Reason, type Statement } from './statements.ts';

interface Part {
  readonly name: string;
  readonly statements: ReadonlyMap<string, Statement>;
}

/** docs/mqtt-conformance.md: the table of what is tested, and of what no test of a broker can show. */
export function pageOf(parts: readonly Part[]): string {
  return `${[...intro(parts), ...parts.flatMap(section)].join('\n')}\n`;
}

function intro(parts: readonly Part[]): string[] {
  const all = parts.flatMap(({ statements }) => [...statements.values()]);
  const reasons = (Object.keys(REASONS) as Reason[]).filter((reason) => all.some(({ why }) => why === reason));
  return [
    ...['# What of MQTT is tested', ''],
    'The specifications of MQTT number all that they demand. Each number that a broker can be seen to keep has a test that',
    'bears it, such as `[MQTT-3.1.0-1]`, run by `npm test` with a real gateway and a client that shares no code with it; those',
    'of 3.1.1 with both values of `mqtt.core`.',
    'The demands are given in a few words of ours; the specifications say them in full:',
    '[3.1.1](https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html),',
    '[5.0](https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html).',
    ...['', ...parts.map(count), '', 'What is not tested is'],
    ...['', ...reasons.map((reason) => `- ${reason}: ${REASONS[reason]}.`)],
  ];
}

function count({ name, statements }: Part): string {
  const tested = [...statements.values()].filter(({ why }) => why === undefined).length;
  return `- ${name}: ${tested} of ${statements.size} demands are tested, and ${statements.size - tested} cannot be.`;
}

function section({ name, statements }: Part): string[] {
  const rows = [...statements].map(([number, { says, why }]) => [`MQTT-${number}`, says, why ?? 'tested']);
  return ['', `## ${name}`, '', ...aligned(['Number', 'In a few words', 'Tested'], rows)];
}

/** A table as the formatter of the checkout has it. */
function aligned(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0, fill)).join(' | ')} |`;
  return [line(head), line(['', '', ''], '-'), ...rows.map((row) => line(row))];
}
