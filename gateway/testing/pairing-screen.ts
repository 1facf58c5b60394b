import { expect } from 'vitest';
import { TestShell } from './test-shell.ts';

/** What `crosscomm pair --json` says. */
export type PairingEvent = { event: string } & Record<string, string>;

/** `crosscomm pair` as it runs in this process, beside a gateway with this data folder. */
export class PairingScreen {
  readonly done: Promise<number>;
  readonly #shell = new TestShell();
  #read = 0;

  private constructor(dataDir: string, argv: readonly string[]) {
    this.done = this.#shell.run('pair', '--data-dir', dataDir, '--json', ...argv);
  }

  /** Resolves with the screen and its code. */
  static async open(dataDir: string, ...argv: string[]): Promise<{ screen: PairingScreen; code: string }> {
    const screen = new PairingScreen(dataDir, argv);
    const event = await screen.next();
    expect(event).toMatchObject({ event: 'code', code: expect.stringMatching(/^\d{6}$/) });
    return { screen, code: event.code ?? '' };
  }

  async next(): Promise<PairingEvent> {
    await expect.poll(() => this.#lines().length, { timeout: 20_000 }).toBeGreaterThan(this.#read);
    return JSON.parse(this.#lines()[this.#read++] ?? '') as PairingEvent;
  }

  #lines(): string[] {
    return this.#shell.stdout.text.split('\n').filter((line) => line !== '');
  }
}
