import type { Shape } from '../shape.ts';
import { arduinoOf } from './arduino.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { pythonOf } from './python.ts';
import { typescriptOf } from './typescript.ts';

const WRITERS = { ts: typescriptOf, python: pythonOf, arduino: arduinoOf, 'json-schema': jsonSchemaOf };

export type CodeLanguage = keyof typeof WRITERS;
export const CODE_LANGUAGES = Object.keys(WRITERS) as CodeLanguage[];

/** A file of source for the messages of a channel. */
export function codeFor(shape: Shape, language: CodeLanguage): string {
  return WRITERS[language](shape);
}
