/** A PolicyRule of rbac.authorization.k8s.io/v1: what somebody lacks who was refused. */
export type RbacRule =
  | {
      readonly apiGroups: readonly [string];
      readonly resources: readonly [string];
      readonly resourceNames?: readonly [string];
      readonly verbs: readonly ['get' | 'list'];
    }
  | { readonly nonResourceURLs: readonly [string]; readonly verbs: readonly ['get'] };

/** The rule on one line, as YAML that can be pasted into a Role. */
export function displayRbacRule(rule: RbacRule): string {
  const members = Object.entries(rule).map(([name, values]) => `${name}: [${values.map(displayWord).join(', ')}]`);
  return `{${members.join(', ')}}`;
}

function displayWord(word: string): string {
  return word === '' || word.includes('*') ? JSON.stringify(word) : word;
}
