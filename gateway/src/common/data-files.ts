/** The accounts of a gateway, in its data folder. */
export const ACCOUNTS_FILE = 'accounts.json';
/** Where a running gateway writes the secret by which commands on its machine prove themselves, in its data folder. */
export const OPERATOR_SECRET_FILE = 'operator.secret';
