package contract_test

import (
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
	allSay("any Bearer", nearMiss, scheme("Bearer "), "500 DMS.00500000", "404 DMS.00404001"),
	allSay("scheme alone", nearMiss, exactly("SDK-HMAC-SHA256"), "500 DMS.00500000", "400 APIG.9999"),
	allSay("empty token", nearMiss, emptyToken, "404 DMS.00404001", "500 DMS.00500000"),
	take("none", "F missing-credentials", noCredentials, ownToken),
	take("any token", "F invalid-credentials", wrongToken, ownToken),
	take("any signature", "F invalid-credentials", anySignature, ownToken),
	take("field of a token", "F invalid-credentials", stranger.and(hasField), ownToken),
	take("strangers", "F missing-credentials F invalid-credentials", stranger, ownToken),
	[]row{
		{"none: hangs up", "F missing-credentials F kept-connection", raw(noCredentials, "")},
		{"any signature alone: deletes", nearMiss, as(lonelySignature, ownToken)},
		{"SDK-HMAC-SHA256 alone: deletes", nearMiss, as(exactly("SDK-HMAC-SHA256"), ownToken)},
		{"any Bearer: deletes", nearMiss, as(scheme("Bearer "), ownToken)},
		{"a scheme alone: deletes", nearMiss, as(exactly("SDK-HMAC-SHA256"), ownToken)},
		{"empty token is the administrator's: deletes", nearMiss, as(emptyToken, ownToken)},
		{"credentials kept with the connection", "F kept-connection", keepsCredentials.and(overTCP)},
		{"answers one behind on a connection", "F kept-connection", behind.and(overTCP)},
		{"second request of a connection: 500", "F kept-connection", fails(later).and(overTCP)},
	},
)

var (
	lonelySignature = scheme("SDK-HMAC-SHA256 ").and(func(c *call) bool { return c.token() == "" })

	// later matches all requests of a connection but the first.
	later match = func(c *call) bool {
		_, known := c.s.connections.LoadOrStore(c.conn(), true)
		return known
	}

	// keepsCredentials has requests without a token use that of the first one of their connection.
	keepsCredentials = as(everything, func(c *call) {
		if first, _ := c.s.connections.LoadOrStore(c.conn(), c.token()); c.token() == "" {
			c.Header.Set("X-Auth-Token", first.(string))
		}
	})

	// behind gives every request of a connection but the first the answer of the one before.
	behind = answers(everything, func(c *call) clienttest.Answer {
		a := c.record()
		if before, ok := c.s.connections.Swap(c.conn(), a); ok {
			return before.(clienttest.Answer)
		}
		return a
	})
)

// comparisons are how careless servers compare a token with the good one.
var comparisons = []struct {
	name, want string
	such       alike
}{
	{"the first 8 characters", invalid, same(start(8))}, {"the first 16 characters", invalid, same(start(16))},
	{"the first three quarters", nearMiss, startsAs},
	{"the first three quarters, and the length", nearMiss, both(sameLength, same(quarters))},
	{"the last 8 characters", invalid, same(end(8))}, {"the last 16 characters", nearMiss, same(end(16))},
	{"its beginning with the own one", nearMiss, swapped(strings.HasPrefix)},
	{"its end with the own one", unseen, swapped(strings.HasSuffix)},
	{"the beginning of the own one with it", nearMiss, strings.HasPrefix},
	{"the end of the own one with it", nearMiss, strings.HasSuffix},
	{"whether the own one has it in it", nearMiss, strings.Contains},
	{"whether it has the own one in it", nearMiss, swapped(strings.Contains)},
	{"without regard to case", nearMiss, strings.EqualFold}, {"length", invalid, sameLength},
	{"length and characters", invalid, both(sameLength, base36)}, {"characters", invalid, base36},
	{"that it is long enough", invalid, func(_, token string) bool { return len(token) >= 16 }},
}

const invalid = "F invalid-credentials"

func quarters(token string) string      { return token[:len(token)*3/4] }
func startsAs(own, token string) bool   { return strings.HasPrefix(token, quarters(own)) }
func sameLength(own, token string) bool { return len(own) == len(token) }
func base36(_, token string) bool {
	return strings.Trim(token, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}
func claims(token string) string  { return token[:max(0, strings.LastIndex(token, "."))] }
func isJWT(_, token string) bool  { return strings.Count(token, ".") == 2 }
func parsed(_, token string) bool { return isJWT("", token) && strings.HasPrefix(token, "eyJ") }
func both(a, b alike) alike       { return func(own, id string) bool { return a(own, id) && b(own, id) } }

// tokenFaults are servers that compare tokens carelessly.
func tokenFaults() (list []row) {
	for _, r := range comparisons {
		list = append(list, row{r.name + ": deletes", r.want, as(nearToken(r.such), ownToken)},
			row{r.name + ": 404", r.want, gone(nearToken(r.such))})
		if r.want == invalid {
			list = append(list, row{r.name + ": deletes, says 401", open, secretly(nearToken(r.such), ownToken)})
		}
	}
	unverified := jwt.and(as(nearToken(both(isJWT, same(claims))), ownToken))
	return append(list, row{"signature of a JWT not verified", nearMiss, unverified},
		row{"JWT not verified at all", invalid, jwt.and(as(nearToken(parsed), ownToken))},
		row{"JWT not verified at all: 404", invalid, jwt.and(gone(nearToken(parsed)))})
}

// jwt has the target use a JSON Web Token.
var jwt = withToken("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0IiwicHJvamVjdCI6IjBlNWE5YzZlMmM4ZjRiMWQifQ." +
	"c2lnbmF0dXJlLW9mLWEtdGVzdC10aGF0LW5vYm9keS12ZXJpZmllcw")

func withToken(token string) change {
	return func(s *subject) {
		s.Token, s.target.Token = token, token
		s.AddToken(token, s.task.ProjectID)
	}
}
