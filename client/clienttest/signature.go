package clienttest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
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

	clockSkew = 15 * time.Minute // how far the date of a signature may be from now
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
			gatewayError(http.StatusUnauthorized, "APIG.0301", "Incorrect IAM authentication information.").write(w)
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
	// Nobody needs the body after this: no request that is signed has one. A part of it makes a wrong signature.
	body, _ := io.ReadAll(r.Body)
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
	list := strings.TrimPrefix(header.Get("Authorization"), algorithm+" ")
	a.date = header.Get(dateHeader)
	date, err := time.Parse(dateLayout, a.date)
	if err != nil || now.Sub(date).Abs() > clockSkew {
		return a, false
	}
	values := make(map[string]string)
	for item := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		values[name] = value
	}
	a.headers = strings.Split(values["SignedHeaders"], ";")
	a.signature, _ = hex.DecodeString(values["Signature"]) // one that is malformed is wrong
	ok = slices.Contains(a.headers, "x-sdk-date")

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
	// What RFC 3986 calls unreserved is left alone, and nothing else.
	path := strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(r.URL.Path))
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") // the SDKs agree as long as there is one parameter
	return strings.Join([]string{
		r.Method, path, query, a.canonicalHeaders(r), strings.Join(a.headers, ";"), hexSum(body),
	}, "\n")
}

// canonicalHeaders is a line for each signed field.
func (a authorization) canonicalHeaders(r *http.Request) string {
	var lines strings.Builder
	for _, name := range a.headers {
		value := r.Header.Get(name)
		if a.scope != "" {
			value = strings.Join(strings.Fields(value), " ")
		}
		if name == "host" { // net/http keeps it apart
			value = r.Host
		}
		lines.WriteString(name + ":" + value + "\n")
	}
	return lines.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, text) // a hash never fails
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
