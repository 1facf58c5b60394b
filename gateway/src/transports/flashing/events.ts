/** What is known of a board that is to be flashed. */
export type Programmer = 'avrdude' | 'esptool' | 'picotool';

/** What is told while a board is flashed, in this order: one `begun`, any number of `progress`, and one of the others. */
export type FlashEvent =
  | {
      is: 'begun';
      /** The client at the port until now. */
      client: string;
      path: string;
      board: string;
      /** The program that does it, with its version. */
      tool: string;
      bytes: number;
    }
  | { is: 'progress'; stage: 'writing' | 'verifying'; percent: number }
  /** The firmware is on the board, and this client is online at its port. `hasSpoken`: the board has said something since. */
  | { is: 'done'; client: string; hasSpoken: boolean; seconds: number }
  | {
      is: 'failed';
      code: 'FLASH_FAILED';
      /** What is wrong, and what to do: a sentence. */
      message: string;
      /** The firmware is on the board all the same, and its client is not back. */
      isWritten: boolean;
    };
