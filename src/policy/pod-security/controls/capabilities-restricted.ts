import { quote } from '../../../algebra/fault.ts';
import { isWindowsPod, titleOf, unless, type Control, type JudgeContainer } from '../control.ts';

const dropAll: JudgeContainer = (container, context, _pod, breaches) => {
  const capabilities = context.capabilities;
  // The name is compared exactly: a runtime may not know what `all` is.
  if (capabilities?.drop?.includes('ALL') !== true) {
    breaches.add({
      field: 'securityContext.capabilities.drop',
      words: `${titleOf(container)} must set securityContext.capabilities.drop=["ALL"]`,
      fix: 'Drop all:\n  securityContext:\n    capabilities:\n      drop: [ALL]',
    });
  }
  capabilities?.add?.forEach((capability, index) => {
    if (capability === 'NET_BIND_SERVICE') return;
    breaches.add({
      field: `securityContext.capabilities.add[${index}]`,
      words: `${titleOf(container)} must not include ${quote(capability)} in securityContext.capabilities.add`,
      fix: 'Remove the capability.',
    });
  });
};

const replaces = ['capabilities_baseline'];

export const capabilitiesRestricted: Control = {
  id: 'capabilities_restricted',
  level: 'restricted',
  versions: [
    { since: 22, replaces, judgeContainer: dropAll },
    { since: 25, replaces, judgeContainer: unless(isWindowsPod, dropAll) },
  ],
};
