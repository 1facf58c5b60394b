import { type Command, parseFrame } from './codec.ts';
import { type Dialect, WEB_DIALECT } from './dialect-codec.ts';
import { type FirstLine, fillDigits, type HandleSource, parseFirstLine, type RefusedLine } from './first-line.ts';
import { OocsiSession } from './session.ts';

/** A client of the WebSocket protocol: text frames. */
export class OocsiWebSession extends OocsiSession {
  dialect: Dialect = WEB_DIALECT;

  protected greet(text: string, source: HandleSource): FirstLine | RefusedLine {
    const line = parseFirstLine(text, source);
    if (!('fault' in line)) return line;
    return { handle: fillDigits('webclient_####', source), type: 'json', secret: undefined, isNameless: true };
  }

  protected parse(text: string): Command {
    return parseFrame(text);
  }

  protected answer(): void {}
}
