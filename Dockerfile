FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY config/tsconfig.build.json config/
COPY src src
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production DATABASE_URL=file:/data/bridge.sqlite
WORKDIR /app
COPY package.json package-lock.json LICENSE ./
RUN npm ci --omit=dev && npm cache clean --force && install -d -o node -g node -m 0700 /data
COPY --from=build /app/dist dist
USER node
VOLUME /data
EXPOSE 8025
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 8025}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
