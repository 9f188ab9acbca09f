import { quote } from '../../../algebra/fault.ts';
import { ownMember } from '../../../algebra/json-object.ts';
import type { Volume } from '../../objects/pod-security-context.ts';
import type { Control } from '../control.ts';

const allowed = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

export const restrictedVolumes: Control = {
  id: 'restrictedVolumes',
  level: 'restricted',
  versions: [
    {
      since: 0,
      replaces: ['hostPathVolumes'],
      judgePod: ({ spec }, breaches) => {
        spec.volumes?.forEach((volume, index) => {
          if (allowed.some((source) => ownMember(volume, source) !== undefined)) return;
          const type = sourceOf(volume);
          // The API server makes an emptyDir of it before anything is judged.
          if (type === undefined) return;
          breaches.add({
            field: `spec.volumes[${index}].${type}`,
            words: `volume ${quote(volume.name)} uses restricted volume type ${quote(type)}`,
            fix: `Use one of ${allowed.join(', ')}.`,
            basis: volume,
          });
        });
      },
    },
  ],
};

/** The type of the volume is the name of the member beside its own name. */
function sourceOf(volume: Volume): string | undefined {
  return Object.keys(volume).find((member) => member !== 'name' && ownMember(volume, member) !== undefined);
}
