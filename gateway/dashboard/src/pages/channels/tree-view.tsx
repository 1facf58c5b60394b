import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { hrefOf } from '../../common/route.ts';
import { Icon } from '../../components/icon.tsx';
import { formatCount, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import type { TreeNode } from './channel-tree.ts';
import type { LiveValue } from './use-channels.ts';

/** More on one level than this is not read but searched for. */
const MAX_CHILDREN = 200;
/** Less is shown as nothing. */
const LEAST_PER_S = 0.05;

interface TreeProps {
  values: ReadonlyMap<string, LiveValue>;
  /** The name of the channel that is open. */
  open: string | undefined;
  /** Whether everything is unfolded at first. */
  isUnfolded: boolean;
}

/** One level of the names, and those below it. */
export function TreeLevel({ nodes, ...rest }: TreeProps & { nodes: readonly TreeNode[] }): JSX.Element {
  const hidden = nodes.length - MAX_CHILDREN;
  return (
    <ul>
      {nodes.slice(0, MAX_CHILDREN).map((node) => (
        <Branch key={node.path} node={node} {...rest} />
      ))}
      {hidden > 0 && <li class="hint">{t.channels.moreHere(formatCount(hidden))}</li>}
    </ul>
  );
}

function Branch({ node, ...rest }: TreeProps & { node: TreeNode }): JSX.Element {
  const { label, path, isChannel, children } = node;
  const [isUnfolded, setUnfolded] = useState(rest.isUnfolded || (rest.open?.startsWith(`${path}/`) ?? false));
  const shown = label === '' ? '/' : label;
  return (
    <li>
      <div class={path === rest.open && isChannel ? 'twig open' : 'twig'}>
        {children.length > 0 ? (
          <button
            type="button"
            class="fold"
            aria-expanded={isUnfolded}
            aria-label={t.channels.expand(path)}
            onClick={() => setUnfolded(!isUnfolded)}
          >
            <Icon name={isUnfolded ? 'down' : 'right'} />
          </button>
        ) : (
          <span class="fold" />
        )}
        {isChannel ? (
          <a href={hrefOf('channels', path)} aria-current={path === rest.open ? 'true' : undefined}>
            <span class="label">{shown}</span>
            <Value value={rest.values.get(path)} />
          </a>
        ) : (
          <span class="label quiet">{shown}</span>
        )}
      </div>
      {isUnfolded && children.length > 0 && <TreeLevel nodes={children} {...rest} />}
    </li>
  );
}

function Value({ value }: { value: LiveValue | undefined }): JSX.Element | null {
  if (!value) return null;
  return (
    <>
      <span class="value">{value.last.body ?? t.message.kinds[value.last.kind] ?? value.last.kind}</span>
      {value.perS >= LEAST_PER_S && <span class="rate">{formatRate(value.perS)}/s</span>}
    </>
  );
}
