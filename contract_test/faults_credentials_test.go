package contract_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client/clienttest"
)

const nearMiss = "F near-miss-credentials"

var credentialFaults = slices.Concat(
	allSay("none", "F missing-credentials", noCredentials, "403 APIG.0302", "404 DMS.00404001", "400 DMS.00400070",
		"407 APIG.9999", "500 DMS.00500000", "204"),
	allSay("none", "F no-redirect", noCredentials, "302 https://login.example.com/", "301 https://dms.example.com/"),
	allSay("none", "F error-response", noCredentials, "401 page", "401"),
	allSay("any token", "F invalid-credentials", wrongToken, "404 DMS.00404001", "403 APIG.0302", "500 DMS.00500000"),
	allSay("any token", "F no-redirect", wrongToken, "307 https://login.example.com/"),
	allSay("any token", "F error-response", wrongToken, "401 page"),
	allSay("any signature", "F invalid-credentials", anySignature, "404 DMS.00404001", "500 DMS.00500000"),
	allSay("strangers", "F missing-credentials F invalid-credentials", stranger, "404 DMS.00404001", "403 APIG.0302"),
	allSay("task looked up first, none", nearMiss, noCredentials.but(named), "404 DMS.00404001"),
	allSay("task looked up first, any token", nearMiss, wrongToken.but(named), "404 DMS.00404001"),
	allSay("task looked up first, strangers", nearMiss, stranger.but(named), "404 DMS.00404001", "204"),
	allSay("any signature alone", nearMiss, lonelySignature, "404 DMS.00404001", "204"),
	allSay("any Bearer", nearMiss, authorization("Bearer "), "500 DMS.00500000", "404 DMS.00404001"),
	allSay("scheme alone", nearMiss, exactly("SDK-HMAC-SHA256"), "500 DMS.00500000", "400 APIG.9999"),
	allSay("empty token", nearMiss, emptyToken, "404 DMS.00404001", "500 DMS.00500000"),
	take("none", "F missing-credentials", noCredentials, ownToken),
	take("any token", "F invalid-credentials", wrongToken, ownToken),
	take("any signature", "F invalid-credentials", anySignature, ownToken),
	take("field of a token", "F invalid-credentials", hasField, ownToken),
	take("strangers", "F missing-credentials F invalid-credentials", stranger, ownToken),
	[]fault{
		{"none: hangs up", "F kept-connection F missing-credentials F near-miss-credentials", raw(noCredentials, "")},
		{"any signature alone: deletes", nearMiss, as(lonelySignature, ownToken)},
		{"SDK-HMAC-SHA256 alone: deletes", nearMiss, as(exactly("SDK-HMAC-SHA256"), ownToken)},
		{"any Bearer: deletes", nearMiss, as(authorization("Bearer "), ownToken)},
		{"a scheme alone: deletes", nearMiss, as(exactly("SDK-HMAC-SHA256"), ownToken)},
		{"empty token is the administrator's: deletes", nearMiss, as(emptyToken, ownToken)},
		{"credentials kept with the connection", "F kept-connection", overTCP(keepsCredentials)},
		{"answers one behind on a connection", "F kept-connection", overTCP(behind)},
		{"second request of a connection: 500", "F kept-connection", overTCP(fails(later))},
		{"second request of a connection: hangs up", "F kept-connection", overTCP(raw(later, ""))},
	},
)

var (
	noToken  match = func(_ *subject, r *http.Request) bool { return token(r) == "" }
	hasField match = func(s *subject, r *http.Request) bool {
		return r.Header["X-Auth-Token"] != nil && stranger(s, r)
	}
	lonelySignature = authorization("SDK-HMAC-SHA256 ").and(noToken)

	later match = func(s *subject, r *http.Request) bool {
		_, known := s.connections.LoadOrStore(connOf(r), true)
		return known
	}
)

func exactly(value string) match {
	return func(_ *subject, r *http.Request) bool { return r.Header.Get("Authorization") == value }
}

func authorization(prefix string) match {
	return func(_ *subject, r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Authorization"), prefix)
	}
}

// keepsCredentials has requests without a token use that of the first one of their connection.
func keepsCredentials(s *subject, own http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first, _ := s.connections.LoadOrStore(connOf(r), token(r)); token(r) == "" {
			r.Header.Set("X-Auth-Token", first.(string))
		}
		own.ServeHTTP(w, r)
	})
}

// behind gives every request of a connection but the first the answer of the one before.
func behind(s *subject, own http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		own.ServeHTTP(recorder, r)
		if before, ok := s.connections.Swap(connOf(r), recorder); ok {
			recorder = before.(*httptest.ResponseRecorder)
		}
		clienttest.Answer{StatusCode: recorder.Code, Header: recorder.Header(), Body: recorder.Body.String()}.ServeHTTP(w, r)
	})
}

// base36 has the characters of a token, and those that an altered one may have.
const base36 = "0123456789abcdefghijklmnopqrstuvwxyz"

