export function meantArguments(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  flags: readonly { flag: string; isSwitch: boolean }[],
  options?: { takesWords?: boolean },
): { args: string[]; taken: string[]; lost: string[] };
