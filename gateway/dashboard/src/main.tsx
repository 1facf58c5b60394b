import './styles/tokens.css';
import './styles/elements.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/forms.css';
import './styles/tables.css';
import './styles/pages.css';
import './styles/devices.css';
import './styles/accounts.css';
import { render } from 'preact';
import { refreshSession } from './api/session.ts';
import { route } from './common/navigator.ts';
import './common/text-direction.ts';
import './common/theme.ts';
import { loadLanguage } from './language/language.ts';
import { App } from './shell/app.tsx';
import { loadAhead } from './shell/pages.tsx';

const root = document.querySelector('#app');
if (!root) throw new TypeError('The page has no place for the app.');
loadAhead(route.value.page);
await Promise.all([loadLanguage(), refreshSession()]);
// What was there until now.
root.replaceChildren();
render(<App />, root);