// tokenFaults are servers that compare tokens carelessly.
func tokenFaults() (list []fault) {
	const invalid = "F invalid-credentials"
	quarters := func(token string) string { return token[:len(token)*3/4] }
	sameLength := func(own, token string) bool { return len(own) == len(token) }
	characters := func(_, token string) bool { return strings.Trim(token, base36) == "" }
	parsed := func(_, token string) bool { return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2 }
	for _, r := range []struct {
		name, rules string
		alike       func(own, token string) bool
	}{
		{"the first 8 characters", invalid, same(start(8))},
		{"the first 16 characters", invalid, same(start(16))},
		{"the first three quarters", nearMiss, func(own, token string) bool {
			return strings.HasPrefix(token, quarters(own))
		}},
		{"the first three quarters, and the length", nearMiss, func(own, token string) bool {
			return sameLength(own, token) && quarters(own) == quarters(token)
		}},
		{"the last 8 characters", invalid, same(end(8))},
		{"the last 16 characters", nearMiss, same(end(16))},
		{"its beginning with the own one", nearMiss, swapped(strings.HasPrefix)},
		{"its end with the own one", unseen, swapped(strings.HasSuffix)},
		{"the beginning of the own one with it", nearMiss, strings.HasPrefix},
		{"the end of the own one with it", nearMiss, strings.HasSuffix},
		{"whether the own one has it in it", nearMiss, strings.Contains},
		{"whether it has the own one in it", nearMiss, swapped(strings.Contains)},
		{"without regard to case", nearMiss, strings.EqualFold},
		{"length", invalid, sameLength},
		{"length and characters", invalid, func(own, token string) bool {
			return sameLength(own, token) && characters(own, token)
		}},
		{"characters", invalid, characters},
		{"that it is long enough", invalid, func(_, token string) bool { return len(token) >= 16 }},
	} {
		list = append(list, fault{r.name + ": deletes", r.rules, as(nearToken(r.alike), ownToken)},
			fault{r.name + ": 404", r.rules, gone(nearToken(r.alike))})
		if r.rules == invalid {
			list = append(list, fault{r.name + ": deletes, says 401", open, secretly(nearToken(r.alike), ownToken)})
		}
	}
	claims := func(token string) string { return token[:max(0, strings.LastIndex(token, "."))] }
	return append(list,
		fault{"signature of a JWT not verified", nearMiss, jwt.and(as(nearToken(func(own, token string) bool {
			return strings.Count(token, ".") == 2 && claims(own) == claims(token)
		}), ownToken))},
		fault{"JWT not verified at all", invalid, jwt.and(as(nearToken(parsed), ownToken))},
		fault{"JWT not verified at all: 404", invalid, jwt.and(gone(nearToken(parsed)))},
	)
}

// jwt has the target use a JSON Web Token.
var jwt = withToken("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0IiwicHJvamVjdCI6IjBlNWE5YzZlMmM4ZjRiMWQifQ." +
	"c2lnbmF0dXJlLW9mLWEtdGVzdC10aGF0LW5vYm9keS12ZXJpZmllcw")

func withToken(token string) change {
	return func(s *subject, own http.Handler) http.Handler {
		s.server.Token, s.target.Token = token, token
		s.server.AddToken(token, s.task.ProjectID)
		return own
	}
}

var methodFaults = slices.Concat(
	allSay("PUT", "F unsupported-method", otherMethod, "204", "200", "500 DMS.00500000"),
	allSay("PUT", "W unsupported-method", otherMethod, "404 DMS.00404001", "400 DMS.00400002", "405 DMS.00405001"),
	allSay("PUT", "F no-redirect", otherMethod, "303 /"),
	allSay("PUT alone", "F unsupported-method", method("PUT"), "202", "204"),
	allSay("POST alone", "F unsupported-method", method("POST"), "201", "500 DMS.00500000"),
	allSay("PATCH alone", "F unsupported-method", method("PATCH"), "200", "204"),
	allSay("X-HTTP-Method-Override", "F unsupported-method", overridden, "200", "500 DMS.00500000"),
	allSay("GET", "F safe-methods", safeMethod, "204"),
	allSay("GET", "F error-response", safeMethod, "404 page"),
	allSay("GET", "F no-redirect", safeMethod, "302 /"),
	take("PUT", "F unsupported-method", otherMethod, asDelete),
	take("POST alone", "F unsupported-method", method("POST"), asDelete),
	take("X-HTTP-Method-Override", "F unsupported-method", overridden, asDelete),
	take("GET", "F safe-methods", safeMethod, asDelete),
	take("HEAD alone", "F safe-methods", method("HEAD"), asDelete),
	[]fault{
		{"405 that allows nothing", "W unsupported-method", allow("")},
		{"405 that allows another method", "W unsupported-method", allow("GET")},
		{"405 that allows that very method", "W unsupported-method", allow("DELETE, PUT, POST, PATCH")},
		{"405 that allows it in small letters", "W unsupported-method", allow("delete")},
		{"HEAD: deletes, says 200", open, says(method("HEAD"), "200").and(secretly(method("HEAD"), asDelete))},
		{"shown; HEAD deletes, says 405", "F delete", shows.and(secretly(method("HEAD"), asDelete))},
		{"shown; PUT deletes, says 405", "F delete", shows.and(secretly(otherMethod, asDelete))},
		{"shown; a stranger deletes, says 401", "F delete", shows.and(secretly(noCredentials, ownToken))},
		{"shown; any token deletes, says 401", "F delete", shows.and(secretly(wrongToken, ownToken))},
		{"shown; a foreign project deletes, says 401", "F delete", shows.and(secretly(foreignProject, ownPath))},
		{"shown; capitals delete, says 404", "F delete", shows.and(secretly(near("task_id", strings.EqualFold), ownPath))},
	},
)

func overridden(s *subject, r *http.Request) bool {
	return otherMethod(s, r) && r.Header.Get("X-HTTP-Method-Override") != ""
}

// allow answers other methods with a 405 that has this Allow field.
func allow(methods string) change {
	return answer(otherMethod, clienttest.Error(405, "DMS.00405001", "A fault.", http.Header{"Allow": {methods}}))
}

// shows has GET answer with the task, if it is there.
var shows = typed(func(s *subject, r *http.Request) bool {
	return r.Method == http.MethodGet && authenticated(s, r) && s.server.HasTask(s.task)
}, 200, jsonType, `{"task_id":"t"}`)
