import { readPreference, writePreference } from '../common/preference.ts';
import { Store } from '../common/store.ts';
import type { Texts } from './texts/en.ts';

export type { Texts };

const PREFERENCE = 'language';
const FALLBACK = 'en';
/** A language is one file, found by its name; only the one that is shown is loaded. */
const files = import.meta.glob<{ texts: Texts }>('./texts/*.ts');

function fileOf(code: string): string {
  return `./texts/${code}.ts`;
}

/** The codes of all languages that there are, such as `en`. */
export const languages: readonly string[] = Object.keys(files)
  .map((file) => file.slice('./texts/'.length, -'.ts'.length))
  .sort();

/** All texts, in the language that is shown. Set before anything is drawn. */
export let t: Texts;

/** The code of the language that is shown. */
export const language = new Store(FALLBACK);

/** What a language is called by those who speak it. */
export function nameOfLanguage(code: string): string {
  return new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code;
}

/** Loads the language that was chosen here, else the first of the browser's that there is, else English. */
export async function loadLanguage(): Promise<void> {
  const wanted = [readPreference(PREFERENCE), ...navigator.languages.map((each) => each.split('-')[0])];
  await show(wanted.find((code) => code != null && languages.includes(code)) ?? FALLBACK);
}

/** Shows another language, and remembers it. */
export async function chooseLanguage(code: string): Promise<void> {
  writePreference(PREFERENCE, code);
  await show(code);
}

async function show(code: string): Promise<void> {
  const file = (await files[fileOf(code)]?.()) ?? (await files[fileOf(FALLBACK)]?.());
  if (!file) throw new TypeError(`There is no language ${code}.`);
  t = file.texts;
  document.documentElement.lang = code;
  language.set(code);
}
