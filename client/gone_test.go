package client_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// wrote tells the client that the request was written, or tried to, before a step.
func wrote(err error, next step) step {
	return func(req *http.Request) (*http.Response, error) {
		if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
			trace.GetConn("")
			trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
		}
		return next(req)
	}
}

// TestGone: "not found" means that the record is gone if the service says so of the task, and an earlier attempt of the
// same call may have deleted it.
func TestGone(t *testing.T) {
	t.Parallel()
	instanceMissing := status(404, apiError("DMS.00404022"))
	answered := func(code int, of string) []step { return []step{status(code, apiError(of)), notFound} }
	wanted := []client.Option{client.WithNotFoundAsSuccess()}
	for name, tc := range map[string]struct {
		steps []step
		opts  []client.Option
		is    error // nil: gone
	}{
		"first attempt": {[]step{notFound}, nil, client.ErrNotFound},

		// Of the service, with its code.
		"500": {answered(500, "DMS.00500000"), nil, nil},
		"503": {answered(503, "DMS.111501025"), nil, nil},
		"408": {answered(408, "DMS.111501024"), nil, nil},
		// Of the gateway.
		"APIG.0201, waited too long":  {answered(504, "APIG.0201"), nil, nil},
		"APIG.0203, waited too long":  {answered(504, "APIG.0203"), nil, nil},
		"APIGW.0203":                  {answered(504, "APIGW.0203"), nil, nil},
		"APIG.0201, unavailable":      {answered(502, "APIG.0201"), nil, client.ErrNotFound},
		"APIG.0202, cannot reach it":  {answered(503, "APIG.0202"), nil, client.ErrNotFound},
		"APIG.0202, as a timeout":     {answered(504, "APIG.0202"), nil, client.ErrNotFound},
		"APIGW.0202":                  {answered(502, "APIGW.0202"), nil, client.ErrNotFound},
		"code of somebody else":       {answered(503, "WAF.0001"), nil, client.ErrNotFound},
		"another code of the gateway": {answered(500, "APIG.0103"), nil, client.ErrNotFound},
		// Of a proxy.
		"500 without a code": {[]step{status(500, ""), notFound}, nil, nil},
		"502 without a code": {[]step{status(502, "<html>"), notFound}, nil, nil},
		"504 without a code": {[]step{status(504, "<html>"), notFound}, nil, nil},
		"503 without a code": {[]step{status(503, "<html>"), notFound}, nil, client.ErrNotFound},
		"408 without a code": {[]step{status(408, ""), notFound}, nil, client.ErrNotFound},
		// Turned away.
		"429":                   {[]step{busy, notFound}, nil, client.ErrNotFound},
		"flow control as a 404": {answered(404, "DMS.10240407"), nil, client.ErrNotFound},
		"flow control as a 503": {answered(503, "DMS.10240407"), nil, client.ErrNotFound},
		"401, renewed": {
			[]step{status(401, ""), notFound}, []client.Option{client.WithTokenSource(&iam{})}, client.ErrNotFound,
		},

		// Answers that were lost.
		"reset, written":             {[]step{wrote(nil, reset), notFound}, nil, nil},
		"timeout, written":           {[]step{wrote(nil, hangs), notFound}, nil, nil},
		"reset, not known":           {[]step{reset, notFound}, nil, client.ErrNotFound},
		"timeout, not known":         {[]step{hangs, notFound}, nil, client.ErrNotFound},
		"reset, write failed":        {[]step{wrote(errAny, reset), notFound}, nil, client.ErrNotFound},
		"written, flush failed":      {[]step{wrote(nil, fails(opError("write"))), notFound}, nil, client.ErrNotFound},
		"written, then dialed again": {[]step{wrote(nil, wrote(errAny, reset)), notFound}, nil, client.ErrNotFound},
		"written, then no name":      {[]step{wrote(nil, connects(fails(errAny))), notFound}, nil, client.ErrNotFound},
		"connection refused":         {[]step{refused, notFound}, nil, client.ErrNotFound},
		"CONNECT refused":            {[]step{fails(errors.New("Forbidden")), notFound}, nil, client.ErrNotFound},
		"200, cut off":               {[]step{cutOff(200), notFound}, nil, nil},
		"503, cut off":               {[]step{cutOff(503), notFound}, nil, nil},
		"408, cut off":               {[]step{cutOff(408), notFound}, nil, nil},
		"404, cut off":               {[]step{cutOff(404), notFound}, nil, client.ErrNotFound},
		"429, cut off":               {[]step{cutOff(429), notFound}, nil, client.ErrNotFound},

		// In a row.
		"503 and throttled":       {[]step{down, busy, notFound}, nil, nil},
		"refused, then 503":       {[]step{refused, down, notFound}, nil, nil},
		"lost, then not found":    {[]step{wrote(nil, reset), refused, notFound}, nil, nil},
		"503, another code":       {[]step{down, status(404, apiError("DMS.00404999"))}, nil, client.ErrNotFound},
		"503, that as a 500":      {[]step{down, status(400, apiError("DMS.00404001"))}, nil, client.ErrNotFound},
		"503, no instance":        {[]step{down, instanceMissing}, nil, client.ErrInstanceNotFound},
		"503, 404 of a proxy":     {[]step{down, status(404, "<html>")}, nil, client.ErrWrongEndpoint},
		"503, 404 of the gateway": {[]step{down, status(404, apiError("APIG.0101"))}, nil, client.ErrWrongEndpoint},

		"wanted":                 {[]step{notFound}, wanted, nil},
		"wanted, another code":   {[]step{status(404, apiError("DMS.00404999"))}, wanted, client.ErrNotFound},
		"wanted, no instance":    {[]step{instanceMissing}, wanted, client.ErrInstanceNotFound},
		"wanted, wrong endpoint": {[]step{status(404, "")}, wanted, client.ErrWrongEndpoint},
		"wanted, but not this":   {[]step{down}, wanted, client.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				wire := play(tc.steps...)
				c := newClient(t, remote, append(tc.opts, usual, client.WithHTTPClient(wire))...)
				require.ErrorIs(t, c.DeleteTask(t.Context(), task), tc.is)
				assert.GreaterOrEqual(t, len(wire.times), len(tc.steps))
			})
		})
	}
}

// connects tells the client that another connection is looked for, before a step.
func connects(next step) step {
	return func(req *http.Request) (*http.Response, error) {
		httptrace.ContextClientTrace(req.Context()).GetConn("")
		return next(req)
	}
}

// TestLoginIsNoRequest: what a token source or a signer sends is not taken for the request.
func TestLoginIsNoRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		login := client.WithSigner(func(req *http.Request) error {
			resp, err := wrote(nil, deleted)(req)
			if err == nil {
				err = resp.Body.Close()
			}
			return err
		})
		c := newClient(t, remote, usual, client.WithHTTPClient(play(reset, notFound)), login)
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrNotFound)
	})
}

func opError(op string) error { return &net.OpError{Op: op, Net: "tcp", Err: syscall.EPIPE} }
