import { quote } from '../../../algebra/fault.ts';
import { ownMember } from '../../../algebra/json-object.ts';
import type { Control } from '../control.ts';

export const hostPathVolumes: Control = {
  id: 'hostPathVolumes',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgePod: ({ spec }, breaches) => {
        spec.volumes?.forEach((volume, index) => {
          const basis = ownMember(volume, 'hostPath');
          if (basis === undefined) return;
          breaches.add({
            field: `spec.volumes[${index}].hostPath`,
            words: `hostPath volumes (volume ${quote(volume.name)})`,
            fix: 'Use a PersistentVolumeClaim, an emptyDir, or another volume that the node’s files are not in.',
            basis,
          });
        });
      },
    },
  ],
};
