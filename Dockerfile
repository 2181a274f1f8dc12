# Dromedary with its own Java runtime. Build the archive first, see deploy/README.md:
#   mvn -q -Dmaven.test.skip=true package && docker build -t dromedary .
FROM eclipse-temurin:25-jdk-noble AS build
# Not to /opt/java: the JDK is in a folder there, and jlink needs one that does not exist.
RUN jlink --add-modules java.se,jdk.charsets,jdk.crypto.ec,jdk.localedata,jdk.management,jdk.naming.dns,jdk.net,jdk.unsupported,jdk.zipfs \
      --strip-java-debug-attributes --no-man-pages --no-header-files --compress=zip-6 --generate-cds-archive --output /opt/jre
COPY target/dromedary-*.tar.gz /tmp/dromedary.tar.gz
RUN mkdir /opt/dromedary && tar -xzf /tmp/dromedary.tar.gz --strip-components=1 -C /opt/dromedary
# The image keeps the loaded classes of a first run, since its root is read-only later.
WORKDIR /tmp/first-run
ENV JAVA_HOME=/opt/jre
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN DROMEDARY_CDS=/opt/dromedary/classes.jsa timeout 120 /opt/dromedary/bin/dromedary > log 2>&1 & \
    until grep -q "Dromedary is ready" log; do kill -0 $! || { cat log; exit 1; }; sleep 0.2; done; \
    kill $!; wait $! || true; test -s /opt/dromedary/classes.jsa

FROM debian:12-slim
COPY --from=build /opt/jre /opt/jre
COPY --from=build /opt/dromedary /opt/dromedary
RUN ln -s /opt/dromedary/bin/dromedary /opt/dromedary/bin/dromedary-health /usr/local/bin/ \
    && install -d -o 65532 -g 65532 -m 0700 /var/lib/dromedary
ENV JAVA_HOME=/opt/jre \
    JAVA_OPTS="-XX:MaxRAMPercentage=50 -XX:+ExitOnOutOfMemoryError" \
    DROMEDARY_CDS=/opt/dromedary/classes.jsa \
    CAMEL_SERVER_HOST=0.0.0.0
USER 65532:65532
WORKDIR /var/lib/dromedary
VOLUME /var/lib/dromedary
EXPOSE 8080
# Starts no JVM: a second one does not fit beside a full heap. A webhook that is down counts as healthy.
HEALTHCHECK --interval=60s --timeout=15s --start-period=30s CMD ["dromedary-health"]
CMD ["dromedary"]
