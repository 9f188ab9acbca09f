/** Where a namespaced object is. */
export interface ObjectAddress {
  readonly namespace: string;
  readonly name: string;
}
