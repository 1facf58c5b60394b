import { type Command, fromPureData, parseLine } from './codec.ts';
import { type Dialect, LINE_DIALECTS } from './dialect-codec.ts';
import { type FirstLine, type HandleSource, parseFirstLine, type RefusedLine } from './first-line.ts';
import { listChannels, listClients, listMembers } from './services/lists.ts';
import { OocsiSession } from './session.ts';

/** A client of the TCP protocol: lines of text. */
export class OocsiLineSession extends OocsiSession {
  dialect: Dialect = LINE_DIALECTS.legacy;

  protected greet(text: string, source: HandleSource): FirstLine | RefusedLine {
    const line = parseFirstLine(text, source);
    this.dialect = LINE_DIALECTS[line.type];
    return line;
  }

  protected parse(text: string): Command {
    return parseLine(this.dialect === LINE_DIALECTS.pd ? fromPureData(text) : text);
  }

  protected answer(command: Command): void {
    switch (command.verb) {
      case 'ping':
        this.#say('.');
        break;
      case 'quit':
        this.quit();
        break;
      case 'clients':
        this.#say(listClients(this.context.hub, this.principal?.rights).text);
        break;
      case 'channels':
        this.#say(this.#names(command.channel));
        break;
    }
  }

  protected override sayGoodbye(): void {
    this.#say('bye');
  }

  #say(text: string): void {
    if (text !== '') this.wire.write(this.dialect.say(text));
  }

  #names(channel: string): string {
    const { hub } = this.context;
    const { principal } = this;
    if (channel === '') return listChannels(hub, principal?.rights).text;
    return listMembers(hub, principal?.outward(channel) ?? channel, principal?.rights).join(', ');
  }
}
