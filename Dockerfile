# The command alone, without a shell: docker build -t dms-conformance .
# For another platform than the builder's: docker buildx build --platform=linux/arm64 -t dms-conformance .
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
ARG TARGETOS
ARG TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /dms-conformance ./cmd/dms-conformance

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /dms-conformance /dms-conformance
# Nobody: the command reads what it is given and writes where it is told.
USER 65534:65534
WORKDIR /reports
ENTRYPOINT ["/dms-conformance"]
