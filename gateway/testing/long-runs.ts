/** `npm run soak -- cluster` runs some tests in their long form: cuts last as they do in the field, and schedules are many. */
export const isLong = process.env.CROSSCOMM_LONG === 'yes';
