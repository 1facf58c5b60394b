/** How an OOCSI gateway greets a board that came with a secret: the library for ESPs prints that to the port that we read. */
const WELCOME = /^(\{'message' : "welcome [^":]*):[^"]*"/;

/** A line without the secret by which its board came to an OOCSI gateway over the network. */
export function withoutSecret(line: string): string {
  return line.startsWith("{'message'") ? line.replace(WELCOME, '$1"') : line;
}
