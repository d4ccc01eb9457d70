# Godwit as one executable in a small image. Your app's image stands on it:
#
#   FROM godwit
#   COPY . /app
#
# docs/operate/release.md tells the rest.

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
COPY bin ./bin
RUN npm ci --omit=dev
COPY scripts ./scripts
COPY src ./src
RUN npm run compile

# libc and certificates, and nothing else: no shell, no package manager. `nonroot` is user 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/dist/godwit /usr/local/bin/godwit
COPY --from=build --chown=nonroot:nonroot /build/package.json /data/.keep
WORKDIR /app
ENV GODWIT_HOST=0.0.0.0 GODWIT_DATA=/data GODWIT_APP=/app/app.ts
VOLUME /data
EXPOSE 4000
# The first SIGTERM drains: give `docker stop` as long as --shutdown.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/godwit"]
CMD ["start"]
