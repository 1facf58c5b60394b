import type { ComponentType } from 'preact';
import type { PageProps } from '../common/route.ts';
import type { IconName } from '../components/icon.tsx';
import type { Texts } from '../language/language.ts';

export interface PageEntry {
  /** What stands in the address; empty for the first page. */
  path: string;
  title: keyof Texts['pages'];
  icon: IconName;
  /** For those alone who may operate the gateway. */
  isForOperators?: boolean;
  load: () => Promise<ComponentType<PageProps>>;
}

/** All pages, in the order of the navigation. Each is loaded when it is opened. */
export const PAGES: readonly PageEntry[] = [
  {
    path: '',
    title: 'overview',
    icon: 'overview',
    load: async () => (await import('../pages/overview/overview-page.tsx')).OverviewPage,
  },
  {
    path: 'clients',
    title: 'clients',
    icon: 'clients',
    load: async () => (await import('../pages/clients/clients-page.tsx')).ClientsPage,
  },
  {
    path: 'channels',
    title: 'channels',
    icon: 'channels',
    load: async () => (await import('../pages/channels/channels-page.tsx')).ChannelsPage,
  },
  {
    path: 'conversation',
    title: 'conversation',
    icon: 'conversation',
    load: async () => (await import('../pages/conversation/conversation-page.tsx')).ConversationPage,
  },
  {
    path: 'graph',
    title: 'graph',
    icon: 'graph',
    load: async () => (await import('../pages/graph/graph-page.tsx')).GraphPage,
  },
  {
    path: 'together',
    title: 'together',
    icon: 'together',
    load: async () => (await import('../pages/together/together-page.tsx')).TogetherPage,
  },
  {
    path: 'automations',
    title: 'automations',
    icon: 'automations',
    isForOperators: true,
    load: async () => (await import('../pages/automations/automations-page.tsx')).AutomationsPage,
  },
  {
    path: 'controls',
    title: 'controls',
    icon: 'controls',
    load: async () => (await import('../pages/controls/controls-page.tsx')).ControlsPage,
  },
  {
    path: 'connect',
    title: 'connect',
    icon: 'connect',
    load: async () => (await import('../pages/connect/connect-page.tsx')).ConnectPage,
  },
  {
    path: 'files',
    title: 'files',
    icon: 'files',
    load: async () => (await import('../pages/files/files-page.tsx')).FilesPage,
  },
  {
    path: 'devices',
    title: 'devices',
    icon: 'devices',
    load: async () => (await import('../pages/devices/devices-page.tsx')).DevicesPage,
  },
  {
    path: 'trace',
    title: 'trace',
    icon: 'trace',
    isForOperators: true,
    load: async () => (await import('../pages/trace/trace-page.tsx')).TracePage,
  },
  {
    path: 'class',
    title: 'class',
    icon: 'class',
    isForOperators: true,
    load: async () => (await import('../pages/class/class-page.tsx')).ClassPage,
  },
  {
    path: 'accounts',
    title: 'accounts',
    icon: 'accounts',
    isForOperators: true,
    load: async () => (await import('../pages/accounts/accounts-page.tsx')).AccountsPage,
  },
  {
    path: 'backup',
    title: 'backup',
    icon: 'backup',
    isForOperators: true,
    load: async () => (await import('../pages/backup/backup-page.tsx')).BackupPage,
  },
  {
    path: 'settings',
    title: 'settings',
    icon: 'settings',
    isForOperators: true,
    load: async () => (await import('../pages/settings/settings-page.tsx')).SettingsPage,
  },
  {
    path: 'diagnosis',
    title: 'diagnosis',
    icon: 'diagnosis',
    isForOperators: true,
    load: async () => (await import('../pages/diagnosis/diagnosis-page.tsx')).DiagnosisPage,
  },
];

/** Begins to load the page that is open, which is not needed before others know who looks at it. */
export function loadAhead(path: string): void {
  // Whoever opens it is told of what fails.
  PAGES.find((page) => page.path === path)
    ?.load()
    .catch(() => {});
}
