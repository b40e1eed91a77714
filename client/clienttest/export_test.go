package clienttest

import (
	"fmt"
	"net/http"
	"strings"
)

type Router = router

// Verify is what the server does with a signature, at a time of the test's choice.
var Verify = (*Server).verify

// Sign signs a request as the server would have it signed, which the signatures of the SDKs pin. With a scope the shape
// is that of Credential, else that of Access.
func Sign(r *http.Request, body, key, secret, scope string, headers ...string) {
	a := authorization{accessKey: key, scope: scope, date: r.Header.Get(dateHeader), headers: headers}
	by := "Access=" + key
	if scope != "" {
		by = "Credential=" + key + "/" + scope
	}
	r.Header.Set("Authorization", fmt.Sprintf("%s %s, SignedHeaders=%s, Signature=%x",
		algorithm, by, strings.Join(headers, ";"), a.sign(r, []byte(body), secret)))
}
