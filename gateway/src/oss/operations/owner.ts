/** The owner that is reported for everything; the same for each access key. */
export const OWNER = { ID: 'crosscomm', DisplayName: 'crosscomm' };
