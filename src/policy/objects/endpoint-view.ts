import type { EndpointPort, Endpoints, EndpointSlice } from './service.ts';

/** One address that a Service leads to. */
export interface EndpointView {
  readonly field: string;
  readonly address: string;
  /** A name that is resolved by whoever reads the slice. */
  readonly isName: boolean;
  /** The namespace of the pod that it is said to be; empty where nothing is said. */
  readonly targetNamespace: string;
  readonly ports: readonly EndpointPort[];
}

/** Every address of an Endpoints object, ready or not. */
export function* addressesOfEndpoints({ subsets }: Endpoints): Iterable<EndpointView> {
  for (const [index, subset] of (subsets ?? []).entries()) {
    for (const list of ['addresses', 'notReadyAddresses'] as const) {
      for (const [place, { ip, targetRef }] of (subset[list] ?? []).entries()) {
        yield {
          field: `subsets[${index}].${list}[${place}].ip`,
          address: ip ?? '',
          isName: false,
          targetNamespace: targetRef?.namespace ?? '',
          ports: subset.ports ?? [],
        };
      }
    }
  }
}

/** Every address of an EndpointSlice, ready or not. */
export function* addressesOfSlice({ addressType, endpoints, ports }: EndpointSlice): Iterable<EndpointView> {
  for (const [index, { addresses, targetRef }] of (endpoints ?? []).entries()) {
    for (const [place, address] of (addresses ?? []).entries()) {
      yield {
        field: `endpoints[${index}].addresses[${place}]`,
        address,
        isName: addressType === 'FQDN',
        targetNamespace: targetRef?.namespace ?? '',
        ports: ports ?? [],
      };
    }
  }
}
