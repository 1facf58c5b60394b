import { language } from './language.ts';

/** A language is one file, found by its name and loaded with the page that shows it; English is what the gateway says itself. */
const files = import.meta.glob<{ help: Readonly<Record<string, string>> }>('./settings/*.ts');

/** What keys of the configuration are for, by key, in the language that is shown; nothing where it has no such file. */
export async function loadSettingsHelp(): Promise<Readonly<Record<string, string>>> {
  // Where it does not arrive, English is shown.
  const file = await files[`./settings/${language.value}.ts`]?.().catch(() => undefined);
  return file?.help ?? {};
}
