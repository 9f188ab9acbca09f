# The image of Tenantgate. docs/image.md tells what is in it, and how to build and verify it.

# Pinned by digest; the tag only tells people what it is. Any build image with npm will do, and any runtime image with Node.
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e

# All that is built is JavaScript: the builder's own platform builds it for every other.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Where another registry than the public one is used, secrets say so. They are mounted, so that no layer holds them.
RUN --mount=type=secret,id=npmrc --mount=type=secret,id=npm-ca \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# Node runs no TypeScript below node_modules, reads no source map unless it is told to, and never loads what is made for
# the Bare runtime. Licences stay. Modes are set, so that they depend on nobody's checkout and only root may write.
RUN rm -rf node_modules/.bin node_modules/.package-lock.json node_modules/bare-* \
    && find node_modules -type d \
        \( -name test -o -name tests -o -name benchmark -o -name benchmarks -o -name examples -o -name docs -o -name .github \) \
        -prune -exec rm -r {} + \
    && find node_modules -type f \
        \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' -o -iname '*.md' ! -iname 'licen[cs]e*' \) -delete \
    && find node_modules -type d -empty -delete \
    && find node_modules -type d -exec chmod 0755 {} + \
    && find node_modules -type f -exec chmod 0644 {} +

FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=npmrc --mount=type=secret,id=npm-ca \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN node_modules/.bin/tsc -p tsconfig.build.json --outDir /app/dist --declaration false --sourceMap false --inlineSources false
COPY LICENSE package.json /app/
COPY policies /app/policies
COPY schemas /app/schemas
COPY examples /app/examples
RUN find /app -type d -exec chmod 0755 {} + \
    && find /app -type f -exec chmod 0644 {} +

FROM ${RUNTIME_IMAGE}
ARG VERSION=dev
ARG REVISION=
ARG SOURCE=
ARG RUNTIME_IMAGE
LABEL org.opencontainers.image.title="Tenantgate" \
      org.opencontainers.image.description="Kubernetes admission webhook that proves a tenant's objects stay inside their tenant, or names a counterexample" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}"
# Where distroless images have Node, and where others have it.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
# The layer that seldom changes comes first. WORKDIR comes after: it would give the folder to the base's user.
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=build /app /app
WORKDIR /app
USER 65532:65532
EXPOSE 8443 8080
# Large buffers are given back at once: by itself the C library keeps what it once had for them.
ENV MALLOC_MMAP_THRESHOLD_=131072
# What lives no longer than a call is collected early, in a space that stays in the cache: half of the memory, and answers
# that are as fast. An audit passes gigabytes through it. One helper thread is enough where there is one core.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--v8-pool-size=1", "/app/dist/cli/main.js"]
CMD ["serve"]
