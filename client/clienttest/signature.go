package clienttest

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dmstask/dmstask/client"
)

const (
	algorithm  = "SDK-HMAC-SHA256"
	dateHeader = "X-Sdk-Date"
	dateLayout = "20060102T150405Z"

	clockSkew  = 15 * time.Minute // how far the date of a signature may be from now
	maxPayload = 12 << 20         // bytes of a body that the gateway hashes
)

// signed lets a request pass that is not signed or signed well. A token comes first: who sends both is judged by it.
func (s *Server) signed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Auth-Token") != "" || !strings.HasPrefix(r.Header.Get("Authorization"), algorithm) {
			next.ServeHTTP(w, r)
			return
		}
		project, ok := s.verify(r, time.Now())
		if !ok {
			badSignature().write(w)
			return
		}
		next.ServeHTTP(w, withProject(r, project))
	})
}

// verify returns the project that a signed request is for; none if the key is used for another one. It reports false if
// the signature is not right, whatever the reason: the gateway has one answer for all of them.
func (s *Server) verify(r *http.Request, now time.Time) (client.ProjectID, bool) {
	a, ok := parseAuthorization(r.Header, now)
	if !ok {
		return "", false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if err != nil || len(body) > maxPayload {
		return "", false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.accessKeys[a.accessKey]
	if key == nil || now.Before(key.locked) {
		return "", false
	}
	if !hmac.Equal(a.signature, a.sign(r, body, key.secret)) {
		if key.wrong++; key.wrong == maxWrong {
			key.wrong, key.locked = 0, now.Add(lockTime)
		}
		return "", false
	}
	key.wrong = 0
	return key.scope(r.Header), true
}

// An authorization is the Authorization field of a signed request, in one of two shapes: Credential=AK/scope, of which
// a key is derived, as gophertelekomcloud writes it, or Access=AK, as huaweicloud-sdk-go-v3 does.
type authorization struct {
	accessKey string
	scope     string // date/region/service/sdk_request; empty in the second shape
	date      string
	headers   []string // the signed header fields, in the order in which they were signed
	signature []byte
}

// parseAuthorization reports false for a field that no client of either shape would send now.
func parseAuthorization(header http.Header, now time.Time) (a authorization, ok bool) {
	list, ok := strings.CutPrefix(header.Get("Authorization"), algorithm+" ")
	a.date = header.Get(dateHeader)
	date, err := time.Parse(dateLayout, a.date)
	if !ok || err != nil || now.Sub(date).Abs() > clockSkew {
		return a, false
	}
	values := make(map[string]string)
	for item := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		values[name] = value
	}
	a.headers = strings.Split(values["SignedHeaders"], ";")
	a.signature, err = hex.DecodeString(values["Signature"])
	ok = err == nil && slices.Contains(a.headers, "x-sdk-date")

	credential, derived := values["Credential"]
	if !derived {
		a.accessKey = values["Access"]
		return a, ok // the host need not be signed: huaweicloud-sdk-go-v3 leaves it out
	}
	a.accessKey, a.scope, _ = strings.Cut(credential, "/")
	scope := strings.Split(a.scope, "/")
	ok = ok && len(scope) == 4 && scope[0] == a.date[:len("20060102")] && scope[3] == "sdk_request"
	return a, ok && slices.Contains(a.headers, "host")
}

// sign computes the signature that a request must have.
func (a authorization) sign(r *http.Request, body []byte, secret string) []byte {
	key, text := []byte(secret), []string{algorithm, a.date}
	if a.scope != "" {
		key = []byte("SDK" + secret)
		for part := range strings.SplitSeq(a.scope, "/") {
			key = mac(key, part)
		}
		text = append(text, a.scope)
	}
	return mac(key, strings.Join(append(text, hexSum([]byte(a.canonicalRequest(r, body)))), "\n"))
}

func (a authorization) canonicalRequest(r *http.Request, body []byte) string {
	query, payload := a.canonicalQuery(r.URL.Query()), hexSum(body)
	if a.scope != "" && r.Method == http.MethodPost && len(body) == 0 { // a peculiarity of gophertelekomcloud
		query, payload = "", hexSum([]byte(r.URL.Query().Encode()))
	}
	// A hash that the client declares needs no look: a wrong one makes a wrong signature.
	if declared := r.Header.Get("X-Sdk-Content-Sha256"); declared == "UNSIGNED-PAYLOAD" {
		payload = declared
	}
	path := strings.ReplaceAll(escape(r.URL.Path), "%2F", "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return strings.Join([]string{
		r.Method, path, query, a.canonicalHeaders(r), strings.Join(a.headers, ";"), payload,
	}, "\n")
}

// canonicalQuery sorts the parameters. gophertelekomcloud ignores case when it does, and signs the first value only.
func (a authorization) canonicalQuery(query url.Values) string {
	order := func(key string) string { return key }
	if a.scope != "" {
		order = func(key string) string { return strings.ToLower(escape(key)) }
	}
	var pairs []string
	for _, key := range slices.SortedFunc(maps.Keys(query), func(x, y string) int {
		return cmp.Compare(order(x), order(y))
	}) {
		values := slices.Sorted(slices.Values(query[key]))
		if a.scope != "" {
			values = query[key][:1]
		}
		for _, value := range values {
			pairs = append(pairs, escape(key)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// canonicalHeaders is a line for each signed field, and each of its values in the second shape.
func (a authorization) canonicalHeaders(r *http.Request) string {
	var lines strings.Builder
	for _, name := range a.headers {
		values := r.Header.Values(name)
		if a.scope != "" {
			values = []string{strings.Join(strings.Fields(r.Header.Get(name)), " ")}
		}
		if name == "host" { // net/http keeps it apart
			values = []string{r.Host}
		}
		for _, value := range values {
			lines.WriteString(name + ":" + value + "\n")
		}
	}
	return lines.String()
}

// escape leaves alone what RFC 3986 calls unreserved, and nothing else.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, text) // a hash never fails
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
