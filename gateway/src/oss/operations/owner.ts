/** To whom everything belongs; the same for every key. */
export const OWNER = { ID: 'crosscomm', DisplayName: 'crosscomm' };
