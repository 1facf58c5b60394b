import { useEffect, useState } from 'preact/hooks';
import { loadSettingsHelp } from '../../language/settings-help.ts';

/** What keys of the configuration are for, in the language that is shown; empty until it is there, and in English, in which the gateway says it. */
export function useHelp(): Readonly<Record<string, string>> {
  const [help, setHelp] = useState<Readonly<Record<string, string>>>({});
  useEffect(() => {
    void loadSettingsHelp().then(setHelp);
  }, []);
  return help;
}
