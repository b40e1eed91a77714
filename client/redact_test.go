package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// TestEchoedInAnyForm: a server may write what it repeats in another way, or repeat a part of it. Package secret tests
// the ways.
func TestEchoedInAnyForm(t *testing.T) {
	t.Parallel()
	const long = "MIIEcwYJ+KoZIhvc/NAQcCoII-EZDCCBGACAQExDTALBglg"
	for name, written := range map[string]string{
		"plain":          long,
		"percent, twice": url.QueryEscape(url.QueryEscape(long)),
		"only the end":   long[len(long)-20:],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]string{
				"error_code": "c." + written, "error_msg": "m " + written, "request_id": "r " + written,
			})
			require.NoError(t, err)
			for where, step := range map[string]step{
				"body":   status(http.StatusForbidden, string(body)),
				"header": status(http.StatusForbidden, "", "X-Request-Id", written),
				"error":  fails(fmt.Errorf("malformed header line: %s %w", written, io.ErrUnexpectedEOF)),
				"end of the body": func(*http.Request) (*http.Response, error) {
					resp := answer(http.StatusForbidden, "")
					resp.Body = io.NopCloser(iotest.ErrReader(fmt.Errorf("trailer: %s %w", written, io.ErrUnexpectedEOF)))
					return resp, nil
				},
			} {
				var logged []string
				c := newClient(t, remote, client.WithToken(long), client.WithHTTPClient(play(step)), logInto(&logged))
				err := c.DeleteTask(t.Context(), task)
				assert.NotContains(t, err.Error(), written, where)
				assert.NotContains(t, fmt.Sprint(logged), written, where)
				if where == "error" || where == "end of the body" {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					assert.Regexp(t, `\[(redacted|withheld: it repeats a credential)\]`, err.Error())
				}
				assert.NotContains(t, fmt.Sprint(rawDelete(t, c, task)), written, where)
			}
		})
	}
}

// TestShortCredentials: one of fewer than 16 characters is hidden where it stands as a whole field. Elsewhere it could
// be an ordinary word.
func TestShortCredentials(t *testing.T) {
	t.Parallel()
	wire := play(status(http.StatusForbidden, `{"error_code":"expired","error_msg":"the token has expired"}`))
	c := newClient(t, remote, client.WithToken("expired"), client.WithHTTPClient(wire))
	require.ErrorContains(t, c.DeleteTask(t.Context(), task), `code "[redacted]", message "the token has expired"`)
}

// TestAddedCredentials: what an editor or a signer puts in is a credential if its name says so. Of a signature only the
// signature is secret, and what the service says about the rest is read.
func TestAddedCredentials(t *testing.T) {
	t.Parallel()
	const value, key = "5f2a9c6e2c8f4b1d9a7c3f5e8b2d4a61", "made-up-access-key"
	for name, form := range map[string]string{
		"x-auth-token": "%s", "Cookie": "a=b; session=%s", "X-Request-Id": "%s",
		"AUTHORIZATION": "SDK-HMAC-SHA256 Access=" + key + ", SignedHeaders=host;x-sdk-date, Signature=%s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := map[bool]string{false: "[redacted]", true: value}[name == "X-Request-Id"]
			add := func(req *http.Request) { req.Header[name] = []string{fmt.Sprintf(form, value)} }
			for _, opt := range []client.Option{
				client.WithSigner(func(req *http.Request) error { add(req); return nil }),
				client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error { add(req); return nil }),
			} {
				wire := play(status(http.StatusForbidden, apiError(key+" sends "+value)))
				err := newClient(t, remote, opt, client.WithHTTPClient(wire)).DeleteTask(t.Context(), task)
				require.ErrorContains(t, err, `code "`+key+" sends "+shown+`"`)
			}
		})
	}
}

// logInto writes down what a logger is given as it is: not every handler quotes.
func logInto(values *[]string) client.Option {
	keep := func(_ []string, attr slog.Attr) slog.Attr {
		*values = append(*values, attr.Value.String())
		return attr
	}
	return client.WithLogger(slog.New(slog.NewTextHandler(io.Discard, //nolint:sloglint // ReplaceAttr gets the values
		&slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: keep})))
}

// TestErrorsAreOneShortLine: no text of a server steers a terminal or a direction of writing, or fills a log.
func TestErrorsAreOneShortLine(t *testing.T) {
	t.Parallel()
	steers := "\x1b[2J\x1b]0;title\a\u009b2J\u202e"
	for name, foreign := range map[string]string{"steers": steers, "long": strings.Repeat("long ", 4000)} {
		for where, response := range map[string]string{
			"status line":  "HTTP/1.1 404" + foreign + "\r\n\r\n",
			"status":       "HTTP/1.1 4" + foreign + " x\r\n\r\n",
			"header line":  "HTTP/1.1 404 Not Found\r\n" + foreign + "\r\n\r\n",
			"trailer":      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + foreign + "\r\n\r\n",
			"no HTTP":      foreign + "\r\n",
			"X-Request-Id": "HTTP/1.1 404 Not Found\r\nX-Request-Id: " + strings.ReplaceAll(foreign, "\x1b", "") + "\r\n\r\n",
			"number":       "HTTP/1.1 404 Not Found\r\n\r\n" + `{"error_code":1e` + strings.Repeat("9", 5000) + `}`,
			"body": "HTTP/1.1 404 Not Found\r\n\r\n" +
				`{"error_code":"` + strings.NewReplacer("\x1b", `\u001b`, "\a", `\u0007`).Replace(foreign) + `"}`,
		} {
			t.Run(name+", "+where, func(t *testing.T) {
				t.Parallel()
				var logged []string
				c := newClient(t, serveRaw(t, response), logInto(&logged))
				err := c.DeleteTask(t.Context(), task)
				require.Error(t, err)
				assert.NotEmpty(t, logged)
				for _, text := range append(logged, err.Error(), fmt.Sprint(rawDelete(t, c, task))) {
					assert.Less(t, len(text), 2500)
					assert.NotRegexp(t, `[^\pL\pM\pN\pP\pS ]`, text)
				}
			})
		}
	}
}
