import { kinds } from '../policy/objects/kinds.ts';
import type { Permission } from './fact-permissions.ts';

/** A {@link Permission} for some objects only. */
export interface NamedPermission extends Permission {
  readonly resourceNames?: readonly string[];
}

/**
 * The least rights with which a scan reads everything that rules judge and posture is told from: it lists, and may write
 * nothing. `configMaps` are the settings of network plugins that posture looks at.
 */
export function scanPermissions(configMaps: readonly string[]): readonly NamedPermission[] {
  const byGroup = Map.groupBy(Object.values(kinds), ({ group }) => group);
  const listed = [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, entries]) => ({
      apiGroups: [group],
      resources: [...new Set([...entries.map(({ resource }) => resource), ...(group === '' ? ['nodes'] : [])])].sort(),
      verbs: ['list'],
    }));
  if (configMaps.length === 0) return listed;
  const named = { apiGroups: [''], resources: ['configmaps'], resourceNames: [...configMaps].sort(), verbs: ['get'] };
  return [...listed, named];
}

/** The same for a server, which follows what it has read. */
export function followPermissions(configMaps: readonly string[]): readonly NamedPermission[] {
  return scanPermissions(configMaps).map((permission) =>
    permission.verbs.includes('list') ? { ...permission, verbs: ['list', 'watch'] } : permission,
  );
}
