import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { feed } from '../api/feed.ts';
import { isReachable, useOverviewNews } from '../api/overview.ts';
import { mayOperate, refreshSession, session } from '../api/session.ts';
import { route } from '../common/navigator.ts';
import type { PageProps, Route } from '../common/route.ts';
import { useStore } from '../common/store.ts';
import { Empty, Notice } from '../components/basics.tsx';
import { language, t } from '../language/language.ts';
import { Navigation } from './navigation.tsx';
import { PAGES, type PageEntry } from './pages.tsx';
import { SignInPage } from './sign-in.tsx';

const RETRY_MS = 3_000;

/** The whole page. */
export function App(): JSX.Element | null {
  const who = useStore(session);
  const code = useStore(language);
  useEffect(() => {
    if (who.is !== 'lost') return undefined;
    const timer = setTimeout(() => void refreshSession(), RETRY_MS);
    return () => clearTimeout(timer);
  }, [who]);
  const account = who.is === 'in' ? who.account : undefined;
  // Somebody else may see other things.
  useEffect(() => feed.restart(), [account]);
  switch (who.is) {
    case 'unknown':
      return null;
    case 'out':
      return <SignInPage key={code} {...(who.hasEnded && { why: t.signIn.ended })} />;
    case 'refused':
      return <SignInPage key={code} why={who.why} />;
    case 'lost':
      return (
        <main class="gate" id="content">
          <Notice tone="bad">{t.shell.lost}</Notice>
        </main>
      );
    case 'in':
      // Everything is drawn anew in another language, or for somebody else.
      return <House key={`${code} ${who.account}`} isOperator={mayOperate(who)} />;
  }
}

/** The navigation and the page that is open. */
function House({ isOperator }: { isOperator: boolean }): JSX.Element {
  useOverviewNews();
  const at = useStore(route);
  const pages = PAGES.filter(({ isForOperators = false }) => isOperator || !isForOperators);
  const entry = pages.find(({ path }) => path === at.page);
  return (
    <div class="house">
      <button type="button" class="skip" onClick={skip}>
        {t.common.skip}
      </button>
      <Navigation pages={pages} open={at.page} />
      <main id="content" tabIndex={-1}>
        <State />
        {entry ? <Opened key={entry.path} entry={entry} at={at} /> : <Empty title={t.common.notFound} />}
      </main>
    </div>
  );
}

/** A link would change what stands behind `#`, which says which page is open. */
function skip(): void {
  document.querySelector<HTMLElement>('#content')?.focus();
}

/** Whether what is shown is still true. */
function State(): JSX.Element | null {
  const isThere = useStore(isReachable);
  const state = useStore(feed.state);
  if (!isThere) return <Notice tone="bad">{t.shell.lost}</Notice>;
  return state === 'refused' ? <Notice tone="info">{t.shell.noFeed}</Notice> : null;
}

/** A page, once it is loaded. */
function Opened({ entry, at }: { entry: PageEntry; at: Route }): JSX.Element {
  const [page, setPage] = useState<{ Page: ComponentType<PageProps> }>();
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    entry.load().then(
      (Page) => setPage({ Page }),
      () => setFailed(true),
    );
  }, [entry]);
  if (isFailed) {
    return (
      <Empty title={t.common.pageFailed}>
        <button type="button" onClick={() => location.reload()}>
          {t.common.reload}
        </button>
      </Empty>
    );
  }
  if (!page) return <p class="quiet">{t.common.loading}</p>;
  const { Page } = page;
  return <Page query={at.query} {...(at.name === undefined ? {} : { name: at.name })} />;
}
