#!/bin/sh
# Seeds the cluster that kubectl points to with four kinds of namespaces: a tenant as it should be, one that has drifted, one
# that was never set up, and the platform's. `seed.sh repair` mends the drifted one, `seed.sh remove` takes everything away.
set -eu
tour=$(cd "$(dirname "$0")" && pwd)
case "${1:-seed}" in
  seed) kubectl apply --filename "$tour/tenants" ;;
  repair) kubectl apply --filename "$tour/repair" ;;
  remove) kubectl delete --ignore-not-found --filename "$tour/tenants" ;;
  *)
    echo "usage: $0 [seed|repair|remove]" >&2
    exit 2
    ;;
esac
