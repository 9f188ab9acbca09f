import { testEveryKind } from '../support/test-every-kind.ts';

testEveryKind('network-plugins');
