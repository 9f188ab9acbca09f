import type { Owner } from '../tenancy/owner.ts';

/** Whose something is, as messages say it after its name. */
export function displayOwner(owner: Owner): string {
  switch (owner.kind) {
    case 'tenant':
      return `belongs to tenant ${JSON.stringify(owner.tenant)}`;
    case 'platform':
      return 'belongs to the platform';
    case 'unmanaged':
      return 'belongs to no tenant';
  }
}
