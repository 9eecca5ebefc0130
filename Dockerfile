# hub-v1 in a container: docker build -t hub-v1 . && docker run -p 5000:5000 -v hub:/data hub-v1

# Node 24 is supported until April 2028. Whoever wants the same bytes every time names the digest that
# `docker buildx imagetools inspect node:24-alpine` shows: node:24-alpine@sha256:…
FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
COPY routes ./routes
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-alpine
ENV NODE_ENV=production \
    HUB_HOST=0.0.0.0 \
    HUB_PORT=5000 \
    HUB_DATA=/data
WORKDIR /app
COPY package.json openapi.yaml ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The volume takes its owner over from here.
RUN mkdir /data && chown node:node /data
USER node
VOLUME ["/data"]
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "/app/dist/src/cli/hub-v1.cjs", "health"]
ENTRYPOINT ["node", "/app/dist/src/cli/hub-v1.cjs"]
CMD ["serve"]
