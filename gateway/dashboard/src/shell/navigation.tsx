import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { overview } from '../api/overview.ts';
import { session, signOut } from '../api/session.ts';
import { hrefOf } from '../common/route.ts';
import { useStore } from '../common/store.ts';
import { theme, toggleTheme } from '../common/theme.ts';
import { IconButton } from '../components/basics.tsx';
import { Dialog } from '../components/confirm.tsx';
import { Choice } from '../components/field.tsx';
import { Icon } from '../components/icon.tsx';
import { formatCount } from '../language/format.ts';
import { chooseLanguage, language, languages, nameOfLanguage, t } from '../language/language.ts';
import type { PageEntry } from './pages.tsx';
import { SignInForm } from './sign-in.tsx';

/** Where one can go, and who one is: at the left, or behind a button on a narrow screen. */
export function Navigation({ pages, open }: { pages: readonly PageEntry[]; open: string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const closeByKey = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') setOpen(false);
    };
    addEventListener('keydown', closeByKey);
    return () => removeEventListener('keydown', closeByKey);
  }, []);
  const problems = useStore(overview)?.problems.length ?? 0;
  return (
    <header class={isOpen ? 'side open' : 'side'}>
      <div class="brand">
        <a href={hrefOf('')}>
          <img src={new URL('../icon.svg', import.meta.url).href} alt="" width="28" height="28" />
          <span>CrossComm</span>
        </a>
        <IconButton
          icon={isOpen ? 'close' : 'menu'}
          label={t.shell.menu}
          class="icon-button menu"
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpen(!isOpen)}
        />
      </div>
      <div class="side-content" id="navigation">
        <nav aria-label={t.shell.navigation}>
          <ul>
            {pages.map(({ path, title, icon }) => (
              <li key={path}>
                <a href={hrefOf(path)} aria-current={path === open ? 'page' : undefined} onClick={() => setOpen(false)}>
                  <Icon name={icon} />
                  <span>{t.pages[title]}</span>
                  {path === '' && problems > 0 && (
                    <span class="badge bad">
                      <span class="unseen">{t.shell.problems(formatCount(problems))}</span>
                      <span aria-hidden="true">{formatCount(problems)}</span>
                    </span>
                  )}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <Person />
        <Appearance />
      </div>
    </header>
  );
}

function Person(): JSX.Element | null {
  const who = useStore(session);
  const [isAsking, setAsking] = useState(false);
  if (who.is !== 'in') return null;
  return (
    <div class="person">
      <Icon name="person" />
      <span title={who.account === null ? undefined : t.shell.signedInAs(who.account)}>
        {who.account ?? t.shell.nobody}
      </span>
      {who.account === null ? (
        <button type="button" class="link" onClick={() => setAsking(true)}>
          {t.shell.signIn}
        </button>
      ) : (
        <button type="button" class="link" onClick={() => void signOut()}>
          {t.shell.signOut}
        </button>
      )}
      {isAsking && (
        <Dialog title={t.signIn.title} onClose={() => setAsking(false)}>
          <SignInForm onDone={() => setAsking(false)} />
        </Dialog>
      )}
    </div>
  );
}

function Appearance(): JSX.Element {
  const isDark = useStore(theme) === 'dark';
  return (
    <div class="appearance">
      <Choice
        label={t.shell.language}
        value={language.value}
        of={languages.map((code) => [code, nameOfLanguage(code)])}
        onValue={(code) => void chooseLanguage(code)}
      />
      <IconButton icon={isDark ? 'sun' : 'moon'} label={isDark ? t.shell.light : t.shell.dark} onClick={toggleTheme} />
    </div>
  );
}
