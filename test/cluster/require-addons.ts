import { type Test } from 'tap';
import { type Addons } from './addons.ts';
import { type ConnectedCluster } from './session.ts';

/** Gives the addons, or ends the test file as skipped, saying why; where nothing may be skipped, the runner never gets here. */
export function requireAddons(t: Test, { addons }: ConnectedCluster): Addons {
  if (addons.ok) return addons.addons;
  t.plan(0, addons.message.replaceAll('\n', ' '));
  process.exit();
}
