import { type Shell, UsageError, warn } from './shell.ts';

/** The longest line that is read. */
const MAX_LENGTH = 8192;

/**
 * A new password: from standard input, or from the terminal, which does not show it, twice, until there is one and both are the same. It never stands on the
 * command line, where all users of the machine see it.
 *
 * @throws UsageError where there is no terminal, standard input is empty, or the person ends it
 */
export async function newPassword(
  shell: Shell,
  { fromStdin, what }: { fromStdin: boolean; what: string },
): Promise<string> {
  if (fromStdin) return await lineOfInput(shell);
  if (!isInteractive(shell)) {
    throw new UsageError('There is no terminal to ask for the password: pass it by --password-stdin.');
  }
  for (;;) {
    const password = await askLine(shell, `${what}: `, { isHidden: true });
    if (password === '') warn(shell, 'The password is empty: type one, or press Ctrl-C.');
    else if ((await askLine(shell, 'Again: ', { isHidden: true })) === password) return password;
    else warn(shell, 'The two are not the same.');
  }
}

/** Whether a person can be asked. */
export function isInteractive({ stdin, stderr }: Shell): boolean {
  return stdin?.isTTY === true && stderr.isTTY === true;
}

/** All of standard input, which is one line. Throws UsageError. */
export async function lineOfInput(shell: Shell): Promise<string> {
  const text = (await allOfInput(shell, MAX_LENGTH)).replace(/\r?\n$/, '');
  if (text === '') throw new UsageError('Standard input is empty: it must hold the password.');
  if (text.includes('\n')) throw new UsageError('Standard input has several lines: it must hold the password alone.');
  return text;
}

/** All of standard input, as text. Throws UsageError where it is longer than so many bytes. */
export async function allOfInput({ stdin }: Shell, maxBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin ?? []) {
    const bytes = Buffer.from(part as Buffer | string);
    length += bytes.length;
    if (length > maxBytes) throw new UsageError(`Standard input is longer than ${maxBytes} bytes.`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

/**
 * Asks a person at the terminal, on standard error, as standard output may be read by a program. Ctrl-C and Ctrl-D end the command.
 *
 * @throws UsageError where the person ends it
 */
export async function askLine(
  { stdin, stderr }: Shell,
  question: string,
  { isHidden = false }: { isHidden?: boolean } = {},
): Promise<string> {
  if (stdin === undefined) throw new UsageError('There is no terminal.');
  // Before the question, as what is typed at once would be shown otherwise.
  stdin.setRawMode?.(true);
  stderr.write(question);
  let line = '';
  try {
    for await (const part of stdin.iterator({ destroyOnReturn: false })) {
      const characters = [...String(part)];
      for (const [index, character] of characters.entries()) {
        if (character === '\r' || character === '\n') {
          // What was pasted goes on with the answer to the next question.
          const rest = characters
            .slice(index + 1)
            .join('')
            .replace(/^\n/, '');
          if (rest !== '') stdin.unshift(rest);
          return line;
        }
        if (character === '\x03' || (character === '\x04' && line === '')) throw new UsageError('Nothing was changed.');
        if (character === '\x7f' || character === '\b') {
          if (line !== '' && !isHidden) stderr.write('\b \b');
          line = [...line].slice(0, -1).join('');
        } else if (character >= ' ' && line.length < MAX_LENGTH) {
          line += character;
          if (!isHidden) stderr.write(character);
        }
      }
    }
    throw new UsageError('Nothing was changed.');
  } finally {
    stdin.setRawMode?.(false);
    stderr.write('\n');
  }
}
