package contract_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
)

// soundConnections differ in how they are reached.
var soundConnections = []sound{
	{"over TCP", overTCP(unchanged)},
	{"below a path", func(s *subject, own http.Handler) http.Handler {
		changed := overTCP(func(*subject, http.Handler) http.Handler { return http.StripPrefix("/kafka/api", own) })(s, own)
		s.target.Endpoint += "/kafka/api/"
		return changed
	}},
	// Which HTTP forbids after Connection: close, and many a proxy does (RFC 9112 section 9.6).
	{"keeps the connection although told to close it", handle(everything,
		func(_ *subject, w http.ResponseWriter, r *http.Request, own http.Handler) {
			response := record(r, own)
			if !r.Close {
				response.Close = true
			}
			hijack(w, func(conn net.Conn, rest *bufio.Reader) {
				_ = response.Write(conn)
				if response.StatusCode == http.StatusNoContent {
					_, _ = rest.ReadByte() // until the client closes
				}
			})
		})},
	{"TLS", overTLS("http/1.1")},
	{"HTTP/2 or HTTP/1.1", overTLS("h2", "http/1.1")},
	{"HTTP/2 only", overTLS("h2")},
	{"HTTP/2 asked for", func(s *subject, own http.Handler) http.Handler {
		s.options.HTTP2 = true
		return overTLS("h2", "http/1.1")(s, own)
	}},
	{"HTTP/2 in the clear", func(s *subject, own http.Handler) http.Handler {
		s.options.HTTP2 = true
		server := httptest.NewUnstartedServer(own)
		server.Config.Protocols = new(http.Protocols)
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
		s.tb.Cleanup(server.Close)
		s.target.Endpoint = server.URL
		return own
	}},
}

// overTLS has the server checked over TLS, for these protocols.
func overTLS(protocols ...string) change {
	return func(s *subject, own http.Handler) http.Handler {
		server := httptest.NewUnstartedServer(own)
		server.EnableHTTP2 = slices.Contains(protocols, "h2")
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // a handshake that is refused is what is tested
		server.TLS = &tls.Config{NextProtos: protocols, MinVersion: tls.VersionTLS12}
		// Go's own server takes a client of HTTP/1.1 even if it is to speak HTTP/2 only.
		server.TLS.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			config := server.TLS.Clone()
			if !slices.Contains(protocols, hello.SupportedProtos[0]) {
				config.NextProtos = []string{"other"}
			}
			return config, nil
		}
		server.StartTLS()
		s.tb.Cleanup(server.Close)
		s.target.Endpoint = server.URL
		trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		s.options.TLS = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
		return own
	}
}
