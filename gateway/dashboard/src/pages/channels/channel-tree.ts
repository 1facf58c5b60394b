/** A part of the names of channels: `kitchen` of `kitchen/light`. */
export interface TreeNode {
  /** The last part of its name. */
  label: string;
  /** All of its name. */
  path: string;
  /** Whether it is a channel itself. */
  isChannel: boolean;
  children: TreeNode[];
}

/** The tree of names, by the slashes in them; each level in the order of the alphabet. */
export function treeOf(names: Iterable<string>): TreeNode[] {
  const root = makeNode('', '');
  const known = new Map<string, TreeNode>([['', root]]);
  for (const name of names) {
    let node = root;
    let path: string | undefined;
    for (const label of name.split('/')) {
      path = path === undefined ? label : `${path}/${label}`;
      // A name may begin with a slash, and the root has the empty one.
      const key = `/${path}`;
      let next = known.get(key);
      if (!next) {
        next = makeNode(label, path);
        known.set(key, next);
        node.children.push(next);
      }
      node = next;
    }
    node.isChannel = true;
  }
  sort(root);
  return root.children;
}

const collator = new Intl.Collator(undefined, { numeric: true });

function sort({ children }: TreeNode): void {
  children.sort((a, b) => collator.compare(a.label, b.label));
  for (const child of children) sort(child);
}

function makeNode(label: string, path: string): TreeNode {
  return { label, path, isChannel: false, children: [] };
}
