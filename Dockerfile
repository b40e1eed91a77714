# The command alone, without a shell:
#
#   docker build -t dms-conformance .
#   docker run --rm -e DMS_ENDPOINT -e DMS_PROJECT_ID -e DMS_INSTANCE_ID -e DMS_TOKEN dms-conformance
#
# For another platform than the builder's, whose own compiler does the work:
#
#   docker buildx build --platform=linux/arm64 -t dms-conformance .
FROM --platform=$BUILDPLATFORM golang:1.26.8-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# What the command is made of, and nothing else that may lie in a checkout, such as a clouds.yaml. There is no .git
# among it, so nothing to stamp the binary with.
COPY gen.go openapi.yaml ./
COPY client client
COPY cmd cmd
COPY conformance conformance
COPY internal internal
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags='-s -w' -o /dms-conformance ./cmd/dms-conformance

FROM scratch
# Whom the command trusts; --cacert adds to it.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /dms-conformance /
# Nobody, as a number: there is no /etc/passwd. To write reports, mount a directory at /reports and run as its owner.
USER 65534:65534
WORKDIR /reports
ENTRYPOINT ["/dms-conformance"]
