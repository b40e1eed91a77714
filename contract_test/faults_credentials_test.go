package contract_test

import (
	"slices"
	"strings"

	"github.com/dmstask/dmstask/client/clienttest"
)

const nearMiss = "F near-miss-credentials"

// credentialFaults are servers that accept wrong credentials, or answer them as they should not.
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
	allSay("any Bearer", nearMiss, signed("Bearer "), "500 DMS.00500000", "404 DMS.00404001"),
	allSay("scheme alone", nearMiss, schemeAlone, "500 DMS.00500000", "400 APIG.9999"),
	allSay("empty token", nearMiss, emptyToken, "404 DMS.00404001", "500 DMS.00500000"),
	deletesFor("none", "F missing-credentials", noCredentials, ownToken),
	deletesFor("any token", "F invalid-credentials", wrongToken, ownToken),
	deletesFor("any signature", "F invalid-credentials", anySignature, ownToken),
	deletesFor("field of a token", "F invalid-credentials", stranger.and(tokenField), ownToken),
	deletesFor("strangers", "F missing-credentials F invalid-credentials", stranger, ownToken),
	[]row{
		{"none: hangs up", "F missing-credentials F kept-connection", raw(noCredentials, "")},
		{"any signature alone: deletes", nearMiss, takes(lonelySignature, ownToken)},
		{"any Bearer: deletes", nearMiss, takes(signed("Bearer "), ownToken)},
		{"SDK-HMAC-SHA256 alone: deletes", nearMiss, takes(schemeAlone, ownToken)},
		{"empty token is the administrator's: deletes", nearMiss, takes(emptyToken, ownToken)},
		{"credentials kept with the connection", "F kept-connection", keepsCredentials.and(overTCP)},
		{"answers one behind on a connection", "F kept-connection", behind.and(overTCP)},
		{"second request of a connection: 500", "F kept-connection", says(later, "500 DMS.00500000").and(overTCP)},
	},
)

var (
	lonelySignature = signed("SDK-HMAC-SHA256 ").and(func(c *call) bool { return c.token() == "" })

	schemeAlone match = func(c *call) bool { return c.authorization() == "SDK-HMAC-SHA256" }

	// later selects all requests on a connection except the first.
	later match = func(c *call) bool {
		_, known := c.s.connections.LoadOrStore(c.conn(), true)
		return known
	}

	// keepsCredentials uses the token of the first request on a connection for requests without one.
	keepsCredentials = takes(everything, func(c *call) {
		if first, _ := c.s.connections.LoadOrStore(c.conn(), c.token()); c.token() == "" {
			c.Header.Set("X-Auth-Token", first.(string))
		}
	})

	// behind answers each request on a connection, except the first, with the response to the one before.
	behind = answers(everything, func(c *call) clienttest.Answer {
		a := c.record()
		if before, ok := c.s.connections.Swap(c.conn(), a); ok {
			return before.(clienttest.Answer)
		}
		return a
	})
)

const invalid = "F invalid-credentials"

// tokenComparisons are careless ways to compare a token with the valid one.
var tokenComparisons = []struct {
	name, want string
	compare    comparison
}{
	{"the first 8 characters", invalid, same(start(8))},
	{"the first three quarters", nearMiss,
		func(own, token string) bool { return strings.HasPrefix(token, quarters(own)) }},
	{"the first three quarters, and the length", nearMiss, both(sameLength, same(quarters))},
	{"the last 8 characters", invalid, same(end(8))}, {"the last 16 characters", nearMiss, same(end(16))},
	{"its end with the own one", unseen, swapped(strings.HasSuffix)},
	{"the beginning of the own one with it", nearMiss, strings.HasPrefix},
	{"whether the own one has it in it", nearMiss, strings.Contains},
	{"whether it has the own one in it", nearMiss, swapped(strings.Contains)},
	{"without regard to case", nearMiss, strings.EqualFold}, {"length", invalid, sameLength},
	{"length and characters", invalid, both(sameLength, matching(`^[0-9a-z]*$`))},
	{"characters", invalid, matching(`^[0-9a-z]*$`)}, {"that it is long enough", invalid, matching(`.{16}`)},
}

func quarters(token string) string      { return token[:len(token)*3/4] }
func sameLength(own, token string) bool { return len(own) == len(token) }
func both(a, b comparison) comparison {
	return func(own, id string) bool { return a(own, id) && b(own, id) }
}

// tokenFaults are servers that compare tokens carelessly.
func tokenFaults() (list []row) {
	for _, r := range tokenComparisons {
		mistaken := mistakenToken(r.compare)
		list = append(list, row{r.name + ": deletes", r.want, takes(mistaken, ownToken)},
			row{r.name + ": 404", r.want, says(mistaken, "404 DMS.00404001")})
		if r.want == invalid {
			list = append(list, row{r.name + ": deletes, says 401", vanished, secretly(mistaken, ownToken)})
		}
	}
	sameClaims := mistakenToken(both(matching(`^[^.]*\.[^.]*\.[^.]*$`), without(`\.[^.]*$`)))
	anyJWT := mistakenToken(matching(`^eyJ[^.]*\.[^.]*\.[^.]*$`))
	return append(list, row{"signature of a JWT not verified", nearMiss, jwt.and(takes(sameClaims, ownToken))},
		row{"JWT not verified at all", invalid, jwt.and(takes(anyJWT, ownToken))},
		row{"JWT not verified at all: 404", invalid, jwt.and(says(anyJWT, "404 DMS.00404001"))})
}

// jwt makes the check use a JSON Web Token.
var jwt = withToken("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0ZXN0IiwicHJvamVjdCI6IjBlNWE5YzZlMmM4ZjRiMWQifQ." +
	"c2lnbmF0dXJlLW9mLWEtdGVzdC10aGF0LW5vYm9keS12ZXJpZmllcw")

func withToken(token string) change {
	return func(s *subject) {
		s.Token, s.target.Token = token, token
		s.AddToken(token, s.task.ProjectID)
	}
}
