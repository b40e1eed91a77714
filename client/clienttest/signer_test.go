package clienttest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

const (
	date     = "20060102T150405Z"
	sdkDate  = "X-Sdk-Date"
	sdkShape = "SDK-HMAC-SHA256"
)

// A signer signs requests without query and body. It is written anew, from the vendor's description.
type signer struct {
	key, secret string
	derived     bool     // Credential=…, not Access=…
	scope       string   // of a derived signature; {day} is that of the date
	headers     []string // signed ones; host and x-sdk-date unless set
	at          time.Time
}

// shapes are the two ways to sign for a server's own access key, now.
func shapes(srv *clienttest.Server) map[string]signer {
	own := signer{key: srv.AccessKey, secret: srv.SecretKey, at: time.Now()}
	derived := own
	derived.derived, derived.scope = true, "{day}/eu-de/dms/sdk_request"
	return map[string]signer{"Access": own, "Credential": derived}
}

func (s signer) sign(r *http.Request) {
	stamp := s.at.UTC().Format(date)
	r.Header.Set(sdkDate, stamp)
	if s.headers == nil {
		s.headers = []string{"host", "x-sdk-date"}
	}
	fields := make([]string, len(s.headers))
	for i, name := range s.headers {
		fields[i] = name + ":" + r.Header.Get(name)
		if name == "host" {
			fields[i] = name + ":" + r.Host
		}
	}
	names := strings.Join(s.headers, ";")
	canonical := strings.Join([]string{
		r.Method, r.URL.EscapedPath() + "/", "", strings.Join(fields, "\n"), "", names, sha(""),
	}, "\n")

	key, credential, text := []byte(s.secret), "Access="+s.key, sdkShape+"\n"+stamp+"\n"
	if s.derived {
		scope := strings.ReplaceAll(s.scope, "{day}", stamp[:8])
		credential, text = "Credential="+s.key+"/"+scope, text+scope+"\n"
		key = []byte("SDK" + s.secret)
		for part := range strings.SplitSeq(scope, "/") {
			key = sum(key, part)
		}
	}
	signature := hex.EncodeToString(sum(key, text+sha(canonical)))
	r.Header.Set("Authorization", sdkShape+" "+credential+", SignedHeaders="+names+", Signature="+signature)
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func sha(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// request makes a request to a server.
func request(t *testing.T, srv *clienttest.Server, method, target string, header map[string]string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+target, nil)
	require.NoError(t, err)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	return r
}
