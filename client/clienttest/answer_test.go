package clienttest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client/clienttest"
)

func TestError(t *testing.T) {
	t.Parallel()
	const body = `{"error_code":"c","error_msg":"a \"message\""}`
	tests := map[string]struct{ header, want http.Header }{
		"no header": {nil, http.Header{"Content-Type": {"application/json"}}},
		"one more": {
			http.Header{"Retry-After": {"3"}},
			http.Header{"Content-Type": {"application/json"}, "Retry-After": {"3"}},
		},
		"another type": {
			http.Header{"Content-Type": {"application/json;charset=utf8"}},
			http.Header{"Content-Type": {"application/json;charset=utf8"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := clienttest.Error(http.StatusServiceUnavailable, "c", `a "message"`, tt.header)
			assert.Equal(t, clienttest.Answer{StatusCode: 503, Header: tt.want, Body: body}, got)
		})
	}
}

func TestAnswerIsGivenAsItIs(t *testing.T) {
	t.Parallel()
	tests := map[string]clienttest.Answer{
		"page":     {StatusCode: 404, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>"},
		"redirect": {StatusCode: 302, Header: http.Header{"Location": {"/elsewhere"}}},
		"two fields": {
			StatusCode: 503, Header: http.Header{"Via": {"1.1 one", "1.1 two"}}, Body: "busy",
		},
		"unknown status": {StatusCode: 599, Body: "\x00"},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t)
			srv.AnswerNext(1, want)
			got := send(t, srv, http.MethodDelete, "/", "")
			require.Equal(t, want.StatusCode, got.status)
			assert.Equal(t, want.Body, got.body)
			for key, values := range want.Header {
				assert.Equal(t, values, got.header[key])
			}
		})
	}
}
